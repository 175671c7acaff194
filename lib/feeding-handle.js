'use strict';

// Large writes: handed to the engine piece by piece as the kernel takes them, straight from the program's memory. Only
// the piece that the kernel stops at is copied, so that memory does not double and nothing of the program's memory is
// read that it has taken away meanwhile.

const { setImmediate } = require('timers');
const gather = require('./gather');
const { kConnectReq, kWriteReqs } = require('./stream-handle');
const { UV_EFAULT } = require('./uv');
const { WritingHandle } = require('./writing-handle');

/** Bytes of one piece. */
const PIECE = 256 * 1024;

/** Encodings as WritingHandle numbers them. */
const ENCODINGS = ['utf8', 'latin1', 'utf16le'];

/** A handle whose large writes are fed to it. */
class FeedingHandle extends WritingHandle {
  /**
   * @param {string} provider as for Handle
   * @param {number} [triggerAsyncId] as for Handle
   */
  constructor(provider, triggerAsyncId) {
    super(provider, triggerAsyncId);
    /** The write that is being fed: `{ data, offset, total }`, or null. */
    this._feed = null;
    /** Events that the engine owes for the oldest request beyond the one that completes it. */
    this._surplus = 0;
    /** Events to come for requests that have failed. */
    this._overdue = 0;
  }

  /** Bytes accepted for writing, sent or queued. */
  get bytesWritten() { return super.bytesWritten + this._unfed; }

  /** Bytes accepted for writing that the kernel has not taken yet. */
  get writeQueueSize() { return super.writeQueueSize + this._unfed; }

  /** Bytes of the write being fed that the engine has not got. */
  get _unfed() { return this._feed === null ? 0 : this._feed.total - this._feed.offset; }

  /**
   * @param {object} req a WriteReq
   * @param {Buffer} data
   * @returns {number} status
   */
  writeBuffer(req, data) {
    const { length } = data;
    if (length <= PIECE || this[kConnectReq] !== null || !gather.flush(this) || this[kWriteReqs].length > 0) {
      this._feedRest();
      return super.writeBuffer(req, data);
    }
    const feed = { data, offset: 0, total: length };
    const result = this._feedOn(feed);
    if (feed.offset < length && result === 1) this._feed = feed;
    return this._wrote(req, length, result);
  }

  /**
   * @param {object} req a WriteReq
   * @param {Array} chunks as for WritingHandle
   * @param {boolean} [allBuffers]
   * @returns {number} status
   */
  writev(req, chunks, allBuffers) {
    this._feedRest();
    return super.writev(req, chunks, allBuffers);
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
   * @param {string} string
   * @param {number} encoding
   * @returns {number} status
   */
  _writeString(req, string, encoding) {
    if (string.length > PIECE) return this.writeBuffer(req, Buffer.from(string, ENCODINGS[encoding]));
    this._feedRest();
    return super._writeString(req, string, encoding);
  }

  /**
   * Hands over pieces until the kernel stops taking them.
   * @param {{data: Buffer, offset: number, total: number}} feed
   * @returns {number} 0 all sent, 1 something is queued, or a negated errno
   */
  _feedOn(feed) {
    while (feed.offset < feed.total) {
      if (feed.data.length !== feed.total) return UV_EFAULT;
      const piece = feed.data.subarray(feed.offset, feed.offset + PIECE);
      const result = this._send(piece, piece.length);
      if (result < 0) return result;
      feed.offset += piece.length;
      if (result === 1) return 1;
    }
    return 0;
  }

  /** Another request comes before the feeding is done: the engine gets all the rest, to keep the order. */
  _feedRest() {
    const feed = this._feed;
    if (feed === null) return;
    this._feed = null;
    const rest = feed.data.subarray(feed.offset);
    if (this._send(rest, rest.length) === 1) this._surplus++;
  }

  /**
   * A piece, or the oldest queued write, is done.
   * @param {number} status
   */
  _completeWrite(status) {
    if (this._overdue > 0) {
      this._overdue--;
      return;
    }
    if (this._surplus > 0) {
      if (status === 0) {
        this._surplus--;
        return;
      }
      this._overdue = this._surplus;
      this._surplus = 0;
    }
    const feed = this._feed;
    let result = status;
    if (feed !== null) {
      if (status === 0) result = this._feedOn(feed);
      if (result === 1 && feed.offset < feed.total) return;
      this._feed = null;
      if (result === 1) return;
      if (result !== status) {
        // What has arrived before, such as the reset that this is the consequence of, comes first.
        setImmediate(() => super._completeWrite(result));
        return;
      }
    }
    super._completeWrite(result);
  }

  /**
   * @param {function(): void} [callback] as for Handle
   * @param {boolean} [announced] as for Handle
   */
  _closing(callback, announced) {
    this._feed = null;
    this._surplus = 0;
    this._overdue = 0;
    super._closing(callback, announced);
  }
}

module.exports = { FeedingHandle };
