'use strict';

// Where the records of TLS and the frames of HTTP/2 end in a stream of bytes.

/**
 * @typedef {object} Format
 * @property {number} header bytes of a unit's header
 * @property {function(Uint8Array): number} length of what follows the header, in bytes
 * @property {Buffer} [preface] what may stand before the first unit
 * @property {boolean} endsWritesAtOnce whether what Node's code for it writes while it reads a chunk is to end with
 *   that chunk, as on a stream of libuv; for TLS, Node puts that off itself
 */

/** @type {Format} TLS records: RFC 8446, 5.1 */
const TLS = { header: 5, length: (header) => (header[3] << 8) | header[4], endsWritesAtOnce: false };

/** @type {Format} HTTP/2 frames: RFC 9113, 3.4 and 4.1 */
const HTTP2 = {
  header: 9,
  length: (header) => (header[0] << 16) | (header[1] << 8) | header[2],
  preface: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  endsWritesAtOnce: true,
};

/** Finds the ends of units in the chunks of one stream. Bytes that follow no format are just cut somewhere. */
class Units {
  /** @param {Format} format */
  constructor(format) {
    this.format = format;
    this.header = new Uint8Array(format.header);
    /** Bytes of the present unit's header seen so far, less than its size. */
    this.seen = 0;
    /** Bytes of the present unit that are still to come, when its header has been seen. */
    this.left = 0;
    this.isFirst = true;
  }

  /**
   * @param {Buffer} chunk
   * @param {number} start where the part begins that has not been looked at
   * @returns {number} where the present unit ends, or the chunk's length if it goes on
   */
  end(chunk, start) {
    if (this.isFirst) this.skipPreface(chunk);
    let at = start;
    if (this.left === 0) {
      while (this.seen < this.header.length) {
        if (at === chunk.length) return at;
        this.header[this.seen++] = chunk[at++];
      }
      this.seen = 0;
      this.left = this.format.length(this.header);
    }
    const bytes = Math.min(this.left, chunk.length - at);
    this.left -= bytes;
    return at + bytes;
  }

  /**
   * @param {Buffer} chunk the first
   */
  skipPreface(chunk) {
    this.isFirst = false;
    const { preface } = this.format;
    if (preface && chunk.length >= preface.length && preface.equals(chunk.subarray(0, preface.length))) {
      this.left = preface.length;
    }
  }
}

module.exports = { HTTP2, TLS, Units };
