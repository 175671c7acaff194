'use strict';

// The write side of a handle. It decides which writes go to the kernel at once, which wait in the coalescer for others
// of the same callback, and which are large. It keeps the requests that wait for the kernel, and counts the bytes.

const { commands, makeCallback, write } = require('../addon/bridge');
const { sizes: { MAX_SLICES } } = require('../addon/constants');
const { nextTick } = require('../node/captured');
const { ErrnoException } = require('../node/errors');
const { kSlot } = require('./symbols');
const { LargeWrite, WAITS } = require('./large-write');
const { later } = require('../node/later');
const coalescer = require('./write-coalescer');
const {
  LATIN1, MAX_CHAR_BYTES, STRING_PIECE, UTF16LE, UTF8, mostBytes, pack, piecesOf, toBuffers, writeInto,
} = require('./write-encoding');
const { WriteReq } = require('./requests');
const { owner_symbol } = require('./socket-symbols');
const { UV_EBADF, UV_ECANCELED, UV_EFAULT, UV_EPIPE } = require('../node/errno');

/** The engine copies what the kernel does not take of a write up to this size. Larger ones are not copied. */
const MAX_COPIED = 16 * 1024;

/**
 * Node's StreamBase::WriteString sends strings of up to 16 KiB from its stack. Their bytes are not counted if the
 * kernel refuses them at once; those of all other writes are.
 */
const MAX_UNCOUNTED = 16 * 1024;

/**
 * As many chunks as one system call takes. Under libuv a write of more takes several, and ends in a later iteration of
 * the loop. Here it ends one iteration later, however many chunks there are.
 */
const MAX_CHUNKS = MAX_SLICES;

/** V8 keeps arrays of up to this many bytes in its heap. It has to move one out of it before the addon can read it. */
const MAX_IN_HEAP = 64;

/** Chunks of up to this many bytes on average are copied together: that costs less than a slice for each of them. */
const MAX_MEAN = 512;

/** Short data that is sent at once is put together here. The engine copies what the kernel does not take. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Coalesced writes have ended. The stream was told that they are sent, so a failure destroys the socket.
 * @this {WriteReq}
 * @param {number} status
 */
function onCoalescedSent(status) {
  const socket = this.handle[owner_symbol];
  if (status < 0 && socket && !socket.destroyed) socket.destroy(new ErrnoException(status, 'write'));
}

/**
 * @param {number} bytes of a write
 * @param {number} count of its chunks
 * @returns {boolean} whether its chunks are copied together
 */
function isPacked(bytes, count) {
  return bytes <= scratch.length && (bytes <= coalescer.MAX_WRITE || bytes <= MAX_MEAN * count);
}

/** The write side of one handle. */
class Writer {
  /**
   * @param {Handle} handle that has a descriptor
   * @param {number} slot by which the addon knows it
   */
  constructor(handle, slot) {
    this.handle = handle;
    this.slot = slot;
    /** `bytesWritten`: sent, waiting or refused. */
    this.bytes = 0;
    /** Each WriteReq that waits for the kernel, in order. */
    this.requests = [];
    /** The large write, which belongs to the first request, or null. */
    this.large = null;
    /** The coalescer's buffer for this handle, or -1, and how many bytes it has. */
    this.buffer = -1;
    this.buffered = 0;
    /** The callback in which this handle was last written to. */
    this.lastCallback = 0;
    /** Whether somebody else may write to the descriptor. Nothing is coalesced then. */
    this.isShared = false;
    /** With what coalesced writes have failed, or 0. The kernel tells it once, and EPIPE from then on. */
    this.lostBy = 0;
    this.isClosed = handle.closing;
  }

  /** Bytes of the large write that the kernel has not taken. */
  get unsentBytes() { return this.large === null ? 0 : this.large.left; }

  /**
   * @param {WriteReq} req
   * @param {Buffer} data
   * @returns {number} status
   */
  writeBuffer(req, data) {
    if (this.isClosed) return UV_EBADF;
    const { length } = data;
    this.bytes += length;
    if (length > MAX_COPIED) return this._writeBuffers(req, [data], length);
    const at = this._reserve(length);
    if (at >= 0) {
      coalescer.bufferMemory().set(data, at);
      return this._coalesced(req, length);
    }
    this._makeWay();
    if (length > MAX_IN_HEAP || length === 0) return this._wrote(req, length, write(this.slot, data, length));
    scratch.set(data);
    return this._wrote(req, length, write(this.slot, scratch, length));
  }

