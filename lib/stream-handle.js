'use strict';

// What the handles of TCP and Unix-domain sockets share: descriptors of the engine under the names and calls
// that programs know from Node's own handles. Status values are 0 or a negated errno.

const { NO_SLOT, awaitsData, callApart, commands, getBridge, register, release, viewOf } = require('./bridge');
const { informed, onStreamRead } = require('./host-internals');
const {
  kAdopted, kClosing, kConnectReq, kDelivers, kHeldBack, kNative, kOnClose, kOnRead, kParserReads, kProvider, kRead,
  kReadEnded, kReadMost, kReadSize, kReads, kRef, kShutdownReq, kSlot, kView, kWriter,
} = require('./handle-symbols');
const { later } = require('./later');
const { borrowsReads } = require('./parser-reads');
const { onHandleRead } = require('./socket-io');
const { owner_symbol } = require('./symbols');
const { UV_EBADF, UV_ECANCELED } = require('./uv');
const coalescer = require('./write-coalescer');
const { WritableHandle, writerOf } = require('./writable-handle');

/** What `kReads` is: not begun; held back; held back though wanted; begun at least once. */
const READS_NONE = 0;
const READS_HELD = 1;
const READS_WAITING = 2;
const READS_BEGUN = 3;

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

/**
 * Hands over what was held back, if it is still wanted, and reads on.
 *
 * @param {Handle} handle
 */
function releaseHeld(handle) {
  const held = handle[kHeldBack];
  if (held === null || !handle[kDelivers] || handle.closing) return;
  handle[kHeldBack] = null;
  handle._completeRead(held.length, held);
  if (handle[kDelivers] && !handle.closing) commands.readStart(handle[kSlot]);
}

/**
 * Lets the engine read from now on.
 *
 * @param {Handle} handle whose reads are held
 */
function releaseReads(handle) {
  const wanted = handle[kReads] === READS_WAITING;
  handle[kReads] = READS_NONE;
  if (wanted) handle.readStart();
}

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
    this[kDelivers] = false;
    this[kHeldBack] = null;
    this[kReads] = READS_NONE;
    this[kParserReads] = 0;
    this[owner_symbol] = null;
    this[kReadEnded] = false;
    this[kOnRead] = undefined;
  }

  /** Called with (count or negated errno, Buffer). */
  get onread() { return this[kOnRead]; }

  /** Node's HTTP agent puts the built-in's own back on a connection that it uses again; here that means rsnet's. */
  set onread(listener) {
    this[kOnRead] = isHostRead(listener) ? onHandleRead : listener;
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
  get isStreamBase() { return require('./hand-over').offer(this); }

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
    if (this[kReads] === READS_HELD || this[kReads] === READS_WAITING) {
      this[kReads] = READS_WAITING;
      return 0;
    }
    this[kReads] = READS_BEGUN;
    if (this[kHeldBack] !== null) {
      this[kDelivers] = true;
      later(releaseHeld, this);
      return 0;
    }
    const status = commands.readStart(this[kSlot]);
    if (status === 0) this[kDelivers] = true;
    return status;
  }

  /** @returns {number} status */
  readStop() {
    if (this[kClosing]) return UV_EBADF;
    if (this[kReads] === READS_WAITING) this[kReads] = READS_HELD;
    this[kDelivers] = false;
    return commands.readStop(this[kSlot]);
  }

  /** Whether data may have been read that the owner has not got: of threads that read ahead, one can't know. */
  get mayHaveReadAhead() {
    if (this[kReads] === READS_BEGUN && getBridge().lane === 'worker') return true;
    return this[kHeldBack] !== null || awaitsData(this[kSlot]);
  }

  /** @returns {boolean} whether a read would find something: what Node's HTTP agent asks before it uses one again */
  hasPendingRead() {
    if (this[kClosing]) return false;
    return this[kHeldBack] !== null || awaitsData(this[kSlot]) || commands.hasPendingRead(this[kSlot]) === 1;
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
   * Memory that reads go to straight away, where the lane can do that; events then come without a Buffer. It must not
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
    const unread = this[kHeldBack] !== null || awaitsData(slot);
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
    if (!this[kDelivers] && status > 0) {
      this[kHeldBack] = payload;
      return;
    }
    if (status < 0) {
      this[kDelivers] = false;
      this[kReadEnded] = true;
    }
    let listener = this[kOnRead];
    if (listener !== onHandleRead) listener = informed(listener, status);
    this.runInAsyncScope(listener, this, status, payload);
  }

  /** Whether a connect is under way. */
  get _isConnecting() { return this[kConnectReq] !== null; }

  /** Whether an error of the connection would be noticed by a read, so that writes need not ask for it. */
  get _noticesErrors() { return this.reading && this[kConnectReq] === null && !this[kReadEnded]; }

  /** The socket that needs no Buffer of its own for the next read, if it is one. */
  get _borrower() {
    const socket = this[owner_symbol];
    const isPlain = this[kDelivers] && this[kOnRead] === onHandleRead && socket?._handle === this;
    return isPlain && borrowsReads(socket) ? socket : undefined;
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
    if (getBridge().lane !== 'worker') {
      this.runInAsyncScope(this.onconnection, this, 0, client);
      return;
    }
    // Whoever is told of the connection may give it away in this turn, with all that has been sent to it.
    client[kReads] = READS_HELD;
    later(releaseReads, client);
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

module.exports = { Handle, READS_WAITING };
