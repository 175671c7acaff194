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

/** The backend has called with one or several events. */
function beginEvents() {
  since = now();
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

/** @returns {boolean} whether `Date.now()` has moved on since the events came, or since this was last true */
function hasLasted() {
  const time = now();
  if (time === since) return false;
  since = time;
  return true;
}

module.exports = { beginCallback, beginEvents, currentCallback, endCallback, hasLasted, isHandling };
