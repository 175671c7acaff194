'use strict';

// Descriptors over Unix-domain sockets (SCM_RIGHTS, unix(7)): `sendDescriptors()` and the event 'descriptors'.
//
// A message with descriptors is a barrier in the stream. It is written by a system call of its own. When it has
// arrived, the engine reads nothing behind it before this file has taken it. That is when the program has got all data
// before it, and has not paused the Socket.

const { isUint8Array } = require('util/types');
const native = require('../addon/native');
const { nextTick } = require('../node/captured');
const { codes, ErrnoException } = require('../node/errors');
const hooks = require('../handle/hooks');
const { isTcp } = require('../handle/handed-over');
const { kBuffer, owner_symbol } = require('../handle/socket-symbols');
const { validateFunction, validateInt32 } = require('../node/validators');
const { MAX_DESCRIPTORS } = require('./kernel-option-names');
const { settleWrite, writeRequest } = require('./write-request');

const { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } = codes;

/** On a Socket that has sent descriptors: those that wait to be written, by the bytes that they go with. */
const kOutgoing = Symbol('kOutgoing');

/** On a Socket: whether descriptors have arrived that it could not emit yet. */
const kWaiting = Symbol('kWaiting');

/**
 * @param {*} value a number, or what has a descriptor
 * @param {string} name of the argument
 * @returns {number}
 * @throws {TypeError|RangeError}
 */
function descriptorOf(value, name) {
  if (typeof value === 'number') {
    validateInt32(value, name, 0);
    return value;
  }
  if (value === null || typeof value !== 'object' || !('_handle' in value || 'fd' in value)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['number', 'Socket', 'Server', 'FileHandle'], value);
  }
  const fd = '_handle' in value ? value._handle?.fd : value.fd;
  if (Number.isInteger(fd) && fd >= 0) return fd;
  throw new ERR_INVALID_ARG_VALUE(name, value, 'has no descriptor');
}

/**
 * @param {*} descriptors
 * @returns {number[]}
 * @throws {TypeError|RangeError} for anything but an array of 1 to MAX_DESCRIPTORS descriptors
 */
function numbersOf(descriptors) {
  if (!Array.isArray(descriptors)) throw new ERR_INVALID_ARG_TYPE('descriptors', 'Array', descriptors);
  const { length } = descriptors;
  if (length < 1 || length > MAX_DESCRIPTORS) {
    throw new ERR_OUT_OF_RANGE('descriptors.length', `>= 1 && <= ${MAX_DESCRIPTORS}`, length);
  }
  return Array.from(descriptors, (value, i) => descriptorOf(value, `descriptors[${i}]`));
}

/**
 * @param {*} data
 * @returns {Buffer} the same bytes, as an object of its own
 * @throws {TypeError} for anything but a string or Uint8Array of at least one byte
 */
function bytesOf(data) {
  if (typeof data !== 'string' && !isUint8Array(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'Uint8Array'], data);
  }
  if (data.length === 0) throw new ERR_INVALID_ARG_VALUE('data', data, 'must have at least one byte');
  return typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
}

/**
 * @param {number[]} numbers
 * @returns {HeldDescriptors} copies of these descriptors
 * @throws {Error} EBADF or EMFILE of the copying
 */
function copied(numbers) {
  const held = new native.HeldDescriptors();
  for (const fd of numbers) {
    const status = held.add(fd);
    if (status === 0) continue;
    held.close();
    throw new ErrnoException(status, 'dup');
  }
  return held;
}

/**
 * Writes bytes with descriptors to the handle. A connecting Socket does so on connect.
 *
 * @param {Socket} socket
 * @param {Buffer} data
 * @param {HeldDescriptors} held the descriptors
 * @param {(error?: Error|null) => void} callback
 */
