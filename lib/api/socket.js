'use strict';

// The Socket class: construction, ending, closing. The socket-*.js files have the rest.

const { Duplex } = require('stream');
const { isUint8Array } = require('util/types');
const { BoundSocket, kConsume, kPath } = require('./bound-socket');
const { nextTick, queueMicrotask } = require('../node/captured');
const {
  applyKernelOptions, kernelOptionMethods, refuseKernelOptions, rememberKernelOptions,
} = require('./kernel-options');
const { socketConnect, useSocketClass } = require('./connect');
const { info, originalDestination, peerCredentials } = require('./connection-info');
const { outliveIteration, outlivesIteration } = require('./half-open-iteration');
const { countClosed, totals } = require('./counters');
const hostRunConnect = require('./host-run-connect');
const { sendFile } = require('./send-file');
const { debug } = require('../node/debug');
const { sendDescriptors } = require('./descriptors');
const { codes, ErrnoException } = require('../node/errors');
const { beginUse, goOnUsing } = require('../node/first-use');
const { adoptHandle, handleFromDescriptor, isFifo, isUsableHandle } = require('../handle/foreign');
const { kIsHost } = require('../handle/symbols');
const { isTcp } = require('../handle/handed-over');
const io = require('./socket-io');
const { closeOtherAttempts } = require('./race');
const pipeRelay = require('./pipe-relay');
const socketOptions = require('./socket-options');
const { isPlain } = require('../node/substitutes');
const { hostMembers, isHostRun, runByHost, withHostMembers } = require('../node/host-run-sockets');
const { defineLike } = require('../node/mirror-members');
const { getpeername, getsockname, getters } = require('./socket-getters');
const timeouts = require('./idle-timeout');
const { checkedOptions, setBlockList, streamOptions } = require('./constructor-options');
const { markTransferable } = require('../node/transferable');
const { flushAll } = require('../handle/write-coalescer');
const { builtin } = require('../node/builtin');
const { undestroy } = require('../node/capabilities');
const {
  async_id_symbol, kAfterAsyncWrite, kBoundPath, kBoundSource, kBuffer, kBufferCb, kBufferGen, kBytesRead,
  kBytesWritten, kHandle, kLastWriteQueueSize, kReinitializeHandle, kSignal, kTimeout, kUpdateTimer,
} = require('../handle/socket-symbols');

/**
 * A TCP or Unix-domain socket as a stream. See "Class: net.Socket" in Node's documentation.
 *
 * @this {Socket}
 * @param {*} [options] an object, or a descriptor
 * @throws {TypeError|RangeError} for bad options
 */
function Socket(options) {
  if (!isSocket(this)) {
    // Classes derived from the built-in call the current `net.Socket`.
    if (this instanceof builtin.Socket) return builtin.Socket.call(this, options);
    return new (/** @type {*} */ (Socket))(options);
  }
  beginUse();
  if (options?.handle && !isUsable(options.handle)) {
    runByHost(this, options);
    refuse(this, refuseKernelOptions(options));
    return;
  }
  const settings = checkedOptions(options);
  if (!settings.handle && settings.fd !== undefined && isFifo(settings.fd)) {
    runByHost(this, settings);
    refuse(this, refuseKernelOptions(settings));
    return;
  }
  markTransferable(this);

  // Programs list the properties, so they come in the built-in's order. The stream's constructor destroys the socket at
  // once if the signal has already aborted.
  this.connecting = false;
  this._hadError = false;
  this._parent = null;
  this._host = null;
  this._closeAfterHandlingError = false;
  this[async_id_symbol] = -1;
  this[kHandle] = null;
  this[kLastWriteQueueSize] = 0;
  this[kTimeout] = null;
  initUserBuffer(this, settings.onread);

  Duplex.call(this, streamOptions(settings));

  this.on('end', onReadableStreamEnd);
  this._sockname = null;
  this._pendingData = null;
  this._pendingEncoding = '';
  /** @type {Options} */ (this).server = null;
  this._server = null;
  socketOptions.initOptions(this, settings);
  rememberKernelOptions(this, settings);
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;
  if (settings.blockList) setBlockList(this, settings.blockList);
  if (settings.signal) this[kSignal] = settings.signal;
  if (outlivesIteration(settings)) outliveIteration(this);

  const bound = settings.handle instanceof BoundSocket;
  if (bound) {
    this[kBoundSource] = true;
    this[kBoundPath] = settings.handle[kPath];
    io.attachHandle(this, settings.handle[kConsume]());
  } else if (settings.handle) {
    io.attachHandle(this, adoptHandle(settings.handle));
  } else if (settings.fd !== undefined) {
    io.attachHandle(this, handleFromDescriptor(settings.fd, settings.seqpacket));
  } else {
    // A signal that aborted before leaves the socket usable. Its error still comes.
    undestroy(this);
  }
  if (this._handle && !bound) refuse(this, applyKernelOptions(this));
  if (this._handle && !bound && settings.readable !== false && !settings.manualStart) startOrPause(this, settings);
}
Object.setPrototypeOf(Socket.prototype, Duplex.prototype);
Object.setPrototypeOf(Socket, Duplex);

