'use strict';

// The Socket class: construction, ending, closing. What else it can do stands in the socket-*.js files.

const { Duplex } = require('stream');
const { isUint8Array } = require('util/types');
const { BoundSocket, kConsume, kPath } = require('./bound-socket');
const { socketConnect } = require('./connect');
const { codes, ErrnoException } = require('./errors');
const { adoptHandle, handleFromDescriptor, isFifo, isUsableHandle } = require('./foreign-handle');
const { TCP } = require('./handle');
const io = require('./socket-io');
const socketOptions = require('./socket-options');
const { defineProperties, getpeername, getsockname } = require('./socket-properties');
const { formatOf, streamBaseOf } = require('./stream-base');
const timeouts = require('./timeouts');
const { checkedOptions, streamOptions } = require('./socket-settings');
const { markTransferable } = require('./transferable');
const { builtin } = require('./builtin');
const {
  async_id_symbol, kAfterAsyncWrite, kBoundPath, kBoundSource, kBuffer, kBufferCb, kBufferGen, kBytesRead,
  kBytesWritten, kLastWriteQueueSize, kReinitializeHandle, kSignal, kTimeout, kUpdateTimer, owner_symbol,
} = require('./symbols');

/**
 * A TCP or Unix-domain socket as a stream. See "Class: net.Socket" in Node's documentation.
 *
 * @class
 * @param {object|number} [options] or a descriptor
 * @throws {TypeError|RangeError} for bad options
 */
function Socket(options) {
  if (!isSocket(this)) {
    // Node's own classes that were linked to the built-in (terminals, TLS) call whatever `net.Socket` is now.
    if (this instanceof builtin.Socket) return builtin.Socket.call(this, options);
    return new Socket(options);
  }
  markTransferable(this);
  // A handle that is neither rsnet's nor one to take over speaks the built-in's own protocol.
  if (options?.handle && !isUsable(options.handle)) return new builtin.Socket(options);
  const settings = checkedOptions(options);
  if (!settings.handle && settings.fd !== undefined && isFifo(settings.fd)) return new builtin.Socket(settings);

  // The stream's constructor destroys at once where the signal has fired already: what that needs comes first.
  this.connecting = false;
  this._hadError = false;
  this._parent = null;
  this._host = null;
  this._closeAfterHandlingError = false;
  this._handle = null;
  this._server = null;
  this[kTimeout] = null;
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;

  Duplex.call(this, streamOptions(settings));

  this._sockname = null;
  this._pendingData = null;
  this._pendingEncoding = '';
  this.server = null;
  this[async_id_symbol] = -1;
  this[kLastWriteQueueSize] = 0;
  initUserBuffer(this, settings.onread);
  socketOptions.initOptions(this, settings);
  if (settings.blockList) this._setBlockList(settings.blockList);
  this.on('end', onReadableStreamEnd);

  const bound = settings.handle instanceof BoundSocket;
  this[kBoundSource] = bound;
  this[kSignal] = settings.signal;
  this[kBoundPath] = bound ? settings.handle[kPath] : undefined;
  if (bound) this._attachHandle(settings.handle[kConsume]());
  else if (settings.handle) this._attachHandle(adoptHandle(settings.handle));
  else if (settings.fd !== undefined) this._attachHandle(handleFromDescriptor(settings.fd));
  // A signal that had fired already does not keep the socket from being used; its error still comes.
  else this._undestroy();
  if (this._handle && !bound && settings.readable !== false && !settings.manualStart) startOrPause(this, settings);
}
Object.setPrototypeOf(Socket.prototype, Duplex.prototype);
Object.setPrototypeOf(Socket, Duplex);

/**
 * @param {object} handle the option
 * @returns {boolean} whether rsnet can work with it
 */
function isUsable(handle) {
  return handle instanceof BoundSocket || isUsableHandle(handle);
}

/**
 * @param {*} value
 * @returns {boolean} whether it was made by this class, or by one derived from it
 */
function isSocket(value) {
  return Object.prototype.isPrototypeOf.call(Socket.prototype, value);
}

// The built-in's sockets (terminals, TLS) count as instances too: a program with `instanceof net.Socket` means them.
Object.defineProperty(Socket, Symbol.hasInstance, {
  value(instance) {
    return Function.prototype[Symbol.hasInstance].call(this, instance) ||
      (this === Socket && instance instanceof builtin.Socket);
  },
});

/**
 * Takes the `onread` option; one that is incomplete is ignored, as Node does.
 *
 * @param {Socket} socket
 * @param {{buffer: Uint8Array|Function, callback: Function}} [onread]
 */
function initUserBuffer(socket, onread) {
  socket[kBuffer] = null;
  socket[kBufferCb] = null;
  socket[kBufferGen] = null;
  if (onread === null || typeof onread !== 'object' || typeof onread.callback !== 'function') return;
  if (typeof onread.buffer === 'function') {
    socket[kBuffer] = true;
    socket[kBufferGen] = onread.buffer;
  } else if (isUint8Array(onread.buffer)) {
    socket[kBuffer] = onread.buffer;
  } else {
    return;
  }
  socket[kBufferCb] = onread.callback;
}

/**
 * @param {Socket} socket that was made with a handle
 * @param {{pauseOnCreate?: boolean}} settings
 */
function startOrPause(socket, settings) {
  if (settings.pauseOnCreate) {
    socket._handle.reading = false;
    socket._handle.readStop();
    socket.readableFlowing = false;
  } else {
    socket.read(0);
  }
}

/**
 * The other side has ended. Without half-open, nothing may be written from here on.
 *
 * @this {Socket}
 */
function onReadableStreamEnd() {
  if (!this.allowHalfOpen) this.write = io.writeAfterFIN;
}

/**
 * @param {Socket} socket that is destroyed without a handle
 */
