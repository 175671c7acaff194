'use strict';

// The bytes that all sessions send: parts of one block, which every process makes for itself from the same seed.
// So each byte that arrives is compared with the one that was sent, without a second channel.

const { random } = require('./random');

/** The longest part that a session sends in one direction, in bytes. */
const LONGEST = 1 << 20;

/**
 * @returns {Buffer}
 */
function makeSource() {
  const next = random(0x736f616b);
  const words = new Uint32Array(LONGEST / 2);
  for (let i = 0; i < words.length; i++) words[i] = next(4294967296);
  return Buffer.from(words.buffer);
}

const source = makeSource();

/** What one side sends, or what one side expects: a part of the block. */
class Part {
  /**
   * @param {number} start where in the block, at most LONGEST
   * @param {number} length bytes, at most LONGEST
   */
  constructor(start, length) {
    this.start = start;
    this.length = length;
    /** Bytes taken or checked so far. */
    this.position = 0;
    /** Where the first byte stood that was another one or too much; -1 while all is right. */
    this.wrongAt = -1;
  }

  /** @returns {number} bytes left */
  get left() {
    return this.length - this.position;
  }

  /**
   * The next bytes to send.
   *
   * @param {number} length
   * @returns {Buffer} at most that many; a view of the block, which nobody changes
   */
  take(length) {
    const from = this.start + this.position;
    const taken = source.subarray(from, from + Math.min(length, this.left));
    this.position += taken.length;
    return taken;
  }

  /**
   * Compare what came with what comes next.
   *
   * @param {Uint8Array} data
   * @returns {void}
   */
  check(data) {
    const from = this.start + this.position;
    if (this.wrongAt < 0 && (data.length > this.left ||
        source.compare(data, 0, data.length, from, from + data.length) !== 0)) {
      this.wrongAt = this.position;
    }
    this.position += data.length;
  }
}

module.exports = { LONGEST, Part };
