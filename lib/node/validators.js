'use strict';

// Checks of arguments. Each throws the error of the built-in `net` for the same value.

const {
  ERR_INVALID_ARG_TYPE,
  ERR_OUT_OF_RANGE,
  ERR_SOCKET_BAD_PORT,
} = require('./errors').codes;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
const UINT32_MAX = 2 ** 32 - 1;
const PORT_MAX = 65535;

/** The longest delay of Node's timers, in milliseconds. */
const TIMEOUT_MAX = INT32_MAX;

/**
 * @param {*} value
 * @param {string} name of the argument
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateString(value, name) {
  if (typeof value !== 'string') throw new ERR_INVALID_ARG_TYPE(name, 'string', value);
}

/**
 * @param {*} value
 * @param {string} name of the argument
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateBoolean(value, name) {
  if (typeof value !== 'boolean') throw new ERR_INVALID_ARG_TYPE(name, 'boolean', value);
}

/**
 * @param {*} value
 * @param {string} name of the argument
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateFunction(value, name) {
  if (typeof value !== 'function') throw new ERR_INVALID_ARG_TYPE(name, 'Function', value);
}

/**
 * Accepts any object but null, arrays and functions.
 * @param {*} value
 * @param {string} name of the argument
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateObject(value, name) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, 'Object', value);
  }
}

/**
 * @param {*} value
 * @param {string} name of the argument
 * @param {number} [min] with a bound, NaN is out of range
 * @param {number} [max]
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function validateNumber(value, name, min, max) {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  const hasMin = min !== undefined && min !== null;
  const hasMax = max !== undefined && max !== null;
  if ((hasMin && value < min) || (hasMax && value > max) || ((hasMin || hasMax) && Number.isNaN(value))) {
    const bounds = [];
    if (hasMin) bounds.push(`>= ${min}`);
    if (hasMax) bounds.push(`<= ${max}`);
    throw new ERR_OUT_OF_RANGE(name, bounds.join(' && '), value);
  }
}

/**
 * @param {*} value
 * @param {string} name of the argument
 * @param {number} [min]
 * @param {number} [max]
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function validateInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  if (!Number.isInteger(value)) throw new ERR_OUT_OF_RANGE(name, 'an integer', value);
  if (value < min || value > max) throw new ERR_OUT_OF_RANGE(name, `>= ${min} && <= ${max}`, value);
}

/**
 * @param {*} value
 * @param {string} name of the argument
 * @param {number} [min]
 * @param {number} [max]
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function validateInt32(value, name, min = INT32_MIN, max = INT32_MAX) {
  validateInteger(value, name, min, max);
}

/**
 * @param {*} value
 * @param {string} name of the argument
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function validateUint32(value, name) {
  validateInteger(value, name, 0, UINT32_MAX);
}

/**
 * @param {*} port a number, or a string with a number
 * @param {string} [name] of the argument
 * @param {boolean} [allowZero]
 * @returns {number} 0 to 65535
 * @throws {RangeError} ERR_SOCKET_BAD_PORT
 */
function validatePort(port, name = 'Port', allowZero = true) {
  const readable = typeof port === 'number' || (typeof port === 'string' && port.trim() !== '');
  const number = readable ? Number(port) : NaN;
  if (!Number.isInteger(number) || number < 0 || number > PORT_MAX || (port === 0 && !allowZero)) {
    throw new ERR_SOCKET_BAD_PORT(name, port, allowZero);
  }
  return number | 0;
}

/**
 * @param {*} signal an AbortSignal or undefined
 * @param {string} name of the argument
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateAbortSignal(signal, name) {
  if (signal === undefined) return;
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
    throw new ERR_INVALID_ARG_TYPE(name, 'AbortSignal', signal);
  }
}

/**
 * Cuts a delay that is too long, and emits a TimeoutOverflowWarning.
 * @param {*} msecs
 * @param {string} name of the argument
 * @returns {number} at most TIMEOUT_MAX
 * @throws {TypeError|RangeError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
function validateTimerDuration(msecs, name) {
  validateNumber(msecs, name);
  if (msecs < 0 || !Number.isFinite(msecs)) {
    throw new ERR_OUT_OF_RANGE(name, 'a non-negative finite number', msecs);
  }
  if (msecs <= TIMEOUT_MAX) return msecs;
  process.emitWarning(
    `${msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${TIMEOUT_MAX}.`,
    'TimeoutOverflowWarning');
  return TIMEOUT_MAX;
}

module.exports = {
  validateAbortSignal,
  validateBoolean,
  validateFunction,
  validateInt32,
  validateInteger,
  validateNumber,
  validateObject,
  validatePort,
  validateString,
  validateTimerDuration,
  validateUint32,
};
