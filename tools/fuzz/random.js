'use strict';

// Random choices that depend on a seed and nothing else, so that a program can be made again from its seed.

const { fractions } = require('../../scripts/lib/random');

/**
 * Turns text into a 32-bit number (FNV-1a).
 *
 * @param {string} text
 * @returns {number}
 */
function hashText(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** A stream of random choices from a seed. */
class Random {
  /** @param {string} seed any text */
  constructor(seed) {
    /** Gives numbers in 0..1, 1 excluded. */
    this.next = fractions(hashText(seed));
  }

  /**
   * @param {number} low smallest result
   * @param {number} high largest result
   * @returns {number} a whole number
   */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /**
   * @param {number} probability 0..1
   * @returns {boolean} true with that probability
   */
  chance(probability) {
    return this.next() < probability;
  }

  /**
   * @template T
   * @param {T[]} choices not empty
   * @returns {T} one of them, each as likely
   */
  pick(choices) {
    return choices[Math.floor(this.next() * choices.length)];
  }

  /**
   * @template T
   * @param {Array<[number, T]>} choices weight and value; weights above 0
   * @returns {T} one of the values, as likely as its weight says
   */
  weighted(choices) {
    let left = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return choices[choices.length - 1][1];
  }
}

/**
 * The bytes at some place of a stream whose content a seed decides: printable ASCII, so that every encoding
 * carries it unchanged.
 *
 * @param {number} seed 32-bit number of the stream
 * @param {number} offset where in the stream
 * @param {number} length bytes
 * @returns {Buffer}
 */
function content(seed, offset, length) {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) {
    const mixed = Math.imul((offset + index) ^ seed, 0x9e3779b1);
    bytes[index] = 33 + ((mixed ^ (mixed >>> 15)) >>> 0) % 94;
  }
  return bytes;
}

module.exports = { Random, content, hashText };
