'use strict';

// Options of the kernel that Node's sockets do not have: their names and values.

const { codes } = require('../node/errors');
const { validateBoolean, validateInt32, validateString, validateUint32 } = require('../node/validators');

/**
 * How values of a kind look to the kernel.
 *
 * @typedef {object} Kind
 * @property {(value: *) => Uint8Array} encode
 * @property {(bytes: Uint8Array) => *} decode
 */

/**
 * @typedef {object} KernelOption
 * @property {string} name as its man page has it
 * @property {string} [method] what follows `set` and `get` in the names of the methods; without one there are none
 * @property {string} [argument] what the setter calls the value
 * @property {boolean} isTcp whether only TCP has it
 * @property {boolean} [isUnix] whether only Unix-domain sockets have it
 * @property {Kind} kind
 * @property {{name: string, kind: Kind}} [ofListener] what a listener has in its place, and does not hand on
 * @property {boolean} [isListenersOnly] whether a connection has none
 * @property {boolean} [isOfConnect] whether only connect(2) minds it, so that a connection does not take it any more
 * @property {boolean} [isOfBind] whether bind(2) minds it, so that it is the listener's
 * @property {boolean} [isSetOnEach] whether a connection does not inherit it from its listener
 * @property {(value: *, name: string) => void} check throws for a value of the wrong kind
 */

const bytesOf = (...words) => new Uint8Array(Int32Array.from(words).buffer);
const wordsOf = (bytes) => new Int32Array(Uint8Array.from(bytes).buffer);

/** @type {Kind} an `int` */
const INT = { encode: (value) => bytesOf(value), decode: (bytes) => wordsOf(bytes)[0] };

/** @type {Kind} an `unsigned int` */
const UNSIGNED = { encode: (value) => bytesOf(value), decode: (bytes) => wordsOf(bytes)[0] >>> 0 };

/** @type {Kind} an `int` that is 0 or 1; a number counts as true */
const SWITCH = { encode: (value) => bytesOf(value ? 1 : 0), decode: (bytes) => wordsOf(bytes)[0] !== 0 };

/** @type {Kind} text, which the kernel fills with NULs */
const TEXT = {
  encode: (text) => Buffer.from(text),
  decode: (bytes) => Buffer.from(bytes).toString().replace(/\0.*$/s, ''),
};

/** @type {Kind} `struct linger`: whether it is on, and seconds */
const LINGER = {
  encode: (seconds) => (seconds === false ? bytesOf(0, 0) : bytesOf(1, seconds)),
  decode(bytes) {
    const [on, seconds] = wordsOf(bytes);
    return on === 0 ? false : seconds;
  },
};

const MS_PER_SECOND = 1000;

/** @type {Kind} milliseconds, which the kernel has in whole seconds. Less than one is one. */
const SECONDS = {
  encode: (timeout) => bytesOf(Math.ceil(timeout / MS_PER_SECOND)),
  decode: (bytes) => wordsOf(bytes)[0] * MS_PER_SECOND,
};

/** Connections of TCP Fast Open that may wait for their handshake, unless the program says how many. */
const FAST_OPEN_QUEUE = 256;

/** @type {Kind} a length, or whether there is a queue */
const QUEUE = {
  encode: (length) => bytesOf(length === true ? FAST_OPEN_QUEUE : Number(length)),
  decode: INT.decode,
};

/** The most descriptors of one message (`SCM_MAX_FD`, unix(7)). */
const MAX_DESCRIPTORS = 253;

/** @type {Kind} how many may come, or whether any may */
const DESCRIPTORS = {
  encode: (most) => bytesOf(most === true ? MAX_DESCRIPTORS : Number(most)),
  decode: INT.decode,
};

/**
 * @param {number} least
 * @returns {(value: *, name: string) => void} a check of whole numbers
 */
const atLeast = (least) => (value, where) => validateInt32(value, where, least);

/** The longest time of `linger` in seconds, a day. */
const MAX_LINGER = 86_400;

/**
 * @param {*} value
 * @param {string} where it was given
 * @throws {TypeError|RangeError}
 */
function checkLinger(value, where) {
  if (value === false) return;
  if (typeof value !== 'number') throw new codes.ERR_INVALID_ARG_TYPE(where, ['boolean', 'number'], value);
  validateInt32(value, where, 0, MAX_LINGER);
}

/**
 * @param {*} value
 * @param {string} where it was given
 * @throws {TypeError|RangeError}
 */
function checkFastOpen(value, where) {
  if (typeof value !== 'boolean') validateInt32(value, where, 0);
}

/**
 * @param {*} value
 * @param {string} where it was given
 * @throws {TypeError|RangeError}
 */
function checkDescriptors(value, where) {
  if (typeof value !== 'boolean') validateInt32(value, where, 1, MAX_DESCRIPTORS);
}

