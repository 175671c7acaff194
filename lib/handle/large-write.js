'use strict';

// A large write. The kernel takes it piece by piece, straight from the program's memory, and nothing is copied.

const { writeLarge } = require('../addon/bridge');
const { UV_EFAULT } = require('../node/errno');

/** Answers of `advance`: all is sent; the kernel has no room for the rest. */
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
    /** The lengths at the time of the write. A chunk that the program has detached since has another length. */
    this.sizes = chunks.map((chunk) => chunk.length);
    /** The chunk that is being sent, and how many bytes of it are sent. */
    this.next = 0;
    this.offset = 0;
    /** Bytes that are not sent. */
    this.left = bytes;
  }

  /**
   * Sends what the kernel has room for.
   * @param {number} slot of an open handle
   * @param {boolean} continues whether it has waited: then an error that a read would find first comes behind that read
   * @returns {number} SENT; WAITS, and a WRITABLE event follows; or a negated errno
   */
  advance(slot, continues) {
    for (; this.next < this.chunks.length; this.next++) {
      const size = this.sizes[this.next];
      if (size === 0) continue;
      const chunk = this.chunks[this.next];
      if (chunk.length !== size) return UV_EFAULT;
      const sent = writeLarge(slot, chunk, this.offset, continues);
      if (sent < 0) return sent;
      this.left -= sent;
      this.offset += sent;
      if (this.offset < size) return WAITS;
      this.offset = 0;
    }
    return SENT;
  }

  /** @returns {Buffer[]|null} what is not sent; null if the program has detached some of it */
  rest() {
    const chunks = this.chunks.slice(this.next);
    if (chunks.some((chunk, index) => chunk.length !== this.sizes[this.next + index])) return null;
    if (chunks.length > 0) chunks[0] = chunks[0].subarray(this.offset);
    return chunks;
  }
}

module.exports = { LargeWrite, WAITS };
