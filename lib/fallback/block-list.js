'use strict';

// The option `blockList`, for hosts whose `net` lacks it.

const dns = require('dns');
const { builtin } = require('../node/builtin');
const { codes } = require('../node/errors');

/**
 * @param {import('net').BlockList|undefined} list
 * @param {*} address a string, numeric
 * @returns {Error|undefined} the reason if the list blocks it
 */
function blocked(list, address) {
  const family = builtin.isIP(address);
  return family && list?.check(address, `ipv${family}`) ? new codes.ERR_IP_BLOCKED(address) : undefined;
}

/**
 * Wraps a lookup function: the result leaves out blocked addresses.
 * @param {import('net').BlockList} list
 * @param {Function} [lookup]
 * @returns {Function}
 */
function guardedLookup(list, lookup = dns.lookup) {
  return (host, options, callback) => lookup(host, options, (error, found, family) => {
    if (error) {
      callback(error);
    } else if (Array.isArray(found)) {
      const allowed = found.filter(({ address }) => !blocked(list, address));
      const problem = allowed.length === 0 && found.length > 0 ? blocked(list, found[0].address) : null;
      callback(problem, allowed);
    } else {
      callback(blocked(list, found) ?? null, found, family);
    }
  });
}

module.exports = { blocked, guardedLookup };
