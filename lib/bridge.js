'use strict';

// Where the addon's events come in: one Bridge for this instance of the module, and the table of open handles.

const { beginTurn } = require('./gather');
const native = require('./native');

/** Kinds of events, as the addon numbers them. */
const kinds = { CONNECT: 1, READ: 2, WRITE: 3, SHUTDOWN: 4, CONNECTION: 5, CLOSED: 6 };

/** Open handles by slot. An open handle stays alive here, as a libuv handle does, until it has closed. */
const handles = [];
const freeSlots = [];

let bridge;

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
      handle.runInAsyncScope(handle.onread, handle, status, payload);
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
}

/** Runs what `process.nextTick` and promises have waiting, as Node does between two events. */
function tick() {
  process._tickCallback();
}

/**
 * The Bridge, made on first use: only then the runtime's threads start.
 *
 * @returns {object} the addon's Bridge
 * @throws {Error} when RSNET_LANE or RSNET_THREADS has a bad value
 */
function getBridge() {
  bridge ??= new native.Bridge(dispatch, tick);
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

module.exports = { getBridge, register, release };
