'use strict';

const EventEmitter = require('events');
const { getDefaultHighWaterMark } = require('stream');
const { promisify } = require('util');
const { builtin } = require('../node/builtin');
const { nextTick } = require('../node/captured');
const { outlivesIteration, servers } = require('./half-open-iteration');
const { checkKernelOptions } = require('./kernel-option-names');
const { rememberKernelOptions } = require('./kernel-options');
const { debug } = require('../node/debug');
const { codes, ErrnoException } = require('../node/errors');
const { beginUse } = require('../node/first-use');
const { Pipe } = require('../handle');
const { kIsHost } = require('../handle/symbols');
const { nameLike } = require('../node/mirror-members');
const { listen, setupListenHandle } = require('./listen');
const { openConnections } = require('./open-owners');
const { rememberProxyProtocol } = require('./proxy-protocol');
const { addConnectionMembers } = require('./server-connections');
const { addPause } = require('./server-pause');
const { isRelayed } = require('./relay');
const { addShutdown } = require('./server-shutdown');
const { seconds } = require('./socket-options');
const { async_id_symbol } = require('../handle/socket-symbols');
const { markTransferable } = require('../node/transferable');
const { validateNumber } = require('../node/validators');

const { ERR_INVALID_ARG_TYPE, ERR_SERVER_NOT_RUNNING } = codes;

/** The key of the method that `await using` calls; a context made by `vm` may lack the host's symbol. */
const asyncDispose = Symbol.asyncDispose ?? findAsyncDispose();

/**
 * @returns {symbol}
 */
function findAsyncDispose() {
  return Object.getOwnPropertySymbols(builtin.Server.prototype)
    .find(({ description }) => description?.endsWith('asyncDispose')) ?? Symbol.for('nodejs.asyncDispose');
}

/**
 * @param {*} blockList
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function validateBlockList(blockList) {
  const { BlockList } = builtin;
  const valid = BlockList.isBlockList?.(blockList) ?? blockList instanceof BlockList;
  if (!valid) throw new ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', blockList);
}

/**
 * A server for TCP or Unix-domain connections. Works without `new`, too.
 * @this {Server}
 * @param {*} [options] those of index.d.ts, or the listener
 * @param {(socket: Socket) => void} [connectionListener] for 'connection'
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function Server(options, connectionListener) {
  if (!(this instanceof Server)) return new (/** @type {*} */ (Server))(options, connectionListener);

  beginUse();
  markTransferable(this);
  EventEmitter.call(this);

  if (typeof options === 'function') {
    connectionListener = options;
    options = {};
  } else if (options === undefined || options === null || typeof options === 'object') {
    options = { ...options };
  } else {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  if (typeof connectionListener === 'function') this.on('connection', connectionListener);
  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
  }
  if (options.highWaterMark !== undefined) {
    validateNumber(options.highWaterMark, 'options.highWaterMark');
    if (options.highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark(false);
  }
  checkKernelOptions(options);
  if (outlivesIteration(options)) servers.add(this);

  this._connections = 0;
  this[async_id_symbol] = -1;
  this._handle = null;
  this._usingWorkers = false;
  this._workers = [];
  this._unref = false;
  this._listeningId = 1;

  this.allowHalfOpen = options.allowHalfOpen || false;
  this.pauseOnConnect = Boolean(options.pauseOnConnect);
  this.noDelay = Boolean(options.noDelay);
  this.keepAlive = Boolean(options.keepAlive);
  // Handles take seconds.
  this.keepAliveInitialDelay = seconds(options.keepAliveInitialDelay);
  this.highWaterMark = options.highWaterMark ?? getDefaultHighWaterMark(false);
  rememberKernelOptions(this, options);
  rememberProxyProtocol(this, options.proxyProtocol);
  if (options.blockList) {
    validateBlockList(options.blockList);
    this.blockList = options.blockList;
  }
}
Object.setPrototypeOf(Server.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Server, EventEmitter);

/**
 * @param {*} [options] as for `Server`
 * @param {(socket: Socket) => void} [connectionListener]
 * @returns {Server}
 */
function createServer(options, connectionListener) {
  return new (/** @type {*} */ (Server))(options, connectionListener);
}

Server.prototype._listen2 = setupListenHandle;

Server.prototype.listen = listen;

Object.defineProperty(Server.prototype, 'listening', /** @type {*} */ ({
  __proto__: null,
  get() { return Boolean(this._handle); },
  configurable: true,
  enumerable: true,
}));

/**
 * @this {Server}
 * @returns {SocketName|string|null} where it listens: a path is given as
 *   it was passed to listen(), also after close()
 * @throws {Error} of the system call getsockname
 */
