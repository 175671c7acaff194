'use strict';

// What the handles of TCP and Unix-domain sockets share. Members have the names, arguments and results of Node's own
// handles (LibuvStreamWrap). A status is 0 or a negated errno.

const {
  NO_SLOT, awaitsRead, commands, makeCallback, readsOnThreads, register, release,
  useOwnMemory,
} = require('../addon/bridge');
const { onStreamRead, withReadCount } = require('../node/private-symbols');
const {
  kAdopted, kBulkLeft, kClosing, kConnectReq, kReading, kPendingRead, kOnClose, kOnRead, kParserReads, kPast,
  kProvider, kRead, kReadEnded, kReadMost, kReadCap, kReadGate, kRef, kSeqpacket, kShutdownReq, kSlot, kUncounted,
  kWriter,
} = require('./symbols');
const { later } = require('../node/later');
const hooks = require('./hooks');
const { MAX_LENT, borrowsReads, lend } = require('./parser-reads');
const { GATE_BEGUN, GATE_HELD, GATE_NONE, GATE_WAITING, releasePending, openGate } = require('./read-gate');
const { reportEntry } = require('./report-entry');
const { owner_symbol } = require('./socket-symbols');
const { UV_EBADF, UV_ECANCELED } = require('../node/errno');
const coalescer = require('./write-coalescer');
const { WritableHandle, writerOf } = require('./writable');

/**
 * @param {*} listener
 * @returns {boolean} whether it is Node's `onStreamRead`, recognised by its name where no sample was to be had
 */
function isHostRead(listener) {
  return onStreamRead === undefined ? listener?.name === 'onStreamRead' : listener === onStreamRead;
}

/** Bytes in large reads before a pipe may be relayed: to take over costs as much as some chunks do. */
const BULK = 256 * 1024;

/** By resource types, the names in `process.getActiveResourcesInfo()`. */
const SHOWN_AS = { TCPWRAP: 'TCPSocketWrap', TCPSERVERWRAP: 'TCPServerWrap' };

/** Life cycle, reading, shutdown and counters. Writing is in the class below it. */
class Handle extends WritableHandle {
  /**
   * @param {string} provider the resource type that async_hooks sees
   * @param {number} [triggerAsyncId] of the listening handle that accepts this one
   */
  constructor(provider, triggerAsyncId) {
    super(provider, triggerAsyncId);
    this[kSlot] = register(this);
    this[kProvider] = provider;
    this[kRef] = true;
    this[kClosing] = false;
    this[kOnClose] = undefined;
    this[kConnectReq] = null;
    this[kShutdownReq] = null;
    this[kAdopted] = undefined;
    this[kRead] = 0;
    this[kReadCap] = 0;
    this[kReadMost] = 0;
    this[kReading] = false;
    this[kPendingRead] = null;
    this[kReadGate] = GATE_NONE;
    this[kParserReads] = 0;
    this[owner_symbol] = null;
    this[kReadEnded] = false;
    this[kOnRead] = undefined;
    this[kBulkLeft] = BULK;
    this[kUncounted] = 0;
  }

  /** Called with (count or negated errno, Buffer) for each read. */
  get onread() { return this[kOnRead]; }

  /** Node's HTTP agent sets `onStreamRead` again on a connection that it reuses. rsnet's sockets need rsnet's own. */
  set onread(listener) {
    this[kOnRead] = isHostRead(listener) ? hooks.onSocketRead : listener;
  }

  /** The file descriptor, or -1. A program that has it may write to it, so nothing is coalesced from now on. */
  get fd() {
    if (!this[kClosing]) writerOf(this).share();
    return commands.fd(this[kSlot]);
  }

  /** Bytes given to the owner. */
  get bytesRead() { return this[kClosing] ? this[kRead] : commands.bytesRead(this[kSlot]); }

  /** Bytes accepted for writing that the kernel has not taken yet. */
  get writeQueueSize() {
    return commands.writeQueueSize(this[kSlot]) + (this[kWriter] === null ? 0 : this[kWriter].unsentBytes);
  }

  /** Node's HTTP/2 asks for this before it takes a handle. To answer with true, rsnet hands the connection over. */
  get isStreamBase() { return hooks.offer(this); }

  /** As uv_ref: the process stays alive for this handle. */
  ref() {
    if (this[kRef] === undefined) return;
    this[kRef] = true;
    if (!this[kClosing]) commands.ref(this[kSlot]);
  }

  /** As uv_unref. */
  unref() {
    if (this[kRef] === undefined) return;
    this[kRef] = false;
    if (!this[kClosing]) commands.unref(this[kSlot]);
  }

  /** @returns {boolean} false once closed */
  hasRef() { return this[kRef] === true; }

  /** The name in `process.getActiveResourcesInfo()`. */
  get _shownAs() { return SHOWN_AS[this[kProvider]] ?? 'PipeWrap'; }

