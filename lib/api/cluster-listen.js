'use strict';

// Listening inside a cluster worker: the primary has the ports, the worker asks for a share.
// See "How it works" in the chapter on cluster in Node's documentation.

const cluster = require('cluster');
const { record } = require('../node/capabilities');
const { adoptHandle } = require('../handle/foreign');
const { isOwnerKnown } = require('../node/private-symbols');
const { owner_symbol } = require('../handle/socket-symbols');
const { UV_EADDRINUSE } = require('../node/errno');

/**
 * @param {boolean} exclusive the option of that name
 * @returns {boolean} whether the primary must be asked for the handle
 */
function asksPrimary(exclusive) {
  return cluster.isWorker && !exclusive && record('clusterServers', typeof cluster._getServer === 'function');
}

/**
 * Whether a handle that a primary shares is bound where it should be: it may have been bound by somebody else first,
 * which only shows now.
 *
 * @param {object} handle
 * @param {number} port that was asked for
 * @returns {number} status
 */
function checkShared(handle, port) {
  if (!(port > 0) || typeof handle.getsockname !== 'function') return 0;
  const name = {};
  const status = handle.getsockname(name);
  return status === 0 && name.port !== undefined && name.port !== port ? UV_EADDRINUSE : status || 0;
}

/**
 * Where cluster does not find the owner of a handle, it closes the handle and waits to be called back.
 *
 * @param {object} handle of cluster
 * @param {import('../..').Server} server that has it
 */
function closeOwner(handle, server) {
  const { close } = handle;
  handle.close = (callback) => {
    handle.close = close;
    if (server._handle && typeof callback === 'function') server.close(callback);
    else close.call(handle, callback);
  };
}

/**
 * Asks the primary for a handle to listen on.
 *
 * @param {import('../..').Server} server
 * @param {{address: string|null, port: number|null, addressType: number|null, fd?: number, flags?: number,
 *   backlog?: number, readableAll?: boolean, writableAll?: boolean}} place
 * @param {function(number, object=): void} callback with a status, and a handle: a shared one of rsnet's, or the
 *   cluster's proxy whose connections the primary deals out
 */
function requestHandle(server, place, callback) {
  const query = {
    address: place.address, port: place.port, addressType: place.addressType, fd: place.fd, flags: place.flags,
    backlog: place.backlog, readableAll: place.readableAll, writableAll: place.writableAll,
  };
  cluster._getServer(server, query, (status, handle) => {
    const problem = status || checkShared(handle, place.port);
    if (problem) {
      callback(problem);
      return;
    }
    // Whoever disconnects the worker closes the owner of each handle that the primary has given.
    handle[owner_symbol] = server;
    if (!isOwnerKnown) closeOwner(handle, server);
    callback(0, adoptHandle(handle));
  });
}

module.exports = { asksPrimary, requestHandle };
