'use strict';

/** Makes a Socket of a connection that a server's handle has accepted. */

const { builtin } = require('../node/builtin');
const { totals } = require('./counters');
const { outliveIteration, servers: outliving } = require('./half-open-iteration');
const { applyToAccepted } = require('./kernel-options');
const { debug } = require('../node/debug');
const { serverSocket } = require('./diagnostics');
const { ErrnoException } = require('../node/errors');
const { adoptHandle } = require('../handle/foreign');
const { Pipe } = require('../handle');
const { hasMessages } = require('./messages');
const host = require('../node/versions');
const { awaitHeader, readsHeaders } = require('./proxy-protocol');
const Socket = require('./socket');
const { owner_symbol, kSetNoDelay, kSetKeepAlive, kSetKeepAliveInitialDelay } = require('../handle/socket-symbols');

/**
 * @param {Server} server
 * @returns {boolean} whether one more connection would be too many
 */
function isFull(server) {
  const { maxConnections } = server;
  if (maxConnections === undefined || maxConnections === null) return false;
  if (!maxConnections && !host.zeroMaxConnectionsDropsAll) return false;
  return server._connections >= maxConnections;
}

/**
 * @param {SocketName} out what getsockname or getpeername filled in
 * @param {string} end 'local' or 'remote'
 * @returns {object} `localAddress`, `localPort`, `localFamily` or the same with `remote`
 */
function describeEnd(out, end) {
  return { [`${end}Address`]: out.address, [`${end}Port`]: out.port, [`${end}Family`]: out.family };
}

/**
 * Closes a connection beyond `maxConnections` and emits 'drop'.
 * @param {Server} server
 * @param {AnyHandle} client
 */
function drop(server, client) {
  totals.dropped++;
  if (isTcp(client)) {
    /** @type {SocketName} */
    const local = {};
    /** @type {SocketName} */
    const remote = {};
    client.getsockname(local);
    client.getpeername(remote);
    const data = Object.create(null);
    server.emit('drop', Object.assign(data, describeEnd(local, 'local'), describeEnd(remote, 'remote')));
  } else {
    server.emit('drop');
  }
  client.close();
}

/**
 * @param {AnyHandle} client
 * @returns {boolean} whether it has addresses and the options of TCP
 */
function isTcp(client) {
  return !(client instanceof Pipe);
}

/**
 * @param {Server} server
 * @param {AnyHandle} client
 * @returns {boolean} whether the server's block list has the peer's address
 */
function isBlocked(server, client) {
  if (!server.blockList || !isTcp(client)) return false;
  /** @type {SocketName} */
  const peer = {};
  client.getpeername(peer);
  const version = builtin.isIP(/** @type {string} */ (peer.address));
  return version !== 0 && server.blockList.check(/** @type {string} */ (peer.address), `ipv${version}`);
}

/**
 * The `onconnection` of a listening handle.
 * @this {AnyHandle}
 * @param {number} status 0 or a negated errno of accept(2)
 * @param {AnyHandle} accepted the handle of the new connection
 */
function onconnection(status, accepted) {
  debug('onconnection');
  const server = this[owner_symbol];
  if (status) {
    server.emit('error', new ErrnoException(status, 'accept'));
    return;
  }
  // In a cluster's worker the primary sends a handle of the host.
  const client = adoptHandle(accepted);
  if (isFull(server)) {
    drop(server, client);
    return;
  }
  if (isBlocked(server, client)) {
    totals.dropped++;
    client.close();
    return;
  }
  const refusal = applyToAccepted(server, this, client);
  if (refusal) {
    client.close();
    server.emit('error', refusal);
    return;
  }

  const seqpacket = hasMessages(server) || undefined;
  const socket = new Socket(/** @type {Options} */ ({
    handle: client,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readable: true,
    writable: true,
    // The stream counts messages, and the server bytes.
    readableHighWaterMark: seqpacket ? undefined : server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
    seqpacket,
  }));
  if (isTcp(client)) {
    if (server.noDelay) {
      socket[kSetNoDelay] = true;
      client.setNoDelay(true);
    }
    if (server.keepAlive) {
      socket[kSetKeepAlive] = true;
      socket[kSetKeepAliveInitialDelay] = server.keepAliveInitialDelay;
      client.setKeepAlive(true, server.keepAliveInitialDelay);
    }
  }

  if (outliving.has(server)) outliveIteration(socket);
  totals.accepted++;
  server._connections++;
  /** @type {Options} */ (socket).server = server;
  socket._server = server;
  if (readsHeaders(server)) awaitHeader(server, socket, () => announce(server, socket));
  else announce(server, socket);
}

/**
 * @param {Server} server
 * @param {Socket} socket that it has accepted
 */
function announce(server, socket) {
  server.emit('connection', socket);
  if (serverSocket.hasSubscribers) serverSocket.publish({ socket });
}

module.exports = { onconnection };
