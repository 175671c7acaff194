'use strict';

// `server.connections` and `server.closeAllConnections()`: the connections that a server has accepted and that are
// still open in this process.

/** The Sockets of each server that has accepted one. A server itself shows nothing of it. */
const accepted = new WeakMap();

/** So many Sockets a server keeps before it looks for closed ones. */
const MIN_LIMIT = 64;

/**
 * @param {Socket} socket that a server has accepted
 * @returns {boolean} whether it has its connection; one that was sent to another process or thread has not
 */
function isOpen(socket) {
  return !socket.destroyed && Boolean(socket._handle);
}

/**
 * Notes a connection that a server has accepted.
 *
 * @param {Server} server
 * @param {Socket} socket
 */
function addConnection(server, socket) {
  let list = accepted.get(server);
  if (list === undefined) {
    list = { sockets: new Set(), limit: MIN_LIMIT };
    accepted.set(server, list);
  }
  list.sockets.add(socket);
  if (list.sockets.size < list.limit) return;
  // A program may have taken `_server` from a Socket, or its handle; nobody removes that one.
  for (const old of list.sockets) if (!isOpen(old)) list.sockets.delete(old);
  list.limit = Math.max(MIN_LIMIT, 2 * list.sockets.size);
}

/**
 * Forgets a connection. Does nothing if no server has accepted it.
 *
 * @param {Socket} socket
 */
function removeConnection(socket) {
  accepted.get(/** @type {Server} */ (socket._server))?.sockets.delete(socket);
}

/**
 * @param {Server} server
 * @returns {Socket[]} the open ones, the oldest first
 */
function openConnections(server) {
  const list = accepted.get(server);
  return list === undefined ? [] : [...list.sockets].filter(isOpen);
}

/**
 * What a server gets.
 * @type {ThisType<Server>}
 */
const members = {
  // A Set of its own for each look, so that a loop may close what it comes by. Programs that write
  // `server.connections ||= new Set()` find what they mean to make.
  get connections() { return new Set(openConnections(this)); },

  // Programs keep their own collection under this name.
  set connections(value) {
    Object.defineProperty(this, 'connections', { value, writable: true, configurable: true, enumerable: true });
  },

  closeAllConnections() {
    for (const socket of openConnections(this)) socket.destroy();
  },
};

/**
 * Gives the members to servers of a class. They are not enumerable, since the built-in's servers do not have them.
 *
 * @param {Function} Server
 */
function addConnectionMembers(Server) {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(Server.prototype, name, { ...descriptor, enumerable: false });
  }
}

module.exports = { addConnection, addConnectionMembers, openConnections, removeConnection };
