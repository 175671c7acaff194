'use strict';

// Where the records of TLS and the frames of HTTP/2 end in a stream of bytes.

/**
 * @typedef {object} Format
 * @property {number} header bytes of a unit's header
 * @property {function(Uint8Array): number} length by the header, of what follows it, in bytes
 * @property {Buffer} [preface] what may stand before the first unit
 * @property {function(Uint8Array, Buffer, number): boolean} [joins] by a unit's header, the chunk and where the next
 *   unit begins: whether both are to be handed over together
 * @property {function(Uint8Array, boolean): boolean} endsWrites by a unit's header, and whether it ends the chunk:
 *   whether what Node's code writes while it reads has ended by then
 */

/** @type {Format} TLS records: RFC 8446, 5.1. Node itself puts the end of their writes off. */
const TLS = {
  header: 5,
  length: (header) => (header[3] << 8) | header[4],
  endsWrites: () => false,
};

/** Types of HTTP/2 frames, and where the type stands in the header. */
const FRAME_TYPE = 3;
const FRAMES = { DATA: 0, PRIORITY: 2, SETTINGS: 4, PING: 6, WINDOW_UPDATE: 8 };

/** Of these, several in a row are one unit: no request begins or ends with them. */
const SERIES = Object.values(FRAMES);

/**
 * HTTP/2 frames: RFC 9113, 3.4 and 4.1.
 *
 * After each unit the session sends what it has to. On a stream of libuv it does so after each chunk, so answers to a
 * series must not be sent before it has come to its end: a flood, or a peer that does not respect the window, is only
 * noticed by that. And from one unit to the next the session takes a write for being under way, as it would within a
 * chunk; but not the one that acknowledges the settings, with which each connection begins.
 *
 * @type {Format}
 */
const HTTP2 = {
  header: 9,
  length: (header) => (header[0] << 16) | (header[1] << 8) | header[2],
  preface: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  joins: (header, chunk, next) => {
    const type = chunk[next + FRAME_TYPE];
    return header[FRAME_TYPE] === type && SERIES.includes(type);
  },
  endsWrites: (header, isLast) => isLast || header[FRAME_TYPE] === FRAMES.SETTINGS,
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
   * @returns {number} where the present unit, and those that it joins, ends, or the chunk's length if it goes on
   */
  end(chunk, start) {
    if (this.isFirst) this.skipPreface(chunk);
    let at = start;
    do {
      if (this.left === 0) at = this.readHeader(chunk, at);
      const bytes = Math.min(this.left, chunk.length - at);
      this.left -= bytes;
      at += bytes;
    } while (at < chunk.length && this.format.joins?.(this.header, chunk, at));
    return at;
  }

  /**
   * @param {boolean} isLast whether the present unit ends the chunk
   * @returns {boolean} whether what was written has ended by now
   */
  endsWrites(isLast) {
    return this.format.endsWrites(this.header, isLast);
  }

  /**
   * @param {Buffer} chunk
   * @param {number} start
   * @returns {number} where the header ends, or the chunk's length if it goes on
   */
  readHeader(chunk, start) {
    let at = start;
    while (this.seen < this.header.length) {
      if (at === chunk.length) return at;
      this.header[this.seen++] = chunk[at++];
    }
    this.seen = 0;
    this.left = this.format.length(this.header);
    return at;
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
