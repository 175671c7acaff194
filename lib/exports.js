'use strict';

// What `require('rsnet')` gives where rsnet's engine runs.

const { normalizeArgs } = require('./api/arguments');
const { BoundSocket } = require('./api/bound-socket');
const { builtin } = require('./node/builtin');
const {
  connect,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
} = require('./api/connect');
const { defineOwnExports } = require('./node/own-exports');
const instanceOf = require('./interop/instanceof');
// These three fill in lib/handle/hooks.js.
require('./interop/accept-on-host');
require('./interop/hand-over');
require('./interop/http-hand-over');
const { listenDescriptors } = require('./api/listen-descriptors');
const { makeIterable, promisesOf } = require('./api/promises');
const { relayBy } = require('./api/relay');
const { engineMover } = require('./api/relay-engine');
// This one gives `sendFile` the engine.
require('./api/send-file-engine');
const { sendFile } = require('./api/send-file-response');
const { Server, createServer } = require('./api/server');
const Socket = require('./api/socket');
const { stats } = require('./api/stats');
const transfer = require('./interop/transfer');

instanceOf.install({ Socket, Server });
const transferredBoundSocket = transfer.install();

/** Every export of Node's `net`, in its order. Those without state are the built-in's own. */
const rsnet = {
  // Node's cluster makes handles by this to send them to workers, and only Node's own handles can be sent.
  _createServerHandle: builtin._createServerHandle,
  _normalizeArgs: normalizeArgs,
  // For Windows, up to Node 22.
  ...(builtin._setSimultaneousAccepts && { _setSimultaneousAccepts: builtin._setSimultaneousAccepts }),
  // The class that newer Nodes construct for a BoundSocket from another thread.
  ...(transferredBoundSocket && { _TransferredBoundSocket: transferredBoundSocket }),
  get BlockList() { return builtin.BlockList; },
  get SocketAddress() { return builtin.SocketAddress; },
  BoundSocket,
  connect,
  createConnection: connect,
  createServer,
  isIP: builtin.isIP,
  isIPv4: builtin.isIPv4,
  isIPv6: builtin.isIPv6,
  Server,
  Socket,
  Stream: Socket,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
};

// Exports of a newer Node that rsnet does not know are the built-in's own.
for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(builtin))) {
  if (!Object.hasOwn(rsnet, name)) Object.defineProperty(rsnet, name, descriptor);
}

makeIterable(Server);
Object.defineProperty(rsnet, 'promises', {
  value: promisesOf({ connect, createServer, normalizeArgs }),
  configurable: true,
  enumerable: Object.hasOwn(builtin, 'promises'),
});

defineOwnExports(rsnet, { engine: 'rsnet', listenDescriptors, relay: relayBy(engineMover), sendFile, stats });

module.exports = rsnet;
