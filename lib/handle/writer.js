'use strict';

// The write side of a handle: what goes to the kernel at once, what waits for others of its callback, what waits for
// the kernel, and how many bytes all of it is.

const { callApart, commands, write } = require('../addon/bridge');
const { nextTick } = require('../node/captured');
const { ErrnoException } = require('../node/errors');
const { kNative } = require('./symbols');
const { LargeWrite, WAITS } = require('./large-write');
const { later } = require('../node/later');
const coalescer = require('./write-coalescer');
const {
  LATIN1, MAX_CHAR_BYTES, PIECE, UTF16LE, UTF8, mostBytes, pack, piecesOf, toBuffers, writeInto,
} = require('./write-encoding');
const { WriteReq } = require('./requests');
const { owner_symbol } = require('./socket-symbols');
const { UV_EBADF, UV_ECANCELED, UV_EFAULT } = require('../node/errno');

/** A write of more bytes is not copied; what the kernel does not take of smaller ones is. */
const MAX_COPIED = 16 * 1024;

/** Strings of up to this many bytes are not counted when the kernel refuses them at once, unlike all other data. */
const MAX_UNCOUNTED = 16 * 1024;

/**
 * Chunks that one system call takes (`IOV_MAX`): a write of more of them ends later, as under libuv. (There, one of
 * more than 2,048 takes another turn of the event loop for each further thousand.)
 */
const MAX_PIECES = 1024;

/** Bytes up to which a typed array may live in V8's heap. To hand one out, V8 has to give it memory of its own. */
const MAX_IN_HEAP = 64;

/** Many chunks of one write are copied together when they are of up to this many bytes on average. */
const MAX_MEAN = 512;

/** Where short data is put together that is sent at once. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Writes that the stream believes sent have failed: the socket hears of it.
 *
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
 * @returns {boolean} whether they are better copied together than handed over one by one
 */
function isPacked(bytes, count) {
  return bytes <= scratch.length && (bytes <= coalescer.MAX_WRITE || bytes <= MAX_MEAN * count);
}

/** The write side of one handle. */
class Writer {
  /**
   * @param {object} handle that has a descriptor
   * @param {number} slot by which the addon knows it
   */
  constructor(handle, slot) {
    this.handle = handle;
    this.slot = slot;
    /** Bytes given for writing: sent, waiting or refused. */
    this.bytes = 0;
    /** Writes that wait for the kernel, each a WriteReq with the addon's `id`. */
    this.requests = [];
    /** The large write among them, which is the first then, or null. */
    this.large = null;
    /** The buffer in which small writes wait, or -1, and how many bytes it has. */
    this.buffer = -1;
    this.buffered = 0;
    /** The callback that has written last. */
    this.lastCallback = 0;
    /** Whether somebody else may write to the descriptor. Nothing waits for others any more then. */
    this.isShared = false;
    this.isClosed = handle.closing;
  }