/**
 * @param {Socket} socket
 * @param {Error} [error] why it can't be as it was asked for
 */
function refuse(socket, error) {
  if (error) socket.destroy(error);
}

/**
 * @param {AnyHandle} handle the option
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

// The built-in's sockets (terminals, TLS) are instances too: programs with `instanceof net.Socket` expect that. Once
// registered, TLS asks before it takes a socket.
Object.defineProperty(Socket, Symbol.hasInstance, {
  value(instance) {
    goOnUsing();
    if (isPlain(instance)) return false;
    return Function.prototype[Symbol.hasInstance].call(this, instance) ||
      (this === Socket && instance instanceof builtin.Socket);
  },
});

/**
 * Takes the `onread` option. As Node does, it ignores an incomplete one.
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
 * Runs when the peer ends. Without half-open, later writes fail.
 * @this {Socket}
 */
function onReadableStreamEnd() {
  if (!this.allowHalfOpen) this.write = io.writeAfterFIN;
}

/** @param {Socket} socket that is destroyed without a handle */
function emitClose(socket) {
  debug('SERVER: emit close');
  socket.emit('close');
}

const { value: hostWriteGeneric } = hostMembers._writeGeneric;

/** @type {ThisType<Socket>} */
const methods = {
  connect: socketConnect,
  setTimeout: timeouts.setSocketTimeout,
  setNoDelay: socketOptions.setNoDelay,
  setKeepAlive: socketOptions.setKeepAlive,
  setTypeOfService: socketOptions.setTypeOfService,
  getTypeOfService: socketOptions.getTypeOfService,
  ...kernelOptionMethods,
  info, originalDestination, peerCredentials, sendDescriptors, sendFile,
  ref: socketOptions.ref,
  unref: socketOptions.unref,

  /**
   * `socket.address`: the local address.
   * @returns {{address?: string, family?: string, port?: number}} empty without a connection
   */
  address() {
    return this._getsockname();
  },

  /**
   * `writable.end`.
   * @param {*} [data]
   * @param {string|Function} [encoding]
   * @param {() => void} [callback]
   * @returns {Socket} this
   */
  end(data, encoding, callback) {
    Duplex.prototype.end.call(this, data, /** @type {*} */ (encoding), callback);
    return this;
  },

  /**
   * `readable.pause`; with `onread` the handle stops at once.
   * @returns {Socket} this
   */
  pause() {
    if (this[kBuffer] && !this.connecting && this._handle?.reading) io.stopReading(this);
    return /** @type {Socket} */ (Duplex.prototype.pause.call(this));
  },

  /**
   * `readable.resume`.
   * @returns {Socket} this
   */
  resume() {
    io.readIntoUserBuffer(this);
    return /** @type {Socket} */ (Duplex.prototype.resume.call(this));
  },

  /**
   * `readable.read`.
   * @param {number} [size]
   * @returns {Buffer|string|null}
   */
  read(size) {
    io.readIntoUserBuffer(this);
    return Duplex.prototype.read.call(this, size);
  },

  /** Destroys the socket after all writes. */
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
    if (!isTcp(this._handle)) throw new codes.ERR_INVALID_HANDLE_TYPE();
    if (this.connecting) {
      debug('reset wait for connection');
      this.once('connect', () => this._reset());
    } else {
      this._reset();
    }
    return this;
  },

  _reset() {
    debug('reset connection');
    this.resetAndClosing = true;
    return this.destroy();
  },

  _read: io.read,
  _final: io.final,

  _writeGeneric(writev, data, encoding, cb) {
    const isHosts = this[kHandle]?.[kIsHost] || isHostRun(this);
    if (isHosts) flushAll();
    return (isHosts ? hostWriteGeneric : io.writeGeneric).call(this, writev, data, encoding, cb);
  },

  // The TypeError of a missing callback quotes these names.
  _write(data, encoding, cb) {
    this._writeGeneric(false, data, encoding, cb);
  },

  _writev(chunks, cb) {
    this._writeGeneric(true, chunks, '', cb);
  },

  _destroy(error, cb) {
    debug('destroy');
    if (this.connecting) {
      closeOtherAttempts(this);
      if (error) totals.failed++;
    }
    this.connecting = false;
    for (let socket = this; socket; socket = socket._parent) timeouts.clearSocketTimeout(socket);
    debug('close');
    if (this._handle) {
      debug('close handle');
      closeHandle.call(this, Boolean(error));
      cb(error);
    } else {
      cb(error);
      nextTick(emitClose, this);
    }
    if (this._server) {
      debug('has server');
      this._server._connections--;
      this._server._emitCloseIfDrained?.();
    }
  },

  _onTimeout: timeouts.onTimeout,
  _unrefTimer: timeouts.refreshTimeout,
  _getsockname: getsockname,
  _getpeername: getpeername,

  [kAfterAsyncWrite]() {
    this[kLastWriteQueueSize] = 0;
  },

  get [kUpdateTimer]() { return this._unrefTimer; },

  [kReinitializeHandle]: function reinitializeHandle(handle) {
    this._handle?.close();
    io.attachHandle(this, handle);
  },
};

