'use strict';

// Tells whether two things happen in the same tick.

const { nextTick } = require('./captured');

/** Ticks are numbered by 30 bits. */
const MASK = 0x3fffffff;

let current = 0;

/** Whether the end of this tick is waited for. */
let isWatched = false;

/** Another tick has begun. */
function advance() {
  isWatched = false;
  current = (current + 1) & MASK;
}

/**
 * The number of this tick: what a program does without giving back control happens in one. Callbacks of streams come in
 * a later one, as they wait for `process.nextTick`.
 *
 * @returns {number}
 */
function currentTick() {
  if (!isWatched) {
    isWatched = true;
    nextTick(advance);
  }
  return current;
}

module.exports = { currentTick };
