'use strict';

// A large write. The kernel takes it piece by piece, straight from the program's memory, and nothing is copied.

const { commands, writeLarge } = require('../addon/bridge');
const { UV_EFAULT } = require('../node/errno');

/** Answers of `advance`: all is sent; the kernel has no room for the rest. */
const SENT = 0;
const WAITS = 1;

/** Bytes from which on no further chunk is offered to the kernel by the same call: each one costs, taken or not. */
const OFFERED = 1024 * 1024;

/** One large write, of one chunk or several. */
class LargeWrite {
  /**
   * @param {Buffer[]} chunks
   * @param {number} bytes of all of them
   */
  constructor(chunks, bytes) {
    this.chunks = chunks;
    /** The lengths at the time of the write. A chunk that the program has detached since has another length. */
    this.sizes = chunks.map((chunk) => chunk.length);
    /** The chunk that is being sent, and how many bytes of it are sent. */
    this.next = 0;
    this.offset = 0;
    /** Bytes that are not sent. */
    this.left = bytes;
  }

  /**
   * Sends what the kernel has room for. Chunks go together by one system call, as under libuv: a peer that has closed
   * may answer the first one by a reset.
   * @param {number} slot of an open handle
   * @param {boolean} continues whether it has waited: then an error that a read would find first comes behind that read
   * @returns {number} SENT; WAITS, and a WRITABLE event follows; or a negated errno
   */
  advance(slot, continues) {
    const { chunks, sizes } = this;
    for (;;) {
      let end = this.next;
      let offered = -this.offset;
      do {
        if (chunks[end].length !== sizes[end]) return UV_EFAULT;
        offered += sizes[end++];
      } while (end < chunks.length && offered < OFFERED);
      const sent = end === this.next + 1
        ? writeLarge(slot, chunks[this.next], this.offset, continues)
        : commands.writeLargeChunks(slot, this._unsent(end), continues);
      if (sent < 0) return sent;
      this.left -= sent;
      if (this.left === 0) return SENT;
      this._pass(sent);
      if (sent < offered) return WAITS;
    }
  }

  /** @returns {Buffer[]|null} what is not sent; null if the program has detached some of it */
  rest() {
    return this._isDetached() ? null : this._unsent();
  }

  /** @returns {boolean} whether the program has detached some of what is not sent */
  _isDetached() {
    for (let i = this.next; i < this.chunks.length; i++) if (this.chunks[i].length !== this.sizes[i]) return true;
    return false;
  }

  /**
   * @param {number} [end] index of the chunk behind them
   * @returns {Buffer[]} chunks that are not sent
   */
  _unsent(end) {
    const chunks = this.chunks.slice(this.next, end);
    if (this.offset > 0) chunks[0] = chunks[0].subarray(this.offset);
    return chunks;
  }

  /** @param {number} sent bytes, fewer than are left */
  _pass(sent) {
    this.offset += sent;
    while (this.offset >= this.sizes[this.next]) {
      this.offset -= this.sizes[this.next];
      this.next++;
    }
  }
}

module.exports = { LargeWrite, WAITS };
