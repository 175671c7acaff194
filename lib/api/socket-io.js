'use strict';

// Moves data between a Socket's stream and its handle.

const { Duplex } = require('stream');
const { isUint8Array } = require('util/types');
const { builtin } = require('../node/builtin');
const { undestroy } = require('../node/capabilities');
const { nextTick } = require('../node/captured');
const { debug, isDebugging } = require('../node/debug');
const { codes, ErrnoException } = require('../node/errors');
const hooks = require('../handle/hooks');
const { kIsHost, kRelay } = require('../handle/symbols');
const host = require('../node/versions');
const { emitsAtOnce } = require('../node/plain-flow');
const { attachHostHandle } = require('./host-handle');
const { freeMemory, noteLargeRead } = require('../addon/landing');
const { parserBehindPause } = require('../handle/parser-reads');
const { setReadSize } = require('./read-size');
const { ShutdownReq } = require('../handle/requests');
const { UV_ENOBUFS, UV_ENOTCONN, UV_EOF } = require('../node/errno');
const { flushAll } = require('../handle/write-coalescer');
const { settleWrite, writeRequest } = require('./write-request');
const {
  async_id_symbol, kBuffer, kBufferCb, kBufferGen, kHandle, owner_symbol,
} = require('../handle/socket-symbols');

/** Bytes for which the user's buffer (`onread`) had no room when its callback paused. */
const kHeld = Symbol('kHeld');

/** A read of so many bytes is one of bulk. */
const BULKY = 16 * 1024;

/**
 * The handle calls this, as `this`, for data, end and read errors.
 *
 * @this {object}
 * @param {number} nread bytes, or UV_EOF, or a negated errno
 * @param {Buffer} [buffer]
 */
function onHandleRead(nread, buffer) {
  const socket = this[owner_symbol];
  // A look at `_handle` would end a relay to the socket.
  if (socket === null || (this !== socket[kHandle] && this !== socket._handle)) return;
  // What the read has found may be what another error has left, which a relay to the socket knows.
  if (nread < 0) this[kRelay]?.giveBack?.();
  socket._unrefTimer();
  // An empty message has an empty Buffer.
  if (nread > 0 || buffer !== undefined) {
    if (socket.destroyed) return;
    if (nread >= BULKY && buffer !== undefined && hooks.takesBulk(this, buffer)) return;
    if (socket[kBuffer] === null && emitsAtOnce(socket)) {
      socket.emit('data', buffer);
      if (socket.parser && socket.server) hooks.countParserRead(this, socket, nread);
      return;
    }
    const parse = socket.parser && socket.server && parserBehindPause(socket);
    if (parse) {
      Reflect.apply(parse, socket, [buffer]);
      return;
    }
    const more = socket[kBuffer] ? giveToUser(socket, nread, buffer) : socket.push(buffer);
    if (!more) stopReading(socket);
    return;
  }
  if (nread === 0) return;
  if (nread !== UV_EOF) {
    socket.destroy(new ErrnoException(nread, 'read'));
    return;
  }
  socket.push(null);
  socket.read(0);
}

/**
 * Calls the callback of `onread`.
 *
 * @param {Socket} socket
 * @param {number} nread bytes that were read
 * @param {Buffer} [data] the bytes, unless they stand in the user's buffer already
 * @returns {boolean} false when the callback asked to pause
 */
function giveToUser(socket, nread, data) {
  // Until the function of `onread` gives a buffer, the built-in calls back with what stands in its place.
  if (data !== undefined && isUint8Array(socket[kBuffer])) return fillUserBuffer(socket, data);
  const more = socket[kBufferCb](nread, socket[kBuffer]) !== false;
  takeNextUserBuffer(socket);
  return more && !socket.destroyed;
}

/**
 * Passes data to the callback of `onread`, in as many calls as the user's buffer needs. A detached buffer, or one whose
 * ArrayBuffer shrank, has no room and ends the socket, as in libuv (`uv_alloc_cb` in its documentation).
 *
 * @param {Socket} socket
 * @param {Buffer} data
 * @returns {boolean} false when the callback asked to pause
 */
