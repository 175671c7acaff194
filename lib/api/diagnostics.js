'use strict';

/** The channels of `diagnostics_channel` on which `net` publishes, by the names in Node's documentation. */

const { channel } = require('diagnostics_channel');

module.exports = {
  /** `{ socket }`: a client socket is made. */
  clientSocket: channel('net.client.socket'),
  /** `{ socket }`: a server has accepted a connection. */
  serverSocket: channel('net.server.socket'),
  /** `{ server, options }`: listen() is called. */
  serverListenStart: channel('tracing:net.server.listen:asyncStart'),
  /** `{ server }`: the server listens. */
  serverListenEnd: channel('tracing:net.server.listen:asyncEnd'),
  /** `{ server, error }`: it could not. */
  serverListenError: channel('tracing:net.server.listen:error'),
};
