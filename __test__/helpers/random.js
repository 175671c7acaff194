'use strict';

/**
 * A repeatable source of random numbers (mulberry32), so that a failure can be run again by its seed.
 *
 * @param {number} seed
 * @returns {(limit: number) => number} gives whole numbers from 0 to limit - 1
 */
function random(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor(((value ^ (value >>> 14)) >>> 0) / 4294967296 * limit);
  };
}

/**
 * Bytes that look random and are the same for the same seed.
 *
 * @param {number} seed
 * @param {number} length
 * @returns {Buffer}
 */
function randomBytes(seed, length) {
  const next = random(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = next(4294967296);
  return Buffer.from(words.buffer, 0, length);
}

module.exports = { random, randomBytes };
