'use strict';

// What the handles of TCP and Unix-domain sockets share: descriptors of the engine under the names and calls
// that programs know from Node's own handles. Status values are 0 or a negated errno.

const { NO_SLOT, awaitsData, callApart, commands, getBridge, register, release, viewOf } = require('../addon/bridge');
const { informed, onStreamRead } = require('../node/private-symbols');
const {
  kAdopted, kClosing, kConnectReq, kReading, kPendingRead, kNative, kOnClose, kOnRead, kParserReads, kProvider, kRead,
  kReadEnded, kReadMost, kReadSize, kReadGate, kRef, kShutdownReq, kSlot, kView, kWriter,
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
 * @returns {boolean} whether it is what the built-in's handles call for what they have read; where that was not to be
 *   had from a sample, its name has to do
 */
function isHostRead(listener) {
  return onStreamRead === undefined ? listener?.name === 'onStreamRead' : listener === onStreamRead;
}

/** Names in `process.getActiveResourcesInfo()` by resource types. */
const SHOWN_AS = { TCPWRAP: 'TCPSocketWrap', TCPSERVERWRAP: 'TCPServerWrap' };

/** Life cycle, reading, writing, counters, and the requests that are answered later. */
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
    this[kView] = undefined;
    this[kClosing] = false;
    this[kOnClose] = undefined;
    this[kConnectReq] = null;
    this[kShutdownReq] = null;
    this[kAdopted] = undefined;
    this[kRead] = 0;
    this[kReadSize] = 0;
    this[kReadMost] = 0;
    this[kReading] = false;
    this[kPendingRead] = null;
    this[kReadGate] = GATE_NONE;
    this[kParserReads] = 0;
    this[owner_symbol] = null;
    this[kReadEnded] = false;
    this[kOnRead] = undefined;
  }

  /** Called with (count or negated errno, Buffer). */
  get onread() { return this[kOnRead]; }

  /** Node's HTTP agent puts the built-in's own back on a connection that it uses again; here that means rsnet's. */
  set onread(listener) {
    this[kOnRead] = isHostRead(listener) ? hooks.onSocketRead : listener;
  }

  /** The addon's Socket, made on first use: most connections never need it. */
  get [kNative]() { return this[kView] ??= viewOf(this[kSlot]); }

  /** The file descriptor, -1 when there is none. Whoever has it may write to it. */
  get fd() {
    if (!this[kClosing]) writerOf(this).share();
    return commands.fd(this[kSlot]);
  }

  /** Bytes handed to the owner. */
  get bytesRead() { return this[kClosing] ? this[kRead] : commands.bytesRead(this[kSlot]); }

  /** Bytes accepted for writing that the kernel has not taken yet. */
  get writeQueueSize() {
    return this[kNative].writeQueueSize + (this[kWriter] === null ? 0 : this[kWriter].unsentBytes);
  }

  /** Whether the parts of Node that take only streams of C++ can have this connection; asking gives it to the host. */
  get isStreamBase() { return hooks.offer(this); }

  /** The process stays alive for this handle. */
  ref() {
    if (this[kRef] === undefined) return;
    this[kRef] = true;
    if (!this[kClosing]) commands.ref(this[kSlot]);
  }

  /** The process need not stay alive for this handle. */
  unref() {
    if (this[kRef] === undefined) return;
    this[kRef] = false;
    if (!this[kClosing]) commands.unref(this[kSlot]);
  }

  /** @returns {boolean} whether `ref` holds; false once closed */
  hasRef() { return this[kRef] === true; }

  /** The name under which `process.getActiveResourcesInfo()` lists it. */
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

  /** Whether data may have been read that the owner has not got: of threads that read ahead, one can't know. */
  get mayHaveReadAhead() {
    if (this[kReadGate] === GATE_BEGUN && getBridge().backend === 'tokio') return true;
    return this[kPendingRead] !== null || awaitsData(this[kSlot]);
  }

  /** @returns {boolean} whether a read would find something: what Node's HTTP agent asks before it uses one again */
  hasPendingRead() {
    if (this[kClosing]) return false;
    return this[kPendingRead] !== null || awaitsData(this[kSlot]) || commands.hasPendingRead(this[kSlot]) === 1;
  }

  /**
   * The most that one read event may bring.
   * @param {number} bytes 0 = as the engine sees fit
   */
  setReadSize(bytes) {
    this[kReadSize] = bytes;
    this[kNative].setReadSize(bytes);
  }

  /** @param {number} bytes that one read event may bring, of an owner who buffers more than the built-in reads */
  setReadMost(bytes) { this[kNative].setReadMost(this[kReadMost] = bytes); }

  /**
   * Memory that reads go to straight away, where the backend can do that; events then have no Buffer. It must not
   * be used otherwise while the handle reads.
   * @param {Uint8Array} view
   * @returns {number} status
   */
  useUserBuffer(view) {
    if (this[kClosing]) return UV_EBADF;
    this.setReadSize(view.length);
    getBridge().setMemory(this[kSlot], view);
    return 0;
  }

  /**
   * Node's handles can be made to wait in each write. Here a write never waits: what the kernel does not take is kept,
   * and the process stays alive for it.
   * @returns {number} status
   */
  setBlocking() { return this[kClosing] ? UV_EBADF : 0; }

  /**
   * A descriptor of its own for the same connection, for handing it to somebody else.
   * @returns {number} descriptor, or a negated errno
   */
  dup() {
    if (!this[kClosing]) writerOf(this).share();
    return this[kNative].dup();
  }

  /**
   * Ends the writing side once everything queued is sent.
   * @param {object} req a ShutdownReq
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
   * Closes the descriptor at once; what waits is cancelled, and `callback` runs, in the closing phase of the loop.
   * @param {function(): void} [callback]
   */
  close(callback) {
    if (this[kClosing]) return;
    coalescer.flushAll();
    this._keepCounters();
    const slot = this[kSlot];
    const unread = this[kPendingRead] !== null || awaitsData(slot);
    this._closing(callback, commands.close(slot, unread) === 1);
  }

  /** Remembers the counter of the addon, which is about to forget the handle. */
  _keepCounters() {
    this[kRead] = this.bytesRead;
  }

  /** @returns {boolean} whether `close` was called */
  get closing() { return this[kClosing]; }

  /**
   * Makes this the owner of a foreign handle's connection: it is closed with this one.
   * @param {object} handle with `close`
   */
  _adopt(handle) { this[kAdopted] = handle; }

  /** The foreign handle for the same connection, if there is one. */
  get _adopted() { return this[kAdopted]; }

  /**
   * The descriptor is closed; what remains is the closing phase.
   * @param {function(): void} [callback]
   * @param {boolean} [announced] whether a CLOSED event is going to come
   */
  _closing(callback, announced) {
    const slot = this[kSlot];
    this[kClosing] = true;
    this[kWriter]?.close();
    this[kSlot] = NO_SLOT;
    this[kView] = undefined;
    this[kOnClose] = callback;
    this[kAdopted]?.close();
    // Hosts without libuv have no closing phase to be called in; the check phase is next to it.
    if (announced !== true) later(() => this._completeClose(slot));
  }

  /**
   * Hands data, an end or an error to the owner. Data of a batch may come after the owner has stopped reading: it is
   * held back until he starts again.
   * @param {number} status
   * @param {Buffer} [payload]
   */
  _completeRead(status, payload) {
    if (this[kClosing]) return;
    if (!this[kReading] && status > 0) {
      this[kPendingRead] = payload;
      return;
    }
    if (status < 0) {
      this[kReading] = false;
      this[kReadEnded] = true;
    }
    let listener = this[kOnRead];
    if (listener !== hooks.onSocketRead) listener = informed(listener, status);
    this.runInAsyncScope(listener, this, status, payload);
  }

  /** Whether a connect is under way. */
  get _isConnecting() { return this[kConnectReq] !== null; }

  /** Whether an error of the connection would be noticed by a read, so that writes need not ask for it. */
  get _noticesErrors() { return this.reading && this[kConnectReq] === null && !this[kReadEnded]; }

  /** The requests under way, for `process` to list. */
  get _connectRequest() { return this[kConnectReq]; }

  /** As above. */
  get _writeRequests() { return this[kWriter]?.requests ?? []; }

  /** As above. */
  get _shutdownRequest() { return this[kShutdownReq]; }

  /**
   * @param {object} owner the Socket or Server
   * @returns {object} an entry of the diagnostic report
   */
  _reportEntry(owner) { return reportEntry(this, owner); }

  /**
   * Lends a read to a socket that needs no Buffer of its own for it.
   * @param {ArrayBuffer} memory
   * @param {number} offset of the bytes in it
   * @param {number} length
   * @param {function(Buffer): void} deliver called if it is such a socket
   * @returns {boolean} whether it is
   */
  _lendRead(memory, offset, length, deliver) {
    const socket = this[owner_symbol];
    const isPlain = length <= MAX_LENT && this[kReading] && this[kOnRead] === hooks.onSocketRead &&
      socket?._handle === this;
    if (!isPlain || !borrowsReads(socket)) return false;
    lend(socket, new Uint8Array(memory, offset, length), deliver);
    return true;
  }

  /**
   * The connect is done.
   * @param {number} status
   */
  _completeConnect(status) {
    const req = this[kConnectReq];
    if (req === null) return;
    this[kConnectReq] = null;
    // Before there was a connection, the engine had nothing to remember it with.
    if (status === 0 && this[kReadSize] > 0) this[kNative].setReadSize(this[kReadSize]);
    if (status === 0 && this[kReadMost] > 0) this[kNative].setReadMost(this[kReadMost]);
    req.resource.runInAsyncScope(req.oncomplete, req, status, this, req, true, true);
    req.resource.emitDestroy();
  }

  /**
   * The shutdown is done.
   * @param {number} status
   */
  _completeShutdown(status) {
    const req = this[kShutdownReq];
    if (req === null) return;
    this[kShutdownReq] = null;
    req.resource.runInAsyncScope(req.oncomplete, req, status);
    req.resource.emitDestroy();
  }

  /**
   * The closing phase: cancels what still waits, and tells the owner.
   * @param {number} slot that it had
   */
  _completeClose(slot) {
    if (this[kConnectReq] !== null) callApart(() => this._completeConnect(UV_ECANCELED));
    this[kWriter]?.cancel();
    if (this[kShutdownReq] !== null) callApart(() => this._completeShutdown(UV_ECANCELED));
    release(slot);
    this[kRef] = undefined;
    const callback = this[kOnClose];
    this[kOnClose] = undefined;
    this[owner_symbol] = null;
    if (typeof callback === 'function') this.runInAsyncScope(callback, this);
    this.emitDestroy();
  }

  /**
   * A connection waits, or accept(2) failed. The new handle belongs to no async context but its own.
   * @param {number} status
   */
  _acceptConnection(status) {
    if (status !== 0) {
      this.runInAsyncScope(this.onconnection, this, status, undefined);
      return;
    }
    const client = new this.constructor(0, this.asyncId());
    const err = commands.accept(client[kSlot], this[kSlot]);
    if (err !== 0) {
      client.close();
      return;
    }
    if (getBridge().backend !== 'tokio') {
      this.runInAsyncScope(this.onconnection, this, 0, client);
      return;
    }
    // Whoever is told of the connection may give it away in this turn, with all that has been sent to it.
    client[kReadGate] = GATE_HELD;
    later(openGate, client);
    this.runInAsyncScope(this.onconnection, this, 0, client);
  }

  /**
   * Keeps the request of a connect that is under way.
   * @param {string} provider
   * @param {object} req a ConnectReq
   * @param {number} status of the call
   * @returns {number} status
   */
  _startConnect(provider, req, status) {
    if (status !== 0) return status;
    req.resource = this._requestResource(provider);
    this[kConnectReq] = req;
    return 0;
  }
}

module.exports = { Handle };
