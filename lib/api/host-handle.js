'use strict';

// Sockets whose connection is run by one of Node's own handles.

const { undestroy } = require('../node/capabilities');
const { onStreamRead } = require('../node/private-symbols');
const { async_id_symbol, owner_symbol } = require('../handle/socket-symbols');
const { noteHandedOver } = require('./counters');

/**
 * Gives a socket one of Node's handles in the place of its own.
 *
 * @param {Socket} socket
 * @param {HostHandle} handle which has its connection
 */
function useHostHandle(socket, handle) {
  handle[owner_symbol] = socket;
  handle.onread = onStreamRead;
  socket._handle = handle;
  noteHandedOver(socket);
  socket[async_id_symbol] = handle.getAsyncId();
}

/**
 * Gives a new socket a connection that one of Node's handles has accepted.
 *
 * @param {Socket} socket
 * @param {HostHandle} handle
 */
function attachHostHandle(socket, handle) {
  undestroy(socket);
  socket._sockname = null;
  socket[async_id_symbol] = handle.getAsyncId();
  handle.reading = false;
  useHostHandle(socket, handle);
}

module.exports = { attachHostHandle, useHostHandle };
