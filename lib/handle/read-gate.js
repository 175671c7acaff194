'use strict';

// When a handle may read. On the tokio backend the gate of an accepted connection is held until the check phase: until
// then nothing is read from it, so that a listener can pass it to another process with all its bytes. On both backends
// data that comes after the owner has stopped reading is kept until it starts again.

const { commands } = require('../addon/bridge');
const { sizes: { USUAL_READ } } = require('../addon/constants');
const { ownCopy } = require('../addon/landing');
const { later } = require('../node/later');
const { kReading, kPendingRead, kReadGate, kSeqpacket, kSlot, kUncounted } = require('./symbols');

/** States of the gate: open; held; held, and the owner wants to read; open, and reading has begun. */
const GATE_NONE = 0;
const GATE_HELD = 1;
const GATE_WAITING = 2;
const GATE_BEGUN = 3;

/**
 * Gives the owner the data that was kept, if he still reads, and reads on.
 * @param {Handle} handle
 */
function releasePending(handle) {
  const data = handle[kPendingRead];
  if (data === null || !handle[kReading] || handle.closing) return;
  // A relay may have left more than one read brings. A message stays whole.
  const length = handle[kSeqpacket] ? data.length : Math.min(data.length, USUAL_READ);
  // The program may transfer the ArrayBuffer of what it gets.
  const chunk = data.buffer.byteLength === length ? data : ownCopy(data.subarray(0, length));
  keep(handle, data.subarray(length));
  handle._completeRead(chunk.length, chunk);
  if (!handle[kReading] || handle.closing) return;
  if (handle[kPendingRead] === null) commands.readStart(handle[kSlot]);
  else later(releasePending, handle);
}

/**
 * Keeps data for the owner. What he has got meanwhile of bytes that were not counted is counted.
 * @param {Handle} handle
 * @param {Buffer} data
 */
function keep(handle, data) {
  const uncounted = Math.min(handle[kUncounted], data.length);
  if (handle[kUncounted] > uncounted) commands.countRead(handle[kSlot], handle[kUncounted] - uncounted);
  handle[kUncounted] = uncounted;
  handle[kPendingRead] = data.length > 0 ? data : null;
}

/**
 * Counts the data that was kept as read, before somebody else takes it.
 * @param {Handle} handle
 */
function countKept(handle) {
  if (handle[kUncounted] > 0) commands.countRead(handle[kSlot], handle[kUncounted]);
  handle[kUncounted] = 0;
}

/** @param {Handle} handle whose gate is held */
function openGate(handle) {
  const isWanted = handle[kReadGate] === GATE_WAITING;
  handle[kReadGate] = GATE_NONE;
  if (isWanted) handle.readStart();
}

module.exports = { GATE_BEGUN, GATE_HELD, GATE_NONE, GATE_WAITING, countKept, openGate, releasePending };