/**
 * Closes the handle. Then 'close' follows.
 *
 * @this {Socket}
 * @param {boolean} hadError what 'close' will say
 */
function closeHandle(hadError) {
  const self = this;
  const handle = this._handle;
  if (handle[kIsHost]) flushAll();
  this[kBytesRead] = handle.bytesRead;
  this[kBytesWritten] = handle.bytesWritten;
  countClosed(this, handle);
  const closed = () => {
    debug('emit close');
    this.emit('close', hadError);
  };
  // The TypeError of an object without this method quotes the call as written here. The built-in's text is the same.
  if (this.resetAndClosing) {
    this.resetAndClosing = false;
    const status = this._handle.reset(closed);
    if (status) this.emit('error', new ErrnoException(status, 'reset'));
  } else if (this._closeAfterHandlingError) {
    queueMicrotask(() => handle.close(closed));
  } else {
    self._handle.close(closed);
  }
  handle.onread = io.ignoreRead;
  this._handle = null;
  this._sockname = null;
}

defineLike(Socket.prototype, builtin.Socket.prototype, withHostMembers({
  ...Object.getOwnPropertyDescriptors(methods),
  ...getters,
}, { connect: { value: hostRunConnect.connectHostRun } }));

/** The function as a class. */
const Class = /** @type {SocketClass} */ (/** @type {*} */ (Socket));
for (const use of [useSocketClass, hostRunConnect.useSocketClass, pipeRelay.useSocketClass]) use(Class);

module.exports = Class;
