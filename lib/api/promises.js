'use strict';

// `net.promises`, as Node documents it for its 27 line under "`net/promises` API", and what iterates over a server's
// connections.

const { on, once } = require('events');
const { validateAbortSignal, validateObject } = require('../node/validators');

/**
 * @param {AbortSignal} [signal]
 * @throws {Error} an AbortError, or ERR_INVALID_ARG_TYPE
 */
function checkSignal(signal) {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  signal.throwIfAborted();
}

/**
 * @param {import('events').EventEmitter} emitter
 * @param {string} event
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>} rejects with what 'error' brings, or with an AbortError
 */
async function settled(emitter, event, signal) {
  await once(emitter, event, signal === undefined ? {} : { signal });
}

/**
 * Makes the functions for one implementation of `net`.
 *
 * @param {object} net
 * @param {Function} net.connect
 * @param {Function} net.createServer
 * @param {Function} net.normalizeArgs
 * @returns {{connect: Function, listen: Function}}
 */
function promisesOf({ connect: start, createServer, normalizeArgs }) {
  /**
   * Connects. The signal aborts the attempt; it has no part in the connection once that is made.
   *
   * @param {...*} args options, or a path, or port and host
   * @returns {Promise<import('../..').Socket>}
   */
  async function connect(...args) {
    const [{ signal, ...options }] = normalizeArgs(args);
    checkSignal(signal);
    const socket = start(options);
    try {
      await settled(socket, 'connect', signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return socket;
  }

  /**
   * Creates a server and lets it listen. The signal closes the server at any time.
   *
   * @param {object} [options] of `createServer` and `server.listen`, and `connectionListener`
   * @returns {Promise<import('../..').Server>}
   */
  async function listen(options = {}) {
    validateObject(options, 'options');
    const { connectionListener, signal } = options;
    checkSignal(signal);
    const server = createServer(options, connectionListener);
    try {
      server.listen(options);
      await settled(server, 'listening', signal);
    } catch (error) {
      // The signal has closed the server already.
      if (!signal?.aborted) server.close();
      throw error;
    }
    return server;
  }

  return { connect, listen };
}

/**
 * `server[Symbol.asyncIterator]()`: gives each connection, until 'close'; rejects with what 'error' brings. It listens
 * from now on, so that a connection which comes before the first `next()` is given, too.
 *
 * @this {import('../..').Server}
 * @returns {AsyncIterator<import('../..').Socket>}
 */
function iterateConnections() {
  const events = on(this, 'connection', { close: ['close'] });
  const only = ({ done, value }) => ({ done, value: done ? undefined : value[0] });
  return {
    next: async () => only(await events.next()),
    return: () => events.return(),
    throw: (error) => events.throw(error),
    [Symbol.asyncIterator]() { return this; },
  };
}

/**
 * Makes servers of a class iterable.
 *
 * @param {Function} Server
 */
function makeIterable(Server) {
  Object.defineProperty(Server.prototype, Symbol.asyncIterator, {
    value: iterateConnections, writable: true, configurable: true,
  });
}

module.exports = { makeIterable, promisesOf };
