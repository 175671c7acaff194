'use strict';

// When a handle may read. On the tokio backend the gate of an accepted connection is held until the check phase: until
// then nothing is read from it, so that a listener can pass it to another process with all its bytes. On both backends
// data that comes after the owner has stopped reading is kept until it starts again.

const { commands } = require('../addon/bridge');
const { kReading, kPendingRead, kReadGate, kSlot } = require('./symbols');

/** States of the gate: open; held; held, and the owner wants to read; open, and reading has begun. */
const GATE_NONE = 0;
const GATE_HELD = 1;
const GATE_WAITING = 2;
const GATE_BEGUN = 3;

/**
 * Gives the owner the data that was kept, if he still reads, and reads on.
 * @param {object} handle
 */
function releasePending(handle) {
  const data = handle[kPendingRead];
  if (data === null || !handle[kReading] || handle.closing) return;
  handle[kPendingRead] = null;
  handle._completeRead(data.length, data);
  if (handle[kReading] && !handle.closing) commands.readStart(handle[kSlot]);
}

/** @param {object} handle whose gate is held */
function openGate(handle) {
  const isWanted = handle[kReadGate] === GATE_WAITING;
  handle[kReadGate] = GATE_NONE;
  if (isWanted) handle.readStart();
}

module.exports = { GATE_BEGUN, GATE_HELD, GATE_NONE, GATE_WAITING, releasePending, openGate };
