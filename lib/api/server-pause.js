'use strict';

// `server.pause()` and `server.resume()`: whether a server that listens accepts connections.

const { codes } = require('../node/errors');

/** Servers that accept nothing for now, whether they listen or not. */
const paused = new WeakSet();

/**
 * @param {object} handle that a server listens with
 * @returns {TypeError|undefined} why it can't be paused
 */
function refusalOf(handle) {
  // In a worker of a cluster the primary may be the one that accepts.
  return handle.setAccepting ? undefined : new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('pause');
}

/**
 * @param {import('../..').Server} server about to listen with its handle
 * @returns {TypeError|undefined} why it can't be paused as it was asked to
 */
function pauseRefusal(server) {
  return paused.has(server) ? refusalOf(server._handle) : undefined;
}

/**
 * Pauses a server that has just begun to listen, if it was asked to.
 *
 * @param {import('../..').Server} server
 */
function applyPause(server) {
  if (paused.has(server)) server._handle.setAccepting(false);
}

const members = {
  pause() {
    if (this._handle) {
      const refusal = refusalOf(this._handle);
      if (refusal) throw refusal;
      // A handle that does not listen yet refuses; listen() pauses it then.
      this._handle.setAccepting(false);
    }
    paused.add(this);
    return this;
  },

  resume() {
    if (paused.delete(this)) this._handle?.setAccepting?.(true);
    return this;
  },
};

/**
 * Gives the members to servers of a class. They are not enumerable, since the built-in's servers do not have them.
 *
 * @param {Function} Server
 */
function addPause(Server) {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(Server.prototype, name, { value, writable: true, configurable: true });
  }
}

module.exports = { addPause, applyPause, pauseRefusal };
