'use strict';

// What `net.stats()` has counted in this thread.

const { async_id_symbol } = require('../handle/socket-symbols');
const { kHandedOver, kIsHost } = require('../handle/symbols');
const { noteOutcome } = require('./hand-over-share');

/** Since the thread began. Bytes are those of connections that are closed. */
const totals = { accepted: 0, dropped: 0, connected: 0, failed: 0, bytesRead: 0, bytesWritten: 0 };

/**
 * @typedef {object} HandedOver a Socket whose handle is one of Node's now
 * @property {Socket} socket
 * @property {number} order the async id of the handle that it had before
 * @property {number} place in `handedOver`
 */

/**
 * The others are in the table of lib/addon/bridge.js. This is an array: the tables that a Map leaves behind would keep
 * Sockets alive until V8 collects the old generation.
 *
 * @type {HandedOver[]}
 */
const handedOver = [];

/** So many are kept before those are forgotten that have lost their handle otherwise than by closing it. */
const MIN_SWEPT = 64;
let limit = MIN_SWEPT;

/** @param {HandedOver} entry */
function forget(entry) {
  const last = /** @type {HandedOver} */ (handedOver.pop());
  if (last === entry) return;
  last.place = entry.place;
  handedOver[entry.place] = last;
}

/** @param {Socket} socket whose handle is now one of Node's, and whose async id is still that of rsnet's */
function noteHandedOver(socket) {
  const entry = { socket, order: socket[async_id_symbol], place: handedOver.length };
  handedOver.push(entry);
  Object.defineProperty(socket._handle, kHandedOver, { value: entry });
  if (handedOver.length < limit) return;
  for (const old of handedOver.toReversed()) if (!old.socket._handle) forget(old);
  limit = Math.max(MIN_SWEPT, 2 * handedOver.length);
}

/**
 * @param {Socket} socket which closes
 * @param {AnyHandle} handle that it had
 */
function countClosed(socket, handle) {
  // A handle of another kind has no counters.
  totals.bytesRead += handle.bytesRead || 0;
  totals.bytesWritten += handle.bytesWritten || 0;
  if (handle[kIsHost] !== true) noteOutcome(socket, false);
  const entry = handle[kHandedOver];
  if (entry !== undefined && handedOver[entry.place] === entry) forget(entry);
}

module.exports = { countClosed, handedOver, noteHandedOver, totals };
