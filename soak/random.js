'use strict';

/**
 * A repeatable source of random numbers (mulberry32).
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
 * A size between 1 and a limit; each order of magnitude is as likely as any other.
 *
 * @param {(limit: number) => number} next
 * @param {number} limit bytes
 * @returns {number} bytes
 */
function randomSize(next, limit) {
  return Math.max(1, Math.floor(Math.exp(next(1e6) / 1e6 * Math.log(limit))));
}

module.exports = { random, randomSize };
