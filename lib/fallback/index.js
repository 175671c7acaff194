'use strict';

// The exports of the package where its engine cannot run: the host's own `net` with additions in JavaScript. No file in
// this folder needs the addon or changes the host.

const { builtin } = require('../node/builtin');
const { defineOwnExports } = require('../node/own-exports');
const { clientSocket } = require('../api/diagnostics');
const { listenDescriptors } = require('../api/listen-descriptors');
const { makeIterable, promisesOf } = require('../api/promises');
const { relayBy } = require('../api/relay');
const { sendFile } = require('../api/send-file-response');
const { BoundSocket, HostBoundSocket } = require('./bound-socket');
const { Server, createServer } = require('./server');
const { Socket } = require('./socket');
const { unavailable } = require('./unavailable');

/**
 * `net.connect`, alias `net.createConnection`: a new Socket that connects.
 *
 * @param {...*} args as for `socket.connect`; options also go to the constructor, and `timeout` to `setTimeout`
 * @returns {Socket}
 */
function connect(...args) {
  const normalized = builtin._normalizeArgs(args);
  const [options] = normalized;
  const socket = new Socket(options);
  if (clientSocket.hasSubscribers) clientSocket.publish({ socket });
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(/** @type {*} */ (normalized));
}

const own = {
  BoundSocket: HostBoundSocket ?? BoundSocket,
  connect,
  createConnection: connect,
  createServer,
  Server,
  Socket,
  Stream: Socket,
};

const fallback = Object.defineProperties({}, Object.getOwnPropertyDescriptors(builtin));
for (const [name, value] of Object.entries(own)) {
  const known = Object.getOwnPropertyDescriptor(builtin, name);
  const flags = { writable: true, configurable: true, enumerable: known?.enumerable ?? true };
  Object.defineProperty(fallback, name, { ...flags, value });
}
/** @throws {TypeError} the host counts nothing */
function stats() {
  throw unavailable('stats');
}

makeIterable(Server);
Object.defineProperty(fallback, 'promises', {
  value: promisesOf({ connect, createServer, normalizeArgs: builtin._normalizeArgs }),
  configurable: true,
  enumerable: Object.hasOwn(builtin, 'promises'),
});
defineOwnExports(fallback, { engine: 'node', listenDescriptors, relay: relayBy(), sendFile, stats });

module.exports = fallback;