  /**
   * @param {WriteReq} req
   * @param {string} string
   * @param {number} encoding UTF8, LATIN1 or UTF16LE
   * @returns {number} status
   */
  writeString(req, string, encoding) {
    if (this.isClosed) return UV_EBADF;
    const most = string.length * MAX_CHAR_BYTES[encoding];
    const at = this._reserve(most);
    if (at >= 0) {
      const bytes = writeInto(coalescer.bufferMemory(), string, at, most, encoding);
      this.bytes += bytes;
      return this._coalesced(req, bytes);
    }
    this._makeWay();
    let bytes;
    let result;
    if (most <= coalescer.MAX_WRITE) {
      bytes = writeInto(scratch, string, 0, most, encoding);
      result = write(this.slot, scratch, bytes);
    } else if (encoding === UTF8 && string.length > STRING_PIECE) {
      [result, bytes] = commands.writePieces(this.handle[kSlot], piecesOf(string), encoding, string.length);
    } else {
      [result, bytes] = commands.writeString(this.handle[kSlot], string, encoding);
    }
    if (result >= 0 || most > MAX_UNCOUNTED) this.bytes += bytes;
    return this._wrote(req, bytes, result);
  }

  /**
   * Writes several chunks by one system call.
   * @param {WriteReq} req
   * @param {Array} chunks Buffers, or, without `allBuffers`, chunk and encoding by turns
   * @param {boolean} [allBuffers]
   * @returns {number} status
   */
  writev(req, chunks, allBuffers) {
    if (this.isClosed) return UV_EBADF;
    const step = allBuffers ? 1 : 2;
    const most = mostBytes(chunks, step);
    if (most > 0 && isPacked(most, chunks.length / step)) return this._writePacked(req, chunks, step, most);
    const buffers = allBuffers ? chunks : toBuffers(chunks);
    const bytes = mostBytes(buffers, 1);
    this.bytes += bytes;
    return this._writeBuffers(req, buffers, bytes);
  }

  /**
   * Writes data with which descriptors go. It is neither joined with other data nor split by this side.
   * @param {WriteReq} req
   * @param {Buffer} data
   * @param {HeldDescriptors} held
   * @returns {number} status
   */
  writeDescriptors(req, data, held) {
    if (this.isClosed) return UV_EBADF;
    this._makeWay();
    this.bytes += data.length;
    return this._wrote(req, data.length, commands.writeDescriptors(this.slot, data, held));
  }

  /**
   * Sends what the coalescer has for this handle.
   * @returns {boolean} whether the kernel took all of it
   */
  flush() {
    const { buffer, buffered: bytes } = this;
    if (buffer < 0) return true;
    this.buffer = -1;
    this.buffered = 0;
    const result = commands.sendBuffer(this.slot, buffer);
    if (result === 0) return true;
    const req = new WriteReq(onCoalescedSent, null);
    if (result < 0) {
      this.lostBy = result;
      req.handle = this.handle;
      nextTick(() => req.oncomplete(result));
    } else {
      this._wrote(req, bytes, result);
    }
    return false;
  }

  /** Sends all earlier writes, before something else is done to the connection. */
  flushAll() {
    coalescer.flushAll();
    this._finishLarge();
  }

  /** Somebody else gets the descriptor: sends all earlier writes, and coalesces none from now on. */
  share() {
    this.flushAll();
    this.isShared = true;
  }

  /** The descriptor is closed. */
  close() {
    this.isClosed = true;
    this.large = null;
  }

  /** @returns {WriteReq[]} those that wait for the kernel, which the caller has to end */
  takeRequests() {
    return this.requests.splice(0);
  }

  /** Ends the requests of a closed handle. */
  cancel() {
    while (this.requests.length > 0) makeCallback(() => this._end(0, UV_ECANCELED));
  }

  /**
   * @param {number} id of a write that has ended
   * @param {number} status
   */
  completeWrite(id, status) {
    const index = this.requests.findIndex((req) => req.id === id);
    if (index >= 0) this._end(index, status);
  }

  /** @param {number} status 0: the kernel has room for more of the large write; otherwise with what that has failed */
  advanceLarge(status) {
    const { large } = this;
    if (large === null) return;
    const result = status === 0 ? large.advance(this.slot, true) : status;
    if (result === WAITS) return;
    this.large = null;
    this._endLarge(result);
  }

