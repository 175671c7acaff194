'use strict';

// Options of the kernel that Node's sockets do not have: their names and values.

const { validateInt32, validateString } = require('../node/validators');

/**
 * @typedef {object} KernelOption
 * @property {string} [name] of an `int`, as its man page has it; the congestion control is none
 * @property {string} method what follows `set` and `get` in the names of the methods
 * @property {string} argument what the setter calls the value
 * @property {boolean} isTcp whether only TCP has it
 * @property {function(*, string): void} check throws for a value of the wrong kind
 */

/**
 * @param {number} least
 * @returns {function(*, string): void} a check of whole numbers
 */
const atLeast = (least) => (value, where) => validateInt32(value, where, least);

/** @type {Record<string, KernelOption>} by the names of the options */
const KERNEL_OPTIONS = {
  congestionControl: { method: 'CongestionControl', argument: 'name', isTcp: true, check: validateString },
  userTimeout: {
    name: 'TCP_USER_TIMEOUT', method: 'UserTimeout', argument: 'timeout', isTcp: true, check: atLeast(0),
  },
  notSentLowWaterMark: {
    name: 'TCP_NOTSENT_LOWAT', method: 'NotSentLowWaterMark', argument: 'bytes', isTcp: true, check: atLeast(0),
  },
  sendBufferSize: { name: 'SO_SNDBUF', method: 'SendBufferSize', argument: 'bytes', isTcp: false, check: atLeast(1) },
  recvBufferSize: { name: 'SO_RCVBUF', method: 'RecvBufferSize', argument: 'bytes', isTcp: false, check: atLeast(1) },
};

const NAMES = Object.keys(KERNEL_OPTIONS);

/**
 * @param {object} options of a Socket or Server
 * @returns {string[]} those of the kernel that are given
 */
function given(options) {
  return NAMES.filter((name) => options[name] !== undefined);
}

/**
 * @param {object} options of a Socket or Server
 * @throws {TypeError|RangeError} for a value of the wrong kind
 */
function checkKernelOptions(options) {
  // Every Socket comes here, and hardly one has such an option.
  for (const name of NAMES) {
    if (options[name] !== undefined) KERNEL_OPTIONS[name].check(options[name], `options.${name}`);
  }
}

module.exports = { KERNEL_OPTIONS, NAMES, checkKernelOptions, given };
