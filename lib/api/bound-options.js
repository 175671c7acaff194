'use strict';

// The options of a BoundSocket, checked.

const { builtin } = require('../node/builtin');
const { codes } = require('../node/errors');
const { validateBoolean, validatePort, validateString } = require('../node/validators');

const { ERR_INVALID_ARG_VALUE } = codes;

/**
 * @param {Options} options
 * @returns {{host: string, port: number, isIPv6: boolean, ipv6Only: boolean, reusePort: boolean}} all of them
 * @throws {TypeError|RangeError} for a bad one
 */
function checkTcp(options) {
  const ipv6Only = options.ipv6Only ?? false;
  const reusePort = options.reusePort ?? false;
  const host = options.host ?? (ipv6Only ? '::' : '0.0.0.0');
  const port = validatePort(options.port ?? 0, 'options.port');
  validateString(host, 'options.host');
  validateBoolean(ipv6Only, 'options.ipv6Only');
  validateBoolean(reusePort, 'options.reusePort');
  if (builtin.isIP(host) === 0) {
    throw new ERR_INVALID_ARG_VALUE('options.host', host,
      'must be a numeric IP address; net.BoundSocket does not perform DNS resolution');
  }
  return { host, port, isIPv6: builtin.isIPv6(host), ipv6Only, reusePort };
}

/**
 * @param {Options} options with `path`
 * @returns {string} the path
 * @throws {TypeError} for a bad one, and for options that do not go with it
 */
function checkPath(options) {
  const { path } = options;
  validateString(path, 'options.path');
  for (const name of ['host', 'port', 'ipv6Only', 'reusePort']) {
    if (options[name] === undefined) continue;
    throw new ERR_INVALID_ARG_VALUE('options', options,
      'path is mutually exclusive with host, port, ipv6Only, and reusePort');
  }
  if (path.startsWith('\0') && process.platform !== 'linux') {
    throw new ERR_INVALID_ARG_VALUE('options.path', path, 'abstract paths are only supported on Linux');
  }
  return path;
}

module.exports = { checkPath, checkTcp };