Server.prototype.address = function() {
  // The proxy for a path in a cluster worker has no such method.
  if (!this._handle?.getsockname || this._handle instanceof Pipe) return this._pipeName ?? null;
  const out = {};
  const status = this._handle.getsockname(out);
  if (status) throw new ErrnoException(status, 'address');
  return out;
};

/**
 * Counts the open connections, including those of child processes.
 * @this {Server}
 * @param {(error: Error|null, count?: number) => void} callback called in a later tick
 * @returns {Server} this
 */
Server.prototype.getConnections = function(callback) {
  const done = (err, count) => nextTick(callback, err, count);
  if (!this._usingWorkers) {
    done(null, this._connections);
    return this;
  }
  let left = this._workers.length;
  let total = this._connections;
  const onCount = (err, count) => {
    if (err) {
      left = -1;
      done(err);
      return;
    }
    total += count;
    if (--left === 0) done(null, total);
  };
  for (const worker of this._workers) worker.getConnections(onCount);
  return this;
};

/**
 * Stops accepting. Emits 'close' when the last connection has ended.
 * @this {Server}
 * @param {(error?: Error|null) => void} [callback] for 'close'; gets ERR_SERVER_NOT_RUNNING if it was not open
 * @returns {Server} this
 */
Server.prototype.close = function(callback) {
  this._listeningId++;
  if (typeof callback === 'function') {
    if (this._handle) {
      this.once('close', callback);
    } else {
      this.once('close', function close() { callback(new ERR_SERVER_NOT_RUNNING()); });
    }
  }
  if (this._handle) {
    this._handle.close();
    this._handle = null;
  }
  if (!this._usingWorkers) {
    this._emitCloseIfDrained();
    return this;
  }

  let left = this._workers.length;
  const onWorkerClose = () => {
    if (--left !== 0) return;
    this._connections--;
    this._emitCloseIfDrained();
  };
  // This counts as a connection, so the server does not emit 'close' before the workers answer.
  this._connections++;
  for (const worker of this._workers) worker.close(onWorkerClose);
  return this;
};

/**
 * Emits 'close', in the next tick, if nothing is open any more.
 * @this {Server}
 */
Server.prototype._emitCloseIfDrained = function() {
  debug('SERVER _emitCloseIfDrained');
  if (this._handle || this._connections) {
    debug('SERVER handle? %j   connections? %d', !!this._handle, this._connections);
    return;
  }
  nextTick(emitClose, this);
};

/**
 * @param {Server} server
 */
function emitClose(server) {
  debug('SERVER: emit close');
  server.emit('close');
}

/**
 * Counts the connections that the program sends to a child process.
 * @this {Server}
 * @param {EventEmitter} socketList of child_process, with `getConnections` and `close`
 */
Server.prototype._setupWorker = function(socketList) {
  this._usingWorkers = true;
  this._workers.push(socketList);
  socketList.once('exit', (list) => {
    this._workers = this._workers.filter((worker) => worker !== list);
  });
};

/**
 * @this {Server}
 * @returns {Server} this; it keeps the process alive
 */
Server.prototype.ref = function() {
  this._unref = false;
  if (this._handle) this._handle.ref();
  return this;
};

/**
 * @this {Server}
 * @returns {Server} this; it no longer keeps the process alive
 */
Server.prototype.unref = function() {
  this._unref = true;
  if (this._handle) this._handle.unref();
  return this;
};

/**
 * @this {Server}
 * @returns {Promise<void>} fulfilled when the server is closed
 */
Server.prototype[asyncDispose] = async function() {
  if (!this._handle) return;
  await promisify(this.close).call(this);
};

/**
 * Runs when a listener's promise rejects (`captureRejections`).
 * @this {Server}
 * @param {Error} err
 * @param {string} event
 * @param {Socket} socket of 'connection'
 */
Server.prototype[EventEmitter.captureRejectionSymbol] = function(err, event, socket) {
  if (event === 'connection') socket.destroy(err);
  else this.emit('error', err);
};

nameLike(listen, builtin.Server.prototype.listen);

/**
 * @param {Socket} socket
 * @returns {boolean} whether a relay has the connection, or TLS or HTTP/2 reads and writes by a handle of the host.
 *   HTTP's parser marks its handles.
 */
function isTaken(socket) {
  const { _handle: handle } = socket;
  return isRelayed(socket) || (Boolean(handle?.[kIsHost]) && !handle._consumed);
}

addConnectionMembers(Server, openConnections);
addPause(Server);
addShutdown(Server, { openConnections, isTaken });

module.exports = { Server: /** @type {ServerClass} */ (/** @type {*} */ (Server)), createServer };