  /**
   * @param {WriteReq} req
   * @param {Array} chunks for which `isPacked` holds
   * @param {number} step 1 or 2
   * @param {number} most bytes of all of them, at most
   * @returns {number} status
   */
  _writePacked(req, chunks, step, most) {
    const isMany = chunks.length > MAX_CHUNKS * step;
    const at = isMany ? coalescer.SEND_AT_ONCE : this._reserve(most);
    if (at >= 0) {
      const bytes = pack(coalescer.bufferMemory(), at, chunks, step);
      this.bytes += bytes;
      return this._coalesced(req, bytes);
    }
    const length = pack(scratch, 0, chunks, step);
    // Strings may decode to no bytes. The kernel answers a write of empty chunks.
    if (length === 0) return this._writeBuffers(req, toBuffers(chunks), 0);
    this._makeWay();
    this.bytes += length;
    if (isMany) {
      return this._wrote(req, length, commands.writeWithCompletion(this.slot, scratch, length));
    }
    return this._wrote(req, length, write(this.slot, scratch, length));
  }

  /**
   * @param {WriteReq} req
   * @param {Buffer[]} buffers
   * @param {number} bytes of all of them
   * @returns {number} status
   */
  _writeBuffers(req, buffers, bytes) {
    this._makeWay();
    if (bytes <= MAX_COPIED * buffers.length || this.requests.length > 0 || this.handle._isConnecting) {
      const slot = this.handle[kSlot];
      // A header and what follows it, as most programs have it. The addon leaves 0 out.
      const [first, second] = buffers;
      const isPair = buffers.length === 2;
      const result = isPair ? commands.writePair(slot, first, second) : commands.writev(slot, buffers);
      return this._wrote(req, bytes, result | 0);
    }
    const large = new LargeWrite(buffers, bytes);
    const result = large.advance(this.slot, false);
    if (result !== WAITS) return this._wrote(req, bytes, result);
    this._wait(req, bytes, 0);
    this.large = large;
    return 0;
  }

  /**
   * Decides whether a write is coalesced. An empty one is not, nor is one for which the kernel's answer matters: the
   * peer may have gone, and no read would report that.
   * @param {number} bytes of the write, at most
   * @returns {number} where in the coalescer's memory it is to be copied to, or SEND_AT_ONCE
   */
  _reserve(bytes) {
    if (bytes === 0 || bytes > coalescer.MAX_WRITE || this.requests.length > 0 || this.isShared ||
      !this.handle._noticesErrors || coalescer.shouldSendNow(this)) return coalescer.SEND_AT_ONCE;
    return coalescer.reserve(this, bytes);
  }

  /** Sends what waits on all handles, before another write is sent. */
  _makeWay() {
    coalescer.flushAll();
    if (this.large !== null) this._finishLarge();
  }

  /** Gives the rest of the large write to the engine, which queues a copy. */
  _finishLarge() {
    const { large } = this;
    if (large === null) return;
    this.large = null;
    const [req] = this.requests;
    const rest = large.rest();
    const result = rest === null ? UV_EFAULT : commands.writeRest(this.handle[kSlot], rest);
    if (result > 0) {
      req.id = result;
    } else {
      req.failed = result;
      later(() => this._endLarge(result));
    }
  }

  /**
   * @param {WriteReq} req whose bytes stand at the end of the buffer
   * @param {number} bytes
   * @returns {number} status
   */
  _coalesced(req, bytes) {
    coalescer.publish(this, bytes);
    req.handle = this.handle;
    req.bytes = bytes;
    return 0;
  }

  /**
   * @param {WriteReq} req
   * @param {number} bytes
   * @param {number} result 0: sent; the id of a write that waits; or a negated errno
   * @returns {number} status
   */
  _wrote(req, bytes, result) {
    if (result < 0) return result === UV_EPIPE && this.lostBy < 0 ? this.lostBy : result;
    if (result > 0) return this._wait(req, bytes, result);
    req.handle = this.handle;
    req.bytes = bytes;
    req.async = false;
    return 0;
  }

  /**
   * @param {WriteReq} req whose write waits for the kernel
   * @param {number} bytes
   * @param {number} id the engine's; 0 for a large write
   * @returns {number} status
   */
  _wait(req, bytes, id) {
    req.handle = this.handle;
    req.bytes = bytes;
    req.async = true;
    req.id = id;
    req.resource = this.handle._requestResource('WRITEWRAP');
    this.requests.push(req);
    return 0;
  }

  /** @param {number} status of the large write */
  _endLarge(status) {
    const index = this.requests.findIndex((req) => req.id === 0);
    if (index >= 0) this._end(index, status);
  }

  /**
   * @param {number} index of the request
   * @param {number} status
   */
  _end(index, status) {
    const [req] = this.requests.splice(index, 1);
    req.resource.runInAsyncScope(req.oncomplete, req, status, this.handle, req.error);
    req.resource.emitDestroy();
  }
}

module.exports = { LATIN1, UTF16LE, UTF8, Writer };