function fillUserBuffer(socket, data) {
  let rest = data;
  while (rest.length > 0) {
    const target = /** @type {Uint8Array} */ (socket[kBuffer]);
    const count = Math.min(rest.length, target.length);
    if (count === 0) {
      socket.destroy(new ErrnoException(UV_ENOBUFS, 'read'));
      return false;
    }
    target.set(count === rest.length ? rest : rest.subarray(0, count));
    rest = rest.subarray(count);
    const more = socket[kBufferCb](count, target) !== false;
    takeNextUserBuffer(socket);
    if (socket.destroyed) return false;
    if (!more || (rest.length > 0 && socket._handle?.reading === false)) {
      socket[kHeld] = rest.length > 0 ? rest : undefined;
      return false;
    }
  }
  // Only the tokio backend has such a chunk here, and nobody else has got it.
  if (data.length >= BULKY && data.length === data.buffer.byteLength) freeMemory(data.buffer);
  return true;
}

/**
 * Gets the next buffer if the user makes one for each read, and gives it to the handle.
 *
 * @param {Socket} socket
 */
function takeNextUserBuffer(socket) {
  const make = socket[kBufferGen];
  if (make === null) return;
  const next = make();
  if (!isUint8Array(next)) return;
  if (next !== socket[kBuffer]) {
    socket._handle?.useUserBuffer?.(next);
    if (next.length >= BULKY) noteLargeRead(next.length);
  }
  socket[kBuffer] = next;
}

/**
 * Gives a socket a handle, and revives the socket if it was destroyed.
 *
 * @param {Socket} socket
 * @param {AnyHandle|TCP|Pipe} handle
 */
function attachHandle(socket, handle) {
  if (handle[kIsHost]) {
    attachHostHandle(socket, /** @type {*} */ (handle));
    return;
  }
  socket._handle = handle;
  undestroy(socket);
  socket._sockname = null;
  handle[owner_symbol] = socket;
  handle.onread = onHandleRead;
  socket[async_id_symbol] = typeof handle.getAsyncId === 'function' ? handle.getAsyncId() : -1;
  setReadSize(socket);
}

/**
 * With `onread`, data flows after the first request for it, whatever the stream's state.
 *
 * @param {Socket} socket
 */
function readIntoUserBuffer(socket) {
  if (socket[kBuffer] && !socket.connecting && socket._handle && !socket._handle.reading) startReading(socket);
}

/**
 * @param {Socket} socket with a handle
 */
function startReading(socket) {
  if (isDebugging) debug('Socket._handle.readStart');
  const handle = socket._handle;
  handle.reading = true;
  const held = socket[kHeld];
  if (held !== undefined) {
    socket[kHeld] = undefined;
    nextTick(() => {
      if (!socket.destroyed && !fillUserBuffer(socket, held)) stopReading(socket);
    });
  }
  const status = socket._handle.readStart();
  if (status) socket.destroy(new ErrnoException(status, 'read'));
}

/**
 * @param {Socket} socket
 * @returns {Buffer|undefined} what the user's buffer had no room for, which the socket has not any more
 */
function takeHeld(socket) {
  const held = socket[kHeld];
  if (held !== undefined) socket[kHeld] = undefined;
  return held;
}

/**
 * @param {Socket} socket
 */
function stopReading(socket) {
  const handle = socket._handle;
  if (!handle) return;
  handle.reading = false;
  if (socket.destroyed) return;
  const status = handle.readStop();
  if (status) socket.destroy(new ErrnoException(status, 'read'));
}

/**
 * `readable._read`: waits for the connection, then lets the handle read.
 *
 * @this {Socket}
 * @param {number} n ignored: the engine chooses
 */
function read(n) {
  if (isDebugging) debug('_read - n', n, 'isConnecting?', !!this.connecting, 'hasHandle?', !!this._handle);
  const handle = this[kHandle] ?? this._handle;
  if (this.connecting || !handle) {
    debug('_read wait for connection');
    this.once('connect', () => this._read(n));
  } else if (!handle.reading) {
    startReading(this);
  }
}

/**
 * Writes one or more chunks to the handle. A connecting socket writes them on connect.
 *
 * @this {Socket}
 * @param {boolean} several whether `data` is an array of `{ chunk, encoding }`
 * @param {*} data
 * @param {string} encoding
 * @param {(error?: Error|null) => void} cb
 * @returns {*} false where there is nothing to write to
 */
function writeGeneric(several, data, encoding, cb) {
  if (this.connecting) {
    writeOnceConnected(this, several, data, encoding, cb);
    return undefined;
  }
  this._pendingData = null;
  this._pendingEncoding = '';
  const handle = this._handle;
  if (handle?.[kIsHost]) return builtin.Socket.prototype._writeGeneric.call(this, several, data, encoding, cb);
  if (!handle) {
    cb(new codes.ERR_SOCKET_CLOSED());
    return false;
  }
  const req = writeRequest(this, handle, cb);
  const status = several ? writeChunks(handle, req, data) : writeChunk(handle, req, data, encoding);
  settleWrite(this, req, status, cb);
  return undefined;
}