/** @type {Record<string, KernelOption>} by the names of the options, in the order in which they are set */
const KERNEL_OPTIONS = {
  mptcp: { name: 'IPPROTO_MPTCP', isOfBind: true, isTcp: true, kind: SWITCH, check: validateBoolean },
  congestionControl: {
    name: 'TCP_CONGESTION', method: 'CongestionControl', argument: 'name', isTcp: true, kind: TEXT,
    check: validateString,
  },
  userTimeout: {
    name: 'TCP_USER_TIMEOUT', method: 'UserTimeout', argument: 'timeout', isTcp: true, kind: INT, check: atLeast(0),
  },
  notSentLowWaterMark: {
    name: 'TCP_NOTSENT_LOWAT', method: 'NotSentLowWaterMark', argument: 'bytes', isTcp: true, kind: INT,
    check: atLeast(0),
  },
  sendBufferSize: {
    name: 'SO_SNDBUF', method: 'SendBufferSize', argument: 'bytes', isTcp: false, kind: INT, check: atLeast(1),
  },
  recvBufferSize: {
    name: 'SO_RCVBUF', method: 'RecvBufferSize', argument: 'bytes', isTcp: false, kind: INT, check: atLeast(1),
  },
  maxSegmentSize: {
    name: 'TCP_MAXSEG', method: 'MaxSegmentSize', argument: 'bytes', isTcp: true, kind: INT, check: atLeast(0),
  },
  quickAck: {
    name: 'TCP_QUICKACK', method: 'QuickAck', argument: 'enable', isTcp: true, kind: SWITCH, isSetOnEach: true,
    check: validateBoolean,
  },
  busyPoll: {
    name: 'SO_BUSY_POLL', method: 'BusyPoll', argument: 'microseconds', isTcp: true, kind: INT, check: atLeast(0),
  },
  linger: {
    name: 'SO_LINGER', method: 'Linger', argument: 'seconds', isTcp: true, kind: LINGER,
    // A time is rsnet's own, which no connection inherits; it exists on Linux only. Elsewhere connections inherit the
    // kernel's option, and macOS refuses (EINVAL) to set any on an accepted one that the peer has reset already.
    isSetOnEach: process.platform === 'linux', check: checkLinger,
  },
  mark: { name: 'SO_MARK', method: 'Mark', argument: 'mark', isTcp: true, kind: UNSIGNED, check: validateUint32 },
  interface: { name: 'SO_BINDTODEVICE', isOfBind: true, isTcp: true, kind: TEXT, check: validateString },
  freebind: { name: 'IP_FREEBIND', isOfBind: true, isTcp: true, kind: SWITCH, check: validateBoolean },
  transparent: { name: 'IP_TRANSPARENT', isOfBind: true, isTcp: true, kind: SWITCH, check: validateBoolean },
  fastOpen: {
    name: 'TCP_FASTOPEN_CONNECT', isOfConnect: true, ofListener: { name: 'TCP_FASTOPEN', kind: QUEUE },
    isTcp: true, kind: SWITCH, check: checkFastOpen,
  },
  receiveDescriptors: {
    name: 'SCM_RIGHTS', isTcp: false, isUnix: true, isSetOnEach: true, kind: DESCRIPTORS, check: checkDescriptors,
  },
  seqpacket: {
    name: 'SOCK_SEQPACKET', isOfBind: true, isTcp: false, isUnix: true, kind: SWITCH, check: validateBoolean,
  },
  deferAccept: {
    name: 'TCP_DEFER_ACCEPT', isListenersOnly: true, isTcp: true, kind: SECONDS, check: atLeast(0),
  },
};

const OPTION_NAMES = Object.keys(KERNEL_OPTIONS);

/**
 * Every Socket comes here, and hardly one has such an option. Reads that each have a place of their own are much faster
 * than reads by name in a loop.
 *
 * @param {Options} options of a Socket or Server
 * @returns {boolean} whether one of the kernel is given
 */
function hasAny(options) {
  return options.congestionControl !== undefined || options.userTimeout !== undefined ||
    options.notSentLowWaterMark !== undefined || options.sendBufferSize !== undefined ||
    options.recvBufferSize !== undefined || options.maxSegmentSize !== undefined ||
    options.quickAck !== undefined || options.busyPoll !== undefined || options.linger !== undefined ||
    options.mark !== undefined || options.interface !== undefined || options.freebind !== undefined ||
    options.transparent !== undefined || options.mptcp !== undefined || options.fastOpen !== undefined ||
    options.deferAccept !== undefined || options.receiveDescriptors !== undefined ||
    options.seqpacket !== undefined;
}

const NO_NAMES = [];

/**
 * @param {Options} options of a Socket or Server
 * @returns {string[]} those of the kernel that are given
 */
function given(options) {
  return hasAny(options) ? OPTION_NAMES.filter((name) => options[name] !== undefined) : NO_NAMES;
}

/**
 * @param {Options} options of a Socket or Server
 * @throws {TypeError|RangeError} for a value of the wrong kind
 */
function checkKernelOptions(options) {
  // Most sockets have none. A loop over an empty array makes an iterator.
  if (!hasAny(options)) return;
  for (const name of given(options)) KERNEL_OPTIONS[name].check(options[name], `options.${name}`);
}

module.exports = { KERNEL_OPTIONS, MAX_DESCRIPTORS, OPTION_NAMES, checkKernelOptions, given, hasAny };
