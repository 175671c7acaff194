'use strict';

// What `net.stats()` has counted in this thread.

const { async_id_symbol } = require('../handle/socket-symbols');

/** Since the thread began. Bytes are those of connections that are closed. */
const totals = { accepted: 0, dropped: 0, connected: 0, failed: 0, bytesRead: 0, bytesWritten: 0 };

/**
 * Sockets whose handle is one of Node's now, and the async ids that they had before. The others are in the table of
 * lib/addon/bridge.js.
 *
 * @type {Map<Socket, number>}
 */
const handedOver = new Map();

/** So many are kept before those are forgotten that have lost their handle otherwise than by closing it. */
const MIN_LIMIT = 64;
let limit = MIN_LIMIT;

/** @param {Socket} socket whose handle is now one of Node's, and whose async id is still that of rsnet's */
function noteHandedOver(socket) {
  handedOver.set(socket, socket[async_id_symbol]);
  if (handedOver.size < limit) return;
  for (const old of handedOver.keys()) if (!old._handle) handedOver.delete(old);
  limit = Math.max(MIN_LIMIT, 2 * handedOver.size);
}

/**
 * @param {Socket} socket which closes
 * @param {AnyHandle} handle that it had
 */
function countClosed(socket, handle) {
  // A handle of another kind has no counters.
  totals.bytesRead += handle.bytesRead || 0;
  totals.bytesWritten += handle.bytesWritten || 0;
  handedOver.delete(socket);
}

module.exports = { countClosed, handedOver, noteHandedOver, totals };
