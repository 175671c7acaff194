'use strict';

// Connects of the built-in that only rsnet needs.

const { channel } = require('diagnostics_channel');
const { defineOnHost } = require('./host-objects');

/**
 * Connects a Socket of the built-in that subscribers of its diagnostics channel do not see.
 * @param {object} socket
 * @param {object} options of `connect`
 */
function connectUnseen(socket, options) {
  const sockets = channel('net.client.socket');
  const isHidden = sockets.hasSubscribers && defineOnHost(sockets, 'publish', { value() {}, configurable: true });
  try {
    socket.connect(options);
  } finally {
    if (isHidden) delete sockets.publish;
  }
}

module.exports = { connectUnseen };
