'use strict';

// The connections of the host's servers. Its handles cannot be listed, so each server keeps its own.

/** @type {WeakMap<Server, Set<Socket>>} by servers that have accepted one; a server itself shows nothing of it */
const byServer = new WeakMap();

/** @type {WeakMap<Socket, Set<Socket>>} where each is; a program may take `_server` from a Socket */
const bySocket = new WeakMap();

/**
 * @param {Server} server
 * @param {Socket} socket that it has accepted
 */
function addConnection(server, socket) {
  let sockets = byServer.get(server);
  if (sockets === undefined) byServer.set(server, sockets = new Set());
  sockets.add(socket);
  bySocket.set(socket, sockets);
}

/** @param {Socket} socket which closes; does nothing if no server has accepted it */
function removeConnection(socket) {
  bySocket.get(socket)?.delete(socket);
}

/**
 * @param {Server} server
 * @returns {Socket[]} the open ones, the oldest first
 */
function openConnections(server) {
  return [...byServer.get(server) ?? []].filter((socket) => !socket.destroyed && Boolean(socket._handle));
}

module.exports = { addConnection, openConnections, removeConnection };