function writeHeld(socket, data, held, callback) {
  if (socket.connecting) {
    const onClose = () => callback(new codes.ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
    socket._pendingData = data;
    socket.once('connect', /** @this {Socket} */ function connect() {
      this.off('close', onClose);
      this._pendingData = null;
      writeHeld(this, data, held, callback);
    });
    socket.once('close', onClose);
    return;
  }
  const handle = socket._handle;
  if (!handle?.writeDescriptors) {
    callback(handle ? new codes.ERR_INVALID_HANDLE_TYPE() : new codes.ERR_SOCKET_CLOSED());
    return;
  }
  const req = writeRequest(socket, handle, callback);
  settleWrite(socket, req, handle.writeDescriptors(req, data, held), callback);
}

/**
 * Has a Socket's stream write chunk by chunk, and those that have descriptors by `writeHeld`. These members are the
 * Socket's own, so that the writes of all others are as fast as before.
 *
 * @param {Socket} socket
 * @returns {Map<Buffer, HeldDescriptors>} what waits to be written
 */
function prepare(socket) {
  if (socket[kOutgoing] !== undefined) return socket[kOutgoing];
  const outgoing = new Map();
  const { _write: write } = socket;
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperties(socket, {
    [kOutgoing]: { ...hidden, value: outgoing },
    _writev: { ...hidden, value: null },
    _write: {
      ...hidden,
      value(data, encoding, callback) {
        const held = outgoing.get(data);
        if (held === undefined) write.call(this, data, encoding, callback);
        else writeHeld(this, data, held, callback);
      },
    },
  });
  return outgoing;
}

/**
 * `socket.sendDescriptors`: writes data, and gives the peer copies of descriptors with its first byte.
 *
 * @this {Socket}
 * @param {Array} descriptors numbers, Sockets, Servers or FileHandles; they stay open here
 * @param {string|Uint8Array} data
 * @param {(error?: Error|null) => void} [callback] as that of `write()`
 * @returns {boolean} as `write()`
 * @throws {TypeError|RangeError} for bad arguments, for a socket that is none of a Unix domain, and a platform without
 * @throws {Error} if a descriptor cannot be copied
 */
function sendDescriptors(descriptors, data, callback) {
  const numbers = numbersOf(descriptors);
  const bytes = bytesOf(data);
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (process.platform !== 'linux') throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('sendDescriptors');
  const handle = this._handle;
  if (handle && (isTcp(handle) || !handle.writeDescriptors)) {
    throw new codes.ERR_INVALID_HANDLE_TYPE('sendDescriptors');
  }
  const outgoing = prepare(this);
  const held = copied(numbers);
  outgoing.set(bytes, held);
  return this.write(bytes, (...args) => {
    outgoing.delete(bytes);
    held.close();
    callback?.(...args);
  });
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether descriptors wait to be sent
 */
function sendsDescriptors(socket) {
  return socket[kOutgoing]?.size > 0;
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether the program has got all data so far, and wants more
 */
function isDue(socket) {
  // The handle does not read while the callback of `onread` has paused it.
  if (socket[kBuffer]) return true;
  if (socket.readableLength > 0) return false;
  // With a listener of 'readable' the stream does not flow, and counts as paused.
  return !socket.isPaused() || socket.listenerCount('readable') > 0;
}

/**
 * Emits the descriptors that have arrived, if it is their turn. The handle calls this, as `this`, and reads nothing
 * else before they are taken.
 *
 * @this {AnyHandle}
 */
function deliver() {
  const socket = this[owner_symbol];
  if (socket === null || socket._handle !== this || socket.destroyed) return;
  if (socket.listenerCount('descriptors') === 0) {
    this.declineDescriptors();
    return;
  }
  if (!isDue(socket)) {
    waitForTurn(socket);
    return;
  }
  const passed = this.takeDescriptors();
  if (passed === null) return;
  socket._unrefTimer();
  socket.emit('descriptors', passed.descriptors, passed.data);
}

/**
 * Looks again after each `read()`, which is how a stream gives out its data, whether it flows or is asked.
 *
 * @param {Socket} socket
 */
function waitForTurn(socket) {
  if (socket[kWaiting] === true) return;
  const isFirst = socket[kWaiting] === undefined;
  Object.defineProperty(socket, kWaiting, { value: true, configurable: true, enumerable: false });
  if (!isFirst) return;
  const { read } = socket;
  let isScheduled = false;
  const look = () => {
    isScheduled = false;
    if (!socket[kWaiting] || !socket._handle || !isDue(socket)) return;
    Object.defineProperty(socket, kWaiting, { value: false, configurable: true, enumerable: false });
    // TLS may have the connection now, whose handle closes what waits.
    if (socket._handle.takeDescriptors === undefined) return;
    socket._handle.runInAsyncScope(deliver, socket._handle);
  };
  Object.defineProperty(socket, 'read', {
    configurable: true,
    writable: true,
    enumerable: false,
    value(size) {
      const chunk = read.call(this, size);
      if (socket[kWaiting] && !isScheduled) {
        isScheduled = true;
        nextTick(look);
      }
      return chunk;
    },
  });
}

hooks.onDescriptors = deliver;

module.exports = { sendDescriptors, sendsDescriptors };
