'use strict';

// When a handle's owner is given what was read: reads that wait for the event loop to go on, and data that has come
// after the owner had stopped.

const { commands } = require('../addon/bridge');
const { kReading, kPendingRead, kReadGate, kSlot } = require('./symbols');

/** What `kReadGate` is: not begun; held back; held back though wanted; begun at least once. */
const GATE_NONE = 0;
const GATE_HELD = 1;
const GATE_WAITING = 2;
const GATE_BEGUN = 3;

/**
 * Hands over what was held back, if it is still wanted, and reads on.
 *
 * @param {object} handle
 */
function releasePending(handle) {
  const held = handle[kPendingRead];
  if (held === null || !handle[kReading] || handle.closing) return;
  handle[kPendingRead] = null;
  handle._completeRead(held.length, held);
  if (handle[kReading] && !handle.closing) commands.readStart(handle[kSlot]);
}

/**
 * Lets the engine read from now on.
 *
 * @param {object} handle whose reads are held
 */
function openGate(handle) {
  const wanted = handle[kReadGate] === GATE_WAITING;
  handle[kReadGate] = GATE_NONE;
  if (wanted) handle.readStart();
}

module.exports = { GATE_BEGUN, GATE_HELD, GATE_NONE, GATE_WAITING, releasePending, openGate };
