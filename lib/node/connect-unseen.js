'use strict';

// Connects of the built-in that only rsnet needs.

const { channel } = require('diagnostics_channel');
const { defineOnHost } = require('./host-objects');

/**
 * Connects a Socket of the built-in that subscribers of its diagnostics channel do not see.
 * @param {import('net').Socket} socket
 * @param {import('net').SocketConnectOpts} options
 */
function connectUnseen(socket, options) {
  const sockets = channel('net.client.socket');
  const isHidden = sockets.hasSubscribers && defineOnHost(sockets, 'publish', { value() {}, configurable: true });
  try {
    socket.connect(options);
  } finally {
    if (isHidden) delete /** @type {Partial<typeof sockets>} */ (sockets).publish;
  }
}

module.exports = { connectUnseen };
