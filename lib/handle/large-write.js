'use strict';

// A large write: the kernel gets it as it has room, straight from the program's memory. Nothing of it is copied, and
// nothing is read of memory that the program has taken away meanwhile.

const { writeLarge } = require('../addon/bridge');
const { UV_EFAULT } = require('../node/errno');

/** What `advance` answers: all was sent, or the kernel has no room for the rest. */
const SENT = 0;
const WAITS = 1;

/** One large write, of one chunk or several. */
class LargeWrite {
  /**
   * @param {Buffer[]} chunks
   * @param {number} bytes of all of them
   */
  constructor(chunks, bytes) {
    this.chunks = chunks;
    /** Their lengths when they were written: a chunk that was detached has another. */
    this.sizes = chunks.map((chunk) => chunk.length);
    /** Which chunk is being sent, and how much of it was. */
    this.next = 0;
    this.offset = 0;
    /** Bytes of all chunks that were not sent. */
    this.left = bytes;
  }

  /**
   * Sends what the kernel has room for.
   * @param {number} slot of an open handle
   * @returns {number} SENT, WAITS (a WRITABLE event follows), or a negated errno
   */
  advance(slot) {
    for (; this.next < this.chunks.length; this.next++) {
      const size = this.sizes[this.next];
      if (size === 0) continue;
      const chunk = this.chunks[this.next];
      if (chunk.length !== size) return UV_EFAULT;
      const sent = writeLarge(slot, chunk, this.offset);
      if (sent < 0) return sent;
      this.left -= sent;
      this.offset += sent;
      if (this.offset < size) return WAITS;
      this.offset = 0;
    }
    return SENT;
  }

  /** @returns {Buffer[]|null} what is left; null when some of it was detached */
  rest() {
    const chunks = this.chunks.slice(this.next);
    if (chunks.some((chunk, index) => chunk.length !== this.sizes[this.next + index])) return null;
    if (chunks.length > 0) chunks[0] = chunks[0].subarray(this.offset);
    return chunks;
  }
}

module.exports = { LargeWrite, SENT, WAITS };
