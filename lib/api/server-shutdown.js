'use strict';

// `server.shutdown()`: closes a server and its connections within a bound of time.

const { clearTimeout, setTimeout } = require('../node/captured');
const { validateAbortSignal, validateInt32, validateObject } = require('../node/validators');
const { hasFiles } = require('./queued-files');
const { openConnections } = require('./server-connections');

/** Milliseconds after which a server looks again for connections that have become idle. */
const LOOK_AGAIN = 100;

/**
 * @param {Socket} socket
 * @returns {boolean} whether all that has come was read, and all that was written is sent
 */
function hasNothingWaiting(socket) {
  return socket.writable && socket.readableLength === 0 && socket.writableLength === 0 && !hasFiles(socket);
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether an HTTP server minds it, and has got something of it
 */
function isBusyWithHttp(socket) {
  return Boolean(socket.parser) && socket.bytesRead > 0;
}

/**
 * Ends the idle connections. HTTP knows which of its own are idle.
 *
 * @param {Server} server
 * @param {(socket: Socket) => boolean} isTaken whether somebody else reads and writes the connection
 */
function endIdle(server, isTaken) {
  server.closeIdleConnections?.();
  for (const socket of openConnections(server)) {
    if (hasNothingWaiting(socket) && !isBusyWithHttp(socket) && !isTaken(socket)) socket.end();
  }
}

/**
 * Destroys all connections.
 *
 * @param {Server} server
 * @param {() => void} onClosed called once each has emitted 'close'
 * @returns {number} how many these are
 */
function cutAll(server, onClosed) {
  const sockets = openConnections(server);
  let left = sockets.length;
  if (left === 0) onClosed();
  for (const socket of sockets) {
    socket.once('close', () => {
      if (--left === 0) onClosed();
    });
    socket.destroy();
  }
  return sockets.length;
}

/**
 * Closes a server and its connections.
 *
 * @param {Server} server
 * @param {(socket: Socket) => boolean} isTaken as for `endIdle`
 * @param {{grace?: number, signal?: AbortSignal}} bounds
 * @param {(count: number) => void} onClosed called with how many connections were destroyed
 */
function close(server, isTaken, { grace, signal }, onClosed) {
  let bound;
  const looks = setTimeout(() => {
    endIdle(server, isTaken);
    looks.refresh();
  }, LOOK_AGAIN);
  // The connections keep the process alive, and the bound does.
  looks.unref();
  const stop = () => {
    clearTimeout(looks);
    clearTimeout(bound);
    signal?.removeEventListener('abort', cut);
  };
  let count = 0;
  const finish = () => {
    stop();
    server.removeListener('close', finish);
    onClosed(count);
  };
  const cut = () => {
    stop();
    // The server's own 'close' also waits for connections that other processes have.
    count = cutAll(server, finish);
  };
  server.on('close', finish);
  server.close();
  if (grace === 0 || signal?.aborted) {
    cut();
    return;
  }
  if (grace != null) bound = setTimeout(cut, grace);
  signal?.addEventListener('abort', cut, { once: true });
  endIdle(server, isTaken);
}

/**
 * Gives `shutdown` to servers of a class. It is not enumerable, since the built-in's servers do not have it.
 *
 * @param {Function} Server
 * @param {(socket: Socket) => boolean} [isTaken] whether somebody else reads and writes the connection
 *   of a Socket, so that its buffers do not show whether it is idle
 */
function addShutdown(Server, isTaken = () => false) {
  const { shutdown } = {
    /**
     * @this {Server}
     * @param {Options} options
     * @returns {Promise<number>} how many connections were destroyed
     */
    async shutdown(options = {}) {
      validateObject(options, 'options');
      const { grace, signal } = options;
      if (grace != null) validateInt32(grace, 'options.grace', 0);
      validateAbortSignal(signal, 'options.signal');
      return new Promise((resolve) => { close(this, isTaken, { grace, signal }, resolve); });
    },
  };
  Object.defineProperty(Server.prototype, 'shutdown', { value: shutdown, writable: true, configurable: true });
}

module.exports = { addShutdown };
