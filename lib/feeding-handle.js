'use strict';

// Large writes: handed to the kernel as it takes them, straight from the program's memory. Nothing of it is copied, and
// nothing is read of memory that the program has taken away meanwhile.

const { feed, feedLast } = require('./bridge');
const { setImmediate } = require('./captured');
const gather = require('./gather');
const {
  kClosing, kConnectReq, kFeed, kOverdue, kSlot, kSurplus, kUncounted, kWriteReqs,
} = require('./handle-symbols');
const { owner_symbol } = require('./symbols');
const { currentTick } = require('./ticks');
const { UV_EBADF, UV_EFAULT } = require('./uv');
const { WritingHandle, mostBytes } = require('./writing-handle');

/** Handles with a large write of which something may be held back. */
const unsent = new Set();

/** Writes of more bytes than this are fed; what the kernel does not take of smaller ones is copied. */
const MAX_COPIED = 16 * 1024;

/**
 * A write that is being fed.
 * @typedef {object} Feed
 * @property {Buffer[]} chunks
 * @property {number[]} sizes their lengths when they were written
 * @property {number} next which of the chunks is being sent
 * @property {number} offset what was sent of it
 * @property {number} left bytes of all of them that were not sent
 */

/**
 * @param {Buffer[]} chunks
 * @param {number} bytes in all
 * @returns {Feed}
 */
function newFeed(chunks, bytes) {
  return { chunks, sizes: chunks.map((chunk) => chunk.length), next: 0, offset: 0, left: bytes };
}

/** The process exits: what was held back is sent, as the built-in would have sent it before. */
function sendLastOfAll() {
  for (const handle of unsent) handle._sendLast();
}

/** A handle whose large writes are fed to it. */
class FeedingHandle extends WritingHandle {
  /**
   * @param {string} provider as for Handle
   * @param {number} [triggerAsyncId] as for Handle
   */
  constructor(provider, triggerAsyncId) {
    super(provider, triggerAsyncId);
    this[kFeed] = null;
    this[kSurplus] = 0;
    this[kOverdue] = 0;
  }

  /** Bytes accepted for writing, sent or queued. */
  get bytesWritten() { return super.bytesWritten + this._unfed; }

  /** Bytes accepted for writing that the kernel has not taken yet. */
  get writeQueueSize() { return super.writeQueueSize + this._unfed; }

  /** Bytes of the write being fed that the engine has not got. */
  get _unfed() { return this[kFeed] === null ? 0 : this[kFeed].left; }

  /**
   * @param {object} req a WriteReq
   * @param {Buffer} data
   * @returns {number} status
   */
  writeBuffer(req, data) {
    if (data.length > MAX_COPIED && this._canFeed()) return this._feedAll(req, [data], data.length);
    this._feedRest();
    return super.writeBuffer(req, data);
  }

  /**
   * @param {object} req a ShutdownReq
   * @returns {number} status
   */
  shutdown(req) {
    this._feedRest();
    return super.shutdown(req);
  }

  /**
   * @param {object} req a WriteReq
   * @param {Buffer[]} buffers
   * @returns {number} status
   */
  _writeBuffers(req, buffers) {
    const bytes = mostBytes(buffers, 1);
    if (bytes > MAX_COPIED * buffers.length && this._canFeed()) return this._feedAll(req, buffers, bytes);
    this._feedRest();
    return super._writeBuffers(req, buffers);
  }

  /**
   * @param {object} req a WriteReq
   * @param {Array} chunks
   * @param {number} step as for WritingHandle
   * @param {number} most as for WritingHandle
   * @param {boolean} [atOnce] as for WritingHandle
   * @returns {number} status
   */
  _writePacked(req, chunks, step, most, atOnce) {
    this._feedRest();
    return super._writePacked(req, chunks, step, most, atOnce);
  }

  /**
   * @param {object} req a WriteReq
   * @param {string} string
   * @param {number} encoding
   * @returns {number} status
   */
  _writeString(req, string, encoding) {
    this._feedRest();
    const status = super._writeString(req, string, encoding);
    if (req.async) this._noteUnsent();
    return status;
  }

  /** @returns {boolean} whether nothing stands between a write and the kernel */
  _canFeed() {
    return !this[kClosing] && this[kConnectReq] === null && gather.flush(this) && this[kWriteReqs].length === 0;
  }

