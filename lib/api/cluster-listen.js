'use strict';

// Listening in a cluster worker: the primary owns the ports, and the worker asks it for a share.
// See "How it works" in the chapter on cluster in Node's documentation.

const { record } = require('../node/capabilities');
const { adoptHandle } = require('../handle/foreign');
const { watchLoading } = require('../node/loaded-modules');
const { isOwnerKnown } = require('../node/private-symbols');
const { owner_symbol } = require('../handle/socket-symbols');
const { UV_EADDRINUSE } = require('../node/errno');

/** In a worker, Node has loaded cluster before the program runs. Another process may never need it. */
const isLoaded = watchLoading('cluster');

/**
 * @param {boolean|undefined} exclusive the option of that name
 * @returns {boolean} whether the primary must be asked for the handle
 */
function asksPrimary(exclusive) {
  if (exclusive || !isLoaded()) return false;
  const cluster = require('cluster');
  return cluster.isWorker && record('clusterServers', typeof cluster._getServer === 'function');
}

/**
 * Checks that a handle from the primary is bound to the right port. libuv reports a busy port in the first
 * call that needs the address.
 *
 * @param {AnyHandle} handle
 * @param {number|null} port that was asked for
 * @returns {number} status
 */
function checkShared(handle, port) {
  if (port === null || !(port > 0) || typeof handle.getsockname !== 'function') return 0;
  /** @type {SocketName} */
  const name = {};
  const status = handle.getsockname(name);
  return status === 0 && name.port !== undefined && name.port !== port ? UV_EADDRINUSE : status || 0;
}

/**
 * If cluster does not find the owner of a handle, it closes the handle and waits for the callback.
 *
 * @param {AnyHandle} handle of cluster
 * @param {Server} server that has it
 */
function closeOwner(handle, server) {
  const { close } = handle;
  const closeServer = (callback) => {
    handle.close = close;
    if (server._handle && typeof callback === 'function') server.close(callback);
    else close.call(handle, callback);
  };
  handle.close = closeServer;
}

/**
 * Asks the primary for a handle to listen on.
 *
 * @param {Server} server
 * @param {ListenPlace} place
 * @param {(status: number, handle?: AnyHandle) => void} callback with a status, and a handle: a shared one of rsnet's,
 *   or the cluster's proxy whose connections the primary deals out
 */
function requestHandle(server, place, callback) {
  const query = {
    address: place.address, port: place.port, addressType: place.addressType, fd: place.fd, flags: place.flags,
    backlog: place.backlog, readableAll: place.readableAll, writableAll: place.writableAll,
  };
  require('cluster')._getServer(server, query, (status, handle) => {
    const problem = status || checkShared(handle, place.port);
    if (problem) {
      callback(problem);
      return;
    }
    // `worker.disconnect()` closes the owner of each handle from the primary.
    handle[owner_symbol] = server;
    if (!isOwnerKnown) closeOwner(handle, server);
    callback(0, adoptHandle(handle));
  });
}

module.exports = { asksPrimary, requestHandle };