/**
 * @param {Socket} socket
 * @param {boolean} several
 * @param {Buffer|string|Array} data
 * @param {string} encoding
 * @param {(error?: Error|null) => void} callback
 */
function writeOnceConnected(socket, several, data, encoding, callback) {
  socket._pendingData = data;
  socket._pendingEncoding = encoding;
  const onClose = () => callback(new codes.ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
  socket.once('connect', /** @this {Socket} */ function connect() {
    this.off('close', onClose);
    this._writeGeneric(several, data, encoding, callback);
  });
  socket.once('close', onClose);
}

/**
 * @param {AnyHandle} handle
 * @param {WriteReq} req
 * @param {Buffer|string} data
 * @param {string} encoding
 * @returns {number} status
 */
function writeChunk(handle, req, data, encoding) {
  if (typeof data !== 'string') return handle.writeBuffer(req, data);
  switch (encoding) {
    case 'utf8':
    case 'utf-8':
      return handle.writeUtf8String(req, data);
    case 'latin1':
    case 'binary':
      return handle.writeLatin1String(req, data);
    case 'ascii':
      return handle.writeAsciiString(req, data);
    case 'ucs2':
    case 'ucs-2':
    case 'utf16le':
    case 'utf-16le':
      return handle.writeUcs2String(req, data);
    default:
      return handle.writeBuffer(req, Buffer.from(data, /** @type {BufferEncoding} */ (encoding)));
  }
}

/**
 * @param {AnyHandle} handle
 * @param {WriteReq} req
 * @param {Array<{chunk: Buffer|string, encoding: string}> & {allBuffers?: boolean}} entries
 * @returns {number} status
 */
function writeChunks(handle, req, entries) {
  const { allBuffers, length } = entries;
  const chunks = [];
  for (let i = 0; i < length; i++) {
    chunks.push(entries[i].chunk);
    if (!allBuffers) chunks.push(entries[i].encoding);
  }
  return handle.writev(req, chunks, allBuffers);
}

/**
 * `writable._final`: half-closes the connection once everything is sent.
 *
 * @this {Socket}
 * @param {(error?: Error|null) => void} callback
 * @returns {*} as the built-in's
 */
function final(callback) {
  if (this.pending) {
    if (!host.endsWithoutConnection || this.connecting) {
      debug('_final: not yet connected');
      return this.once('connect', () => this._final(callback));
    }
    return callback();
  }
  if (this._handle[kIsHost]) {
    flushAll();
    return builtin.Socket.prototype._final.call(this, callback);
  }
  debug('_final: not ended, call shutdown()');
  const req = new ShutdownReq(onShutdownComplete, callback);
  const status = this._handle.shutdown(req);
  if (status === UV_ENOTCONN || status === 1) return callback();
  if (status !== 0) return callback(new ErrnoException(status, 'shutdown'));
  return undefined;
}

/**
 * @this {ShutdownReq}
 */
function onShutdownComplete() {
  if (isDebugging) debug('afterShutdown destroyed=%j', this.handle?.[owner_symbol]?.destroyed);
  this.callback();
}

/**
 * Replaces `write` once the peer has ended, if half-open is not allowed.
 *
 * @this {Socket}
 * @param {*} chunk
 * @param {string|Function} [encoding]
 * @param {(error?: Error|null) => void} [callback]
 * @returns {boolean} false
 */
function writeAfterFIN(chunk, encoding, callback) {
  if (!this.writableEnded) return Duplex.prototype.write.call(this, chunk, /** @type {*} */ (encoding), callback);
  const done = typeof encoding === 'function' ? encoding : callback;
  const error = new Error('This socket has been ended by the other party');
  error.code = 'EPIPE';
  if (typeof done === 'function') nextTick(done, error);
  this.destroy(error);
  return false;
}

/** `onread` of a handle that is closed. */
function ignoreRead() {}

hooks.onSocketRead = onHandleRead;

module.exports = {
  attachHandle, final, giveToUser, ignoreRead, read, readIntoUserBuffer, stopReading, takeHeld, writeAfterFIN,
  writeGeneric,
};
