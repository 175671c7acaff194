'use strict';

// The Sockets and Servers of this thread that have a connection, or listen.

const { openHandles } = require('../addon/bridge');
const { async_id_symbol, owner_symbol } = require('../handle/socket-symbols');
const { kHandedOver } = require('../handle/symbols');
const { handedOver } = require('./counters');

/**
 * @returns {Set<*>} the open Sockets and Servers of this thread
 */
function openOwners() {
  const owners = new Set(handedOver.map(({ socket }) => socket));
  for (const handle of openHandles()) if (handle[owner_symbol]) owners.add(handle[owner_symbol]);
  return owners;
}

/**
 * @param {Socket} socket
 * @returns {number} which is larger for a socket that was accepted later
 */
function orderOf(socket) {
  return socket._handle[kHandedOver]?.order ?? socket[async_id_symbol];
}

/**
 * Looks for them among all that are open: most servers never ask, and a list of their own would cost each connection.
 *
 * @param {Server} server
 * @returns {Socket[]} the connections that it has accepted and that are open in this process, the oldest first
 */
function openConnections(server) {
  const found = [];
  for (const owner of openOwners()) {
    // One that was sent to another process or thread has no handle.
    if (owner._server === server && !owner.destroyed && owner._handle) found.push(owner);
  }
  return found.sort((a, b) => orderOf(a) - orderOf(b));
}

module.exports = { openConnections, openOwners };