  /** @returns {number} status */
  readStart() {
    if (this[kClosing]) return UV_EBADF;
    if (this[kReadGate] === GATE_HELD || this[kReadGate] === GATE_WAITING) {
      this[kReadGate] = GATE_WAITING;
      return 0;
    }
    this[kReadGate] = GATE_BEGUN;
    if (this[kPendingRead] !== null) {
      this[kReading] = true;
      later(releasePending, this);
      return 0;
    }
    const status = commands.readStart(this[kSlot]);
    if (status === 0) this[kReading] = true;
    return status;
  }

  /** @returns {number} status */
  readStop() {
    if (this[kClosing]) return UV_EBADF;
    if (this[kReadGate] === GATE_WAITING) this[kReadGate] = GATE_HELD;
    this[kReading] = false;
    return commands.readStop(this[kSlot]);
  }

  /** Whether data may have been read that the owner has not got. */
  get mayHaveReadAhead() {
    if (this[kReadGate] === GATE_BEGUN && readsOnThreads()) return true;
    return this[kPendingRead] !== null || awaitsRead(this[kSlot]);
  }

  /** @returns {boolean} whether a read would find something. Node's HTTP agent asks before it reuses a connection. */
  hasPendingRead() {
    if (this[kClosing]) return false;
    return this[kPendingRead] !== null || awaitsRead(this[kSlot]) || commands.hasPendingRead(this[kSlot]) === 1;
  }

  /** @param {number} bytes the most that one read may bring; 0: the engine chooses */
  setReadCap(bytes) {
    this[kReadCap] = bytes;
    commands.setReadCap(this[kSlot], bytes);
  }

  /** @param {number} bytes the most that one read may bring, for an owner with a large `highWaterMark` */
  setReadMost(bytes) { commands.setReadMost(this[kSlot], this[kReadMost] = bytes); }

  /**
   * Sets the memory that the uv backend reads into; read events then have no Buffer. The tokio backend reads into
   * Buffers of its own, as if this had not been called.
   * @param {Uint8Array} view
   * @returns {number} status
   */
  useUserBuffer(view) {
    if (this[kClosing]) return UV_EBADF;
    if (view.length !== this[kReadCap]) this.setReadCap(view.length);
    useOwnMemory(this[kSlot], view);
    return 0;
  }

  /**
   * Does nothing. The process stays alive until all is written, so no write need block.
   * @returns {number} status
   */
  setBlocking() { return this[kClosing] ? UV_EBADF : 0; }

  /** @returns {number} a second descriptor for the connection (`F_DUPFD_CLOEXEC`), or a negated errno */
  dup() {
    if (!this[kClosing]) writerOf(this).share();
    return commands.dup(this[kSlot]);
  }

  /**
   * As uv_shutdown: ends the write side once all queued writes are sent.
   * @param {ShutdownReq} req
   * @returns {number} status
   */
  shutdown(req) {
    if (this[kClosing]) return UV_EBADF;
    this[kWriter]?.flushAll();
    const status = commands.shutdown(this[kSlot]);
    if (status !== 0) return status;
    req.handle = this;
    req.resource = this._requestResource('SHUTDOWNWRAP');
    this[kShutdownReq] = req;
    return 0;
  }

  /**
   * As uv_close: closes the descriptor at once. The loop's closing phase cancels the requests and calls `callback`.
   * @param {() => void} [callback]
   */
  close(callback) {
    if (this[kClosing]) return;
    coalescer.flushAll();
    this._keepCounters();
    const slot = this[kSlot];
    const unread = this[kPendingRead] !== null || awaitsRead(slot);
    this._closing(callback, commands.close(slot, unread) === 1);
  }

  /** The addon is about to forget the handle, and its counter. */
  _keepCounters() {
    this[kRead] = this.bytesRead;
  }

  /** Whether `close` was called. */
  get closing() { return this[kClosing]; }

  /** @param {HostHandle} handle Node's, for the same connection; it is closed with this one */
  _adopt(handle) { this[kAdopted] = handle; }

  /** Node's handle for the same connection, if there is one. */
  get _adopted() { return this[kAdopted]; }

  /**
   * The descriptor is closed, the closing phase is to come.
   * @param {() => void} [callback]
   * @param {boolean} [announced] whether a CLOSED event follows
   */
  _closing(callback, announced) {
    const slot = this[kSlot];
    this[kClosing] = true;
    this[kWriter]?.close();
    this[kSlot] = NO_SLOT;
    this[kOnClose] = callback;
    this[kAdopted]?.close();
    // Where there is no libuv, the check phase is next to its closing phase.
    if (announced !== true) later(() => this._completeClose(slot));
  }

  /**
   * Gives data, the end or an error to the owner. If he has stopped reading since the batch was filled, data waits in
   * `kPendingRead` until he starts again.
   * @param {number} status
   * @param {Buffer} [payload]
   */
  _completeRead(status, payload) {
    if (this[kClosing]) return;
    if (!this[kReading] && status >= 0) {
      // A read into memory of the program's own is alone in its batch, so nobody has stopped since.
      this[kPendingRead] = /** @type {Buffer} */ (payload);
      return;
    }
    if (status < 0) {
      this[kReading] = false;
      this[kReadEnded] = true;
    }
    let listener = this[kOnRead];
    if (listener !== hooks.onSocketRead) listener = withReadCount(listener, status);
    this.runInAsyncScope(listener, this, status, payload);
  }