  /**
   * @param {object} req a WriteReq
   * @param {Buffer[]} chunks
   * @param {number} bytes of all of them
   * @returns {number} status
   */
  _feedAll(req, chunks, bytes) {
    const begun = newFeed(chunks, bytes);
    const result = this._feedOn(begun);
    if (result === 1) {
      this[kFeed] = begun;
      this._noteUnsent();
    }
    return this._wrote(req, bytes, result);
  }

  /** Something of a large write waits: when the process exits, the kernel gets what it has room for. */
  _noteUnsent() {
    unsent.add(this);
    gather.callAtExit(sendLastOfAll);
  }

  /**
   * Nothing is sent afterwards: the kernel gets what was held back, and what the stream has not handed over because of
   * that, as the built-in would have sent it at once. It gets it once, though both the end of the process and a
   * listener of that, which closes the handle, ask for it.
   */
  _sendLast() {
    if (!unsent.delete(this) || !this._feedLast()) return;
    const socket = this[owner_symbol];
    // Others than a socket of its own, such as one of TLS, encode what they have first.
    if (socket?._handle !== this) return;
    for (const { chunk, encoding } of socket._writableState?.getBuffer?.() ?? []) {
      const data = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
      if (feedLast(this[kSlot], data, 0) < data.length) return;
    }
  }

  /**
   * Sends what the kernel takes of the write that is being fed, if that was held back.
   * @returns {boolean} whether nothing is left of it
   */
  _feedLast() {
    const fed = this[kFeed];
    if (fed === null) return true;
    for (; fed.next < fed.chunks.length; fed.next++) {
      const chunk = fed.chunks[fed.next];
      if (chunk.length !== fed.sizes[fed.next]) return false;
      fed.offset += feedLast(this[kSlot], chunk, fed.offset);
      if (fed.offset < chunk.length) return false;
      fed.offset = 0;
    }
    return true;
  }

  /**
   * @param {function(): void} [callback] as for Handle
   */
  close(callback) {
    this._sendLast();
    super.close(callback);
  }

  /**
   * Hands over what the kernel takes.
   * @param {Feed} fed
   * @returns {number} 0 all sent, 1 some is left, or a negated errno
   */
  _feedOn(fed) {
    for (; fed.next < fed.chunks.length; fed.next++) {
      const size = fed.sizes[fed.next];
      if (size === 0) continue;
      const chunk = fed.chunks[fed.next];
      if (this[kClosing]) return UV_EBADF;
      if (chunk.length !== size) return UV_EFAULT;
      const sent = feed(this[kSlot], chunk, fed.offset, currentTick());
      if (sent < 0) {
        // Refused bytes count as written; the engine has counted those of this chunk.
        this[kUncounted] -= fed.left - (size - fed.offset);
        return sent;
      }
      fed.left -= sent;
      fed.offset += sent;
      if (fed.offset < size) return 1;
      fed.offset = 0;
    }
    return 0;
  }

  /** Another request comes before the feeding is done: the engine gets all the rest, to keep the order. */
  _feedRest() {
    const fed = this[kFeed];
    if (fed === null) return;
    this[kFeed] = null;
    for (; fed.next < fed.chunks.length; fed.next++) {
      const rest = fed.chunks[fed.next].subarray(fed.offset);
      fed.offset = 0;
      if (rest.length > 0 && this._send(rest, rest.length) === 1) this[kSurplus]++;
    }
  }

  /**
   * The kernel may take more, or the oldest queued write is done.
   * @param {number} status
   */
  _completeWrite(status) {
    if (this[kOverdue] > 0) {
      this[kOverdue]--;
      return;
    }
    if (this[kSurplus] > 0) {
      if (status === 0) {
        this[kSurplus]--;
        return;
      }
      this[kOverdue] = this[kSurplus];
      this[kSurplus] = 0;
    }
    const fed = this[kFeed];
    let result = status;
    if (fed !== null) {
      if (status === 0) result = this._feedOn(fed);
      if (result === 1) return;
      this[kFeed] = null;
      if (result !== status) {
        // What has arrived before, such as the reset that this is the consequence of, comes first.
        setImmediate(() => super._completeWrite(result));
        return;
      }
    }
    super._completeWrite(result);
    if (this[kWriteReqs].length === 0) unsent.delete(this);
  }

  /**
   * @param {function(): void} [callback] as for Handle
   * @param {boolean} [announced] as for Handle
   */
  _closing(callback, announced) {
    this[kFeed] = null;
    this[kSurplus] = 0;
    this[kOverdue] = 0;
    unsent.delete(this);
    super._closing(callback, announced);
  }
}

module.exports = { FeedingHandle };
