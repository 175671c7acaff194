'use strict';

// The exports of the package where its engine runs.

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
const instanceOf = require('./interop/instanceof');
// Fill in what handles leave to them.
require('./interop/hand-over');
require('./interop/http-hand-over');
const { Server, createServer } = require('./api/server');
const Socket = require('./api/socket');
const transfer = require('./interop/transfer');

instanceOf.install({ Socket, Server });
const transferredBoundSocket = transfer.install();

/** Every export of Node's `net`, in its order; what has no state of its own is the host's. */
const rsnet = {
  // Makes handles for cluster to send to its workers, which only the host's can be.
  _createServerHandle: builtin._createServerHandle,
  _normalizeArgs: normalizeArgs,
  // A setting for Windows that only older hosts have.
  ...(builtin._setSimultaneousAccepts && { _setSimultaneousAccepts: builtin._setSimultaneousAccepts }),
  // What newer hosts make of a BoundSocket that comes from another thread.
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

// What a newer Node has that rsnet does not know is the host's, too.
for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(builtin))) {
  if (!Object.hasOwn(rsnet, name)) Object.defineProperty(rsnet, name, descriptor);
}

// Not enumerable, and so not among what a program finds that lists the exports of `net`.
Object.defineProperty(rsnet, 'engine', { value: 'rsnet', configurable: true });

module.exports = rsnet;
