'use strict';

const { random } = require('../../scripts/lib/random');

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
