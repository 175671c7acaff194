'use strict';

// Where the addon's events come in: one Bridge for this instance of the module, and the table of open handles.

const { setImmediate } = require('timers');
const { markAsUntransferable } = require('worker_threads');
const { beginTurn, endTurn } = require('./gather');
const native = require('./native');

/** Kinds of events, as the addon numbers them. */
const kinds = { CONNECT: 1, READ: 2, WRITE: 3, SHUTDOWN: 4, CONNECTION: 5, CLOSED: 6 };

/** Open handles by slot. An open handle stays alive here, as a libuv handle does, until it has closed. */
const handles = [];
const freeSlots = [];

let bridge;
let restsLater = false;
let writer;

/**
 * Events that one call of the inline lane may bring; as many as others may have to wait for.
 */
const BATCH = 64;

/** Fields of each: slot, kind, status, and where the bytes stand in `memory` (-1: apart). */
const FIELDS = 4;

/** Bytes of memory that small reads share. It stays as long as somebody keeps one of them. */
const MEMORY_SIZE = 16 * 1024;

/** The addon reads into the memory while this much of it is free. */
const MEMORY_RESERVE = 4 * 1024;

const entries = new Int32Array(BATCH * FIELDS);
let memory = newMemory();

/** Which of the `entries` is being dispatched, and how many there are; 0 between two batches. */
let position = 0;
let filled = 0;

/**
 * @returns {ArrayBuffer} not to be transferred: that would take the bytes of others along
 */
function newMemory() {
  const { buffer } = Buffer.allocUnsafeSlow(MEMORY_SIZE);
  markAsUntransferable(buffer);
  return buffer;
}

/**
 * Called by the worker lane for each event. What its threads find meanwhile waits until the event loop has gone on.
 *
 * @param {number} slot as for `dispatch`
 * @param {number} kind
 * @param {number} status
 * @param {Buffer} [payload]
 */
function dispatchFromThreads(slot, kind, status, payload) {
  if (!restsLater && bridge.lane === 'worker') {
    restsLater = true;
    setImmediate(rest);
  }
  dispatch(slot, kind, status, payload);
}

/** The event loop has gone on. */
function rest() {
  restsLater = false;
  bridge.rest();
}

/**
 * Called by the addon for each event.
 *
 * @param {number} slot which handle
 * @param {number} kind one of `kinds`
 * @param {number} status 0 or a count of bytes, or a negated errno
 * @param {Buffer} [payload] what was read
 */
function dispatch(slot, kind, status, payload) {
  const handle = handles[slot];
  if (handle === undefined) return;
  beginTurn();
  switch (kind) {
    case kinds.READ:
      handle._completeRead(status, payload);
      break;
    case kinds.WRITE:
      handle._completeWrite(status);
      break;
    case kinds.CONNECT:
      handle._completeConnect(status);
      break;
    case kinds.SHUTDOWN:
      handle._completeShutdown(status);
      break;
    case kinds.CONNECTION:
      handle._acceptConnection(status);
      break;
    case kinds.CLOSED:
      handle._completeClose();
      break;
  }
  endTurn();
}

/**
 * Called by the inline lane for the events that stand in `entries`. What an event leaves for the next tick is run
 * before the next event; after the last one, the host does it.
 *
 * @param {number} count
 * @param {Buffer} [payload] the bytes of the last event, if they stand apart
 */
function dispatchBatch(count, payload) {
  let used = 0;
  filled = count;
  for (let i = 0; i < count; i++) {
    position = i;
    const at = i * FIELDS;
    const slot = entries[at];
    const kind = entries[at + 1];
    const status = entries[at + 2];
    const offset = entries[at + 3];
    if (i > 0) tickBetween();
    try {
      if (kind !== kinds.READ || status <= 0) {
        dispatch(slot, kind, status, undefined);
      } else if (offset < 0) {
        dispatch(slot, kind, status, payload);
      } else {
        used = offset + status;
        dispatch(slot, kind, status, Buffer.from(memory, offset, status));
      }
    } catch (error) {
      bridge.raise(error);
    }
  }
  filled = 0;
  if (used > MEMORY_SIZE - MEMORY_RESERVE - 8 || memory.byteLength !== MEMORY_SIZE) {
    memory = newMemory();
    bridge.setMemory(memory);
  }
}

/** Runs ticks between two events of a batch; what they throw does not keep the next event from being dispatched. */
function tickBetween() {
  try {
    process._tickCallback();
  } catch (error) {
    bridge.raise(error);
  }
}

/**
 * @param {number} slot which handle
 * @returns {boolean} whether the batch that is being dispatched still has data for it
 */
function awaitsData(slot) {
  for (let i = position + 1; i < filled; i++) {
    const at = i * FIELDS;
    if (entries[at] === slot && entries[at + 1] === kinds.READ && entries[at + 2] > 0) return true;
  }
  return false;
}

/** Runs what `process.nextTick` and promises have waiting, as Node does between two events. */
function tick() {
  process._tickCallback?.();
}

/**
 * The Bridge, made on first use: only then the runtime's threads start.
 *
 * @returns {object} the addon's Bridge
 * @throws {Error} when RSNET_LANE or RSNET_THREADS has a bad value
 */
function getBridge() {
  if (bridge === undefined) {
    bridge = new native.Bridge(dispatchFromThreads, tick, dispatchBatch, entries, memory);
    writer = bridge.writer();
  }
  return bridge;
}

/**
 * Gives a handle its slot and its native socket.
 *
 * @param {object} handle
 * @returns {{slot: number, socket: object}}
 */
function register(handle) {
  const slot = freeSlots.length > 0 ? freeSlots.pop() : handles.length;
  const socket = new native.Socket(getBridge(), slot);
  handles[slot] = handle;
  return { slot, socket };
}

/**
 * Frees the slot of a handle that has closed; no event may come for it any more.
 *
 * @param {number} slot
 */
function release(slot) {
  handles[slot] = undefined;
  freeSlots.push(slot);
}

/**
 * Writes to an open handle, which must not be closed.
 *
 * @param {number} slot
 * @param {Buffer} data
 * @param {number} length of its first bytes
 * @returns {number} 0 sent, 1 queued, or a negated errno
 */
function write(slot, data, length) {
  return writer(slot, data, length);
}

module.exports = { awaitsData, getBridge, register, release, write };
