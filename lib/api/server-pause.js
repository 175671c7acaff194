'use strict';

// Whether a server that listens accepts connections: `server.pause()`, `server.resume()`, and loops over its
// connections that are behind.

const { codes } = require('../node/errors');

/** Servers that accept nothing for now, whether they listen or not. */
const paused = new WeakSet();

/** How many loops hold a server back. */
const holds = new WeakMap();

/**
 * @param {AnyHandle} handle that a server listens with
 * @returns {TypeError|undefined} why it can't be paused
 */
function refusalOf(handle) {
  // In a worker of a cluster the primary may be the one that accepts.
  return handle.setAccepting ? undefined : new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('pause');
}

/**
 * @param {Server} server about to listen with its handle
 * @returns {TypeError|undefined} why it can't be paused as it was asked to
 */
function pauseRefusal(server) {
  return paused.has(server) ? refusalOf(server._handle) : undefined;
}

/**
 * Pauses a server that has just begun to listen, if it was asked to.
 *
 * @param {Server} server
 */
function applyPause(server) {
  if (!isFree(server)) server._handle.setAccepting?.(false);
}

/**
 * @param {Server} server
 * @returns {boolean} whether nobody wants it to accept nothing
 */
function isFree(server) {
  return !paused.has(server) && !holds.get(server);
}

/**
 * Holds a server back, beside the program's own pause. Does nothing where a server can't be paused.
 *
 * @param {Server} server
 */
function hold(server) {
  holds.set(server, (holds.get(server) ?? 0) + 1);
  server._handle?.setAccepting?.(false);
}

/**
 * @param {Server} server that was held back
 */
function release(server) {
  holds.set(server, holds.get(server) - 1);
  if (isFree(server)) server._handle?.setAccepting?.(true);
}

/** @type {ThisType<Server>} */
const members = {
  pause() {
    if (this._handle) {
      const refusal = refusalOf(this._handle);
      if (refusal) throw refusal;
      // A handle that does not listen yet refuses; listen() pauses it then.
      this._handle.setAccepting?.(false);
    }
    paused.add(this);
    return this;
  },

  resume() {
    if (paused.delete(this) && isFree(this)) this._handle?.setAccepting?.(true);
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

module.exports = { addPause, applyPause, hold, pauseRefusal, release };
