'use strict';

/** Where to connect or listen: reading the arguments in which the API takes a port, a host or a path. */

const { builtin } = require('../node/builtin');
const { probe } = require('../node/capabilities');

/**
 * Marks the result of `normalizeArgs`, which connect() also takes as its only argument. It is the host's own symbol if
 * there is one, because modules of the host pass such arrays.
 */
const kNormalizedArgs = findArgsMark();

/** The value of the option `autoSelectFamily`, and of the environment, for attempts as the built-in makes them. */
const SEQUENTIAL = 'sequential';

/**
 * @returns {symbol}
 */
function findArgsMark() {
  return probe('normalizedArgs', () => Object.getOwnPropertySymbols(builtin._normalizeArgs([]))[0]) ??
    Symbol('normalizedArgs');
}

/**
 * @param {*} value
 * @returns {number|false} the value as a number that is not negative, else false
 */
function toNumber(value) {
  const number = Number(value);
  return number >= 0 ? number : false;
}

/**
 * @param {*} value
 * @returns {boolean} whether it is a path rather than a port
 */
function isPipeName(value) {
  return typeof value === 'string' && toNumber(value) === false;
}

/**
 * Normalizes the arguments of connect() and listen():
 * `(options[, callback])`, `(path[, ...][, callback])` or `([port][, host][, ...][, callback])`.
 * @param {Array} args
 * @returns {[options: Options, callback: ((...args: *) => void)|null]} options and callback, marked with
 *   `kNormalizedArgs`; the options are the caller's own object if there is one
 */
function normalizeArgs(args) {
  /** @type {Options} */
  let options = {};
  let callback = null;
  if (args.length !== 0) {
    const { 0: first, 1: second } = args;
    if (typeof first === 'object' && first !== null) {
      options = first;
    } else if (isPipeName(first)) {
      options.path = first;
    } else {
      options.port = first;
      if (typeof second === 'string') options.host = second;
    }
    const last = args[args.length - 1];
    if (typeof last === 'function') callback = last;
  }
  /** @type {[options: Options, callback: *]} */
  const normalized = [options, callback];
  normalized[kNormalizedArgs] = true;
  return normalized;
}

/**
 * @param {Array} args of connect(), perhaps normalized already
 * @returns {[options: Options, callback: ((...args: *) => void)|null]} as for `normalizeArgs`
 */
function connectArgs(args) {
  const [first] = args;
  return Array.isArray(first) && first[kNormalizedArgs] ? /** @type {*} */ (first) : normalizeArgs(args);
}

module.exports = { SEQUENTIAL, connectArgs, isPipeName, kNormalizedArgs, normalizeArgs, toNumber };
