'use strict';

// Which callback of the event loop JavaScript runs in. The peer cannot tell whether two writes of one callback were
// sent by one system call or by two.

const { now } = require('../node/captured');

/** Counts callbacks: the handling of each event is one, and what runs outside of events is another. */
let current = 1;

/** Whether an event is being handled. */
let handling = false;

/** `Date.now()` when the events came, or when `hasLasted` last returned true. */
let since = 0;

/** After so many looks at the clock within the same millisecond, `hasLasted` has one only now and then. */
const DENSE = 32;

/** How often it answers without one, then. */
const UNSEEN = 15;

/** How many looks since `since` there were, and how many answers are left until the next one. */
let looks = 0;
let left = 0;

/** The backend has called with one or several events. */
function beginEvents() {
  since = now();
  looks = 0;
  left = 0;
}

/** The handling of an event begins. */
function beginCallback() {
  current++;
  handling = true;
}

/** The handling of an event has ended. */
function endCallback() {
  current++;
  handling = false;
}

/** @returns {number} a number that no other callback has */
function currentCallback() { return current; }

/** @returns {boolean} whether an event is being handled */
function isHandling() { return handling; }

/**
 * A look at the clock takes a tenth of a small write, so a callback that asks all the time does not have one each time.
 * @returns {boolean} whether `Date.now()` has moved on since the events came, or since this was last true
 */
function hasLasted() {
  if (left > 0) {
    left--;
    return false;
  }
  const time = now();
  if (time === since) {
    if (++looks >= DENSE) left = UNSEEN;
    return false;
  }
  since = time;
  looks = 0;
  return true;
}

module.exports = { beginCallback, beginEvents, currentCallback, endCallback, hasLasted, isHandling };