function emitClose(socket) {
  socket.emit('close');
}

const methods = {
  connect: socketConnect,
  setTimeout: timeouts.setSocketTimeout,
  setNoDelay: socketOptions.setNoDelay,
  setKeepAlive: socketOptions.setKeepAlive,
  setTypeOfService: socketOptions.setTypeOfService,
  getTypeOfService: socketOptions.getTypeOfService,
  ref: socketOptions.ref,
  unref: socketOptions.unref,

  /**
   * `socket.address`: where this socket is bound.
   * @returns {{address?: string, family?: string, port?: number}} empty without a connection
   */
  address() {
    return this._getsockname();
  },

  /**
   * `writable.end`.
   * @param {*} [data]
   * @param {string|Function} [encoding]
   * @param {Function} [callback]
   * @returns {Socket} this
   */
  end(data, encoding, callback) {
    Duplex.prototype.end.call(this, data, encoding, callback);
    return this;
  },

  /**
   * `readable.pause`; with `onread` the handle stops at once.
   * @returns {Socket} this
   */
  pause() {
    if (this[kBuffer] && !this.connecting && this._handle?.reading) io.stopReading(this);
    return Duplex.prototype.pause.call(this);
  },

  /**
   * `readable.resume`.
   * @returns {Socket} this
   */
  resume() {
    this._readIntoUserBuffer();
    return Duplex.prototype.resume.call(this);
  },

  /**
   * `readable.read`.
   * @param {number} [size]
   * @returns {Buffer|string|null}
   */
  read(size) {
    this._readIntoUserBuffer();
    return Duplex.prototype.read.call(this, size);
  },

  /** Destroys the socket once everything written is sent. */
  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  },

  /**
   * `socket.resetAndDestroy`: closes a TCP connection by a RST.
   * @returns {Socket} this
   * @throws {TypeError} when it is not a TCP socket
   */
  resetAndDestroy() {
    if (!this._handle) {
      this.destroy(new codes.ERR_SOCKET_CLOSED());
      return this;
    }
    if (!(this._handle instanceof TCP)) throw new codes.ERR_INVALID_HANDLE_TYPE();
    if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
    return this;
  },

  _reset() {
    this.resetAndClosing = true;
    return this.destroy();
  },

  _read: io.read,
  _final: io.final,
  _writeGeneric: io.writeGeneric,

  _write(data, encoding, callback) {
    this._writeGeneric(false, data, encoding, callback);
  },

  _writev(chunks, callback) {
    this._writeGeneric(true, chunks, '', callback);
  },

  _destroy(error, callback) {
    this.connecting = false;
    for (let socket = this; socket; socket = socket._parent) timeouts.clearSocketTimeout(socket);
    if (this._handle) {
      closeHandle(this, this._handle, Boolean(error));
      callback(error);
    } else {
      callback(error);
      process.nextTick(emitClose, this);
    }
    if (this._server) {
      this._server._connections--;
      this._server._emitCloseIfDrained?.();
    }
  },

  _onTimeout: timeouts.onTimeout,
  _unrefTimer: timeouts.refreshTimeout,
  _getsockname: getsockname,
  _getpeername: getpeername,

  /** With `onread`, data flows as soon as somebody asks for it, whatever the stream's state. */
  _readIntoUserBuffer() {
    if (this[kBuffer] && !this.connecting && this._handle && !this._handle.reading) io.startReading(this);
  },

  /**
   * Makes a handle this socket's own, and the socket alive again if it was destroyed.
   * @param {object} handle
   */
  _attachHandle(handle) {
    this._handle = handle;
    this._undestroy();
    this._sockname = undefined;
    handle[owner_symbol] = this;
    handle.onread = io.onHandleRead;
    this[async_id_symbol] = typeof handle.getAsyncId === 'function' ? handle.getAsyncId() : -1;
    io.useUserBuffer(this);
  },

  /**
   * @param {object} blockList a net.BlockList of addresses that must not be connected to
   * @throws {TypeError} for anything else
   */
  _setBlockList(blockList) {
    if (!(blockList instanceof builtin.BlockList)) {
      throw new codes.ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', blockList);
    }
    this.blockList = blockList;
  },
};

/**
 * Lets go of the handle; 'close' follows when it has closed.
 *
 * @param {Socket} socket
 * @param {object} handle
 * @param {boolean} hadError what 'close' will say
 */
function closeHandle(socket, handle, hadError) {
  socket[kBytesRead] = handle.bytesRead;
  socket[kBytesWritten] = handle.bytesWritten;
  const closed = () => socket.emit('close', hadError);
  if (socket.resetAndClosing) {
    socket.resetAndClosing = false;
    const status = handle.reset(closed);
    if (status) socket.emit('error', new ErrnoException(status, 'reset'));
  } else if (socket._closeAfterHandlingError) {
    queueMicrotask(() => handle.close(closed));
  } else {
    handle.close(closed);
  }
  handle.onread = () => {};
  socket._handle = null;
  socket._sockname = null;
}

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(Socket.prototype, name, { value, writable: true, enumerable: true, configurable: true });
}
defineProperties(Socket.prototype);

Socket.prototype[kUpdateTimer] = timeouts.refreshTimeout;

Socket.prototype[kAfterAsyncWrite] = function() {
  this[kLastWriteQueueSize] = 0;
};

Socket.prototype[kReinitializeHandle] = function(handle) {
  // TLS looks the method up here, for sockets that are the built-in's.
  if (!isSocket(this)) {
    builtin.Socket.prototype[kReinitializeHandle].call(this, handle);
    return;
  }
  const format = formatOf(this._handle);
  this._handle?.close();
  this._attachHandle(handle);
  if (format !== undefined) this._handle = streamBaseOf(handle, format);
};

module.exports = Socket;