  /** Bytes of a large write that the addon has not got. */
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
      // What the kernel does not take of it is copied, so the memory can be used again at once.
      bytes = writeInto(scratch, string, 0, most, encoding);
      result = write(this.slot, scratch, bytes);
    } else if (encoding === UTF8 && string.length > PIECE) {
      [result, bytes] = this._view.writePieces(piecesOf(string), encoding, string.length);
    } else {
      [result, bytes] = this._view.writeString(string, encoding);
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
   * Sends what waits for the end of the callback.
   * @returns {boolean} false when the kernel did not take all of it, or refused it
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
      req.handle = this.handle;
      nextTick(() => req.oncomplete(result));
    } else {
      this._wrote(req, bytes, result);
    }
    return false;
  }

  /** Something else is done to the connection: all writes before come first. */
  flushAll() {
    coalescer.flushAll();
    this._finishLarge();
  }

  /** Somebody else gets the descriptor: all writes before come first, and none waits from now on. */
  share() {
    this.flushAll();
    this.isShared = true;
  }

  /** The descriptor is closed. Nothing goes to the addon any more. */
  close() {
    this.isClosed = true;
    this.large = null;
  }

  /**
   * Somebody else ends what waits for the kernel.
   * @returns {WriteReq[]}
   */
  takeRequests() {
    return this.requests.splice(0);
  }

  /** Ends what waits for the kernel: the handle has closed. */
  cancel() {
    while (this.requests.length > 0) callApart(() => this._end(0, UV_ECANCELED));
  }

  /**
   * A write that waited has ended.
   * @param {number} id
   * @param {number} status
   */
  completeWrite(id, status) {
    const index = this.requests.findIndex((req) => req.id === id);
    if (index >= 0) this._end(index, status);
  }

  /**
   * The kernel has room for more of the large write, or that has failed.
   * @param {number} status
   */
  advanceLarge(status) {
    const { large } = this;
    if (large === null) return;
    const result = status === 0 ? large.advance(this.slot) : status;
    if (result === WAITS) return;
    this.large = null;
    // What has arrived before, such as the reset that this is the consequence of, comes first.
    if (result !== status) later(() => this._endLarge(result));
    else this._endLarge(result);
  }

  /** The addon's commands that are rarely used. */
  get _view() { return this.handle[kNative]; }

  /**
   * @param {WriteReq} req
   * @param {Array} chunks Buffers, or chunk and encoding by turns; of few bytes
   * @param {number} step 1 or 2
   * @param {number} most bytes of all of them, at most
   * @returns {number} status
   */
  _writePacked(req, chunks, step, most) {
    const isMany = chunks.length > MAX_PIECES * step;
    const at = isMany ? coalescer.NO_ROOM : this._reserve(most);
    if (at >= 0) {
      const bytes = pack(coalescer.bufferMemory(), at, chunks, step);
      this.bytes += bytes;
      return this._coalesced(req, bytes);
    }
    const length = pack(scratch, 0, chunks, step);
    // Of strings that decode to nothing. The kernel decides what is asked of a connection by several empty chunks.
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
      return this._wrote(req, bytes, this._view.writev(buffers));
    }
    const large = new LargeWrite(buffers, bytes);
    const result = large.advance(this.slot);
    if (result !== WAITS) return this._wrote(req, bytes, result);
    this._wait(req, bytes, 0);
    this.large = large;
    return 0;
  }

  /**
   * @param {number} bytes of a write, at most
   * @returns {number} where it is to be copied to, to wait for others of its callback, or NO_ROOM. An empty one does
   *   not wait, nor does one to a peer that may have gone: after its end, or while nobody reads and would see that.
   *   The kernel's answer matters then.
   */
  _reserve(bytes) {
    if (bytes === 0 || bytes > coalescer.MAX_WRITE || this.requests.length > 0 || this.isShared ||
      !this.handle._noticesErrors || coalescer.shouldSendNow(this)) return coalescer.NO_ROOM;
    return coalescer.reserve(this, bytes);
  }

  /** Another write comes: those before it, of all handles, go to the kernel first, or to the addon. */
  _makeWay() {
    coalescer.flushAll();
    if (this.large !== null) this._finishLarge();
  }

  /** Hands the rest of a large write to the addon, which queues a copy. */
  _finishLarge() {
    const { large } = this;
    if (large === null) return;
    this.large = null;
    const [req] = this.requests;
    const rest = large.rest();
    const result = rest === null ? UV_EFAULT : this._view.writeRest(rest);
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
   * Fills in the request after a write.
   * @param {WriteReq} req
   * @param {number} bytes
   * @param {number} result 0 sent, the id of a write that waits, or a negated errno
   * @returns {number} status
   */
  _wrote(req, bytes, result) {
    if (result < 0) return result;
    if (result > 0) return this._wait(req, bytes, result);
    req.handle = this.handle;
    req.bytes = bytes;
    req.async = false;
    return 0;
  }

  /**
   * The write waits for the kernel.
   * @param {WriteReq} req
   * @param {number} bytes
   * @param {number} id the addon's; 0 for a large write
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

  /**
   * @param {number} status with which the large write has ended
   */
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