  /** Whether a connect is under way. */
  get _isConnecting() { return this[kConnectReq] !== null; }

  /** Whether a read would report an error of the connection, so that a write may wait to be sent. */
  get _noticesErrors() {
    const { reading } = /** @type {Handle & {reading?: boolean}} */ (this);
    return reading && this[kConnectReq] === null && !this[kReadEnded];
  }

  /** The connect that has not ended, or null. */
  get _connectRequest() { return this[kConnectReq]; }

  /** Writes that have not ended. */
  get _writeRequests() { return this[kWriter]?.requests ?? []; }

  /** The shutdown that has not ended, or null. */
  get _shutdownRequest() { return this[kShutdownReq]; }

  /**
   * @param {object} owner the Socket or Server
   * @returns {object} as in the diagnostic report
   */
  _reportEntry(owner) { return reportEntry(this, owner); }

  /**
   * Delivers a read in memory that is used again, if only Node's HTTP parser gets it.
   * @param {ArrayBuffer} memory
   * @param {number} offset of the bytes in it
   * @param {number} length
   * @param {(slot: number, chunk: Buffer) => void} deliver called with the slot
   * @returns {boolean} whether `deliver` was called
   */
  _lendRead(memory, offset, length, deliver) {
    const socket = this[owner_symbol];
    const isPlain = length <= MAX_LENT && this[kReading] && this[kOnRead] === hooks.onSocketRead &&
      socket?._handle === this;
    if (!isPlain || !borrowsReads(socket)) return false;
    lend(socket, new Uint8Array(memory, offset, length), (chunk) => deliver(this[kSlot], chunk));
    return true;
  }

  /** @param {number} status with which the connect has ended */
  _completeConnect(status) {
    const req = this[kConnectReq];
    if (req === null) return;
    this[kConnectReq] = null;
    // The engine forgets these while there is no connection.
    if (status === 0 && this[kReadCap] > 0) commands.setReadCap(this[kSlot], this[kReadCap]);
    if (status === 0 && this[kReadMost] > 0) commands.setReadMost(this[kSlot], this[kReadMost]);
    req.resource.runInAsyncScope(req.oncomplete, req, status, this, req, true, true);
    req.resource.emitDestroy();
  }

  /** @param {number} status with which the shutdown has ended */
  _completeShutdown(status) {
    const req = this[kShutdownReq];
    if (req === null) return;
    this[kShutdownReq] = null;
    req.resource.runInAsyncScope(req.oncomplete, req, status);
    req.resource.emitDestroy();
  }

  /**
   * The closing phase: cancels the requests in libuv's order (connect, writes, shutdown), then calls the callback.
   * @param {number} slot that the handle had
   */
  _completeClose(slot) {
    if (this[kConnectReq] !== null) makeCallback(() => this._completeConnect(UV_ECANCELED));
    this[kWriter]?.cancel();
    if (this[kShutdownReq] !== null) makeCallback(() => this._completeShutdown(UV_ECANCELED));
    release(slot);
    this[kRef] = undefined;
    const callback = this[kOnClose];
    this[kOnClose] = undefined;
    this[owner_symbol] = null;
    if (typeof callback === 'function') this.runInAsyncScope(callback, this);
    this.emitDestroy();
  }

  /**
   * @this {ListeningHandle}
   * @param {number} status 0: a connection waits; otherwise with what accept(2) has failed
   */
  _acceptConnection(status) {
    if (status !== 0) {
      this.runInAsyncScope(this.onconnection, this, status, undefined);
      return;
    }
    const hostHandle = this[kPast] === undefined ? undefined : hooks.acceptOnHost(this);
    if (hostHandle !== undefined) {
      this.runInAsyncScope(this.onconnection, this, 0, hostHandle);
      return;
    }
    const client = new this.constructor(0, this.asyncId());
    const err = commands.accept(client[kSlot], this[kSlot]);
    if (err !== 0) {
      client.close();
      return;
    }
    if (this[kSeqpacket] === true) client[kSeqpacket] = true;
    if (!readsOnThreads()) {
      this.runInAsyncScope(this.onconnection, this, 0, client);
      return;
    }
    // A listener may pass the connection to another process in this callback. Threads must not have read from it then.
    client[kReadGate] = GATE_HELD;
    later(openGate, client);
    this.runInAsyncScope(this.onconnection, this, 0, client);
  }

  /**
   * @param {string} provider the request's resource type
   * @param {ConnectReq} req
   * @param {number} status with which the connect has begun
   * @returns {number} status
   */
  _startConnect(provider, req, status) {
    if (status !== 0) return status;
    req.resource = this._requestResource(provider);
    this[kConnectReq] = req;
    return 0;
  }
}

module.exports = { BULK, Handle };
