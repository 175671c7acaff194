'use strict';

// `blockList` for hosts whose `net` does not know the option.

const dns = require('dns');
const { builtin } = require('../node/builtin');
const { codes } = require('../node/errors');

/**
 * @param {object} [list] a net.BlockList
 * @param {string} address numeric
 * @returns {Error|undefined} why it may not be used
 */
function blocked(list, address) {
  const family = builtin.isIP(address);
  return family && list?.check(address, `ipv${family}`) ? new codes.ERR_IP_BLOCKED(address) : undefined;
}

/**
 * A function in place of `dns.lookup` that leaves out what is blocked.
 * @param {object} list a net.BlockList
 * @param {Function} [lookup] the option; dns.lookup where left out
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
