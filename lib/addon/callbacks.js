'use strict';

// Which callback of the event loop JavaScript runs in. Two things that happen in the same one are not seen apart from
// outside.

const { now } = require('../node/captured');

/** Numbers callbacks: an event that was handed to JavaScript is one, the ticks that run otherwise are another. */
let current = 1;

/** Whether an event is being handled, at whose end its callback ends. */
let handling = false;

/** The millisecond of `Date.now` in which the events that are being handled came. */
let since = 0;

/** Events have come. */
function beginEvents() {
  since = now();
}

/** One of them is handed to JavaScript. */
function beginCallback() {
  current++;
  handling = true;
}

/** JavaScript has handled it. */
function endCallback() {
  current++;
  handling = false;
}

/** @returns {number} the number of this callback */
function currentCallback() { return current; }

/** @returns {boolean} whether an event is being handled */
function isHandling() { return handling; }

/**
 * @returns {boolean} whether a millisecond has begun since the events came, or since the last call that said so
 */
function hasLasted() {
  const time = now();
  if (time === since) return false;
  since = time;
  return true;
}

module.exports = { beginCallback, beginEvents, currentCallback, endCallback, hasLasted, isHandling };
