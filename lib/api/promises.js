'use strict';

// `net.promises`, as Node documents it for its 27 line under "`net/promises` API", and what iterates over a server's
// connections.

const { on, once } = require('events');
const { AbortError } = require('../node/errors');
const { hold, release } = require('./server-pause');
const { validateAbortSignal, validateObject } = require('../node/validators');

/** So many connections wait for a loop at most, before the server accepts no more. */
const MAX_WAITING = 128;

/**
 * @param {AbortSignal} [signal]
 * @throws {Error} an AbortError, or ERR_INVALID_ARG_TYPE
 */
function checkSignal(signal) {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  if (signal.aborted) throw new AbortError(signal.reason);
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
   * @returns {Promise<Socket>}
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
   * @param {Options} [options] of `createServer` and `server.listen`, and `connectionListener`
   * @returns {Promise<Server>}
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
 * from now on, so that a connection which comes before the first `next()` is given, too. A server whose loop is behind
 * accepts no more until the loop has caught up.
 *
 * @this {Server}
 * @returns {AsyncIterableIterator<Socket>}
 */
function iterateConnections() {
  const events = /** @type {Required<AsyncIterator<*>>} */ (on(this, 'connection', { close: ['close'] }));
  let waiting = 0;
  let isHeld = false;
  const setHeld = (isOn) => {
    if (isOn === isHeld) return;
    isHeld = isOn;
    if (isOn) hold(this);
    else release(this);
  };
  const onConnection = () => {
    if (++waiting >= MAX_WAITING) setHeld(true);
  };
  const stop = () => {
    this.removeListener('connection', onConnection);
    setHeld(false);
  };
  this.on('connection', onConnection);
  return {
    async next() {
      let result;
      try {
        result = await events.next();
      } finally {
        if (result === undefined || result.done) stop();
      }
      if (result.done) return { done: true, value: undefined };
      if (--waiting === 0) setHeld(false);
      return { done: false, value: result.value[0] };
    },
    return() {
      stop();
      return events.return();
    },
    throw(error) {
      stop();
      return events.throw(error);
    },
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
