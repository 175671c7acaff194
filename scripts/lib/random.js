'use strict';

// Under jest each look at a global costs a hundred times as much as the rest of a number.
const { floor, imul } = Math;

/**
 * A repeatable source of random numbers (mulberry32), so that a failure can be run again by its seed.
 *
 * @param {number} seed
 * @returns {() => number} gives numbers in 0..1, 1 excluded
 */
function fractions(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = imul(state ^ (state >>> 15), state | 1);
    value ^= value + imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @param {number} seed
 * @returns {(limit: number) => number} gives whole numbers from 0 to limit - 1
 */
function random(seed) {
  const next = fractions(seed);
  return (limit) => floor(next() * limit);
}

module.exports = { fractions, random };
