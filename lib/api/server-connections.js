'use strict';

// `server.connections` and `server.closeAllConnections()`: the connections that a server has accepted and that are
// still open in this process.

/**
 * Gives the members to servers of a class. They are not enumerable, since the built-in's servers do not have them.
 *
 * @param {Function} Server
 * @param {(server: Server) => Socket[]} openConnections
 */
function addConnectionMembers(Server, openConnections) {
  /** @type {ThisType<Server>} */
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
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(Server.prototype, name, { ...descriptor, enumerable: false });
  }
}

module.exports = { addConnectionMembers };
