'use strict';

// `server.shutdown()`: closes a server and its connections within a bound of time.

const { clearTimeout, setTimeout } = require('../node/captured');
const { validateAbortSignal, validateInt32, validateObject } = require('../node/validators');
const { hasFiles } = require('./queued-files');

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
 * @typedef {object} Connections of servers of a class
 * @property {(server: Server) => Socket[]} openConnections
 * @property {(socket: Socket) => boolean} isTaken whether somebody else reads and writes the connection, so that the
 *   buffers of the Socket do not show whether it is idle
 */

/**
 * Ends the idle connections. HTTP knows which of its own are idle.
 *
 * @param {Server} server
 * @param {Connections} connections
 */
function endIdle(server, { openConnections, isTaken }) {
  server.closeIdleConnections?.();
  for (const socket of openConnections(server)) {
    if (hasNothingWaiting(socket) && !isBusyWithHttp(socket) && !isTaken(socket)) socket.end();
  }
}

/**
 * Closes a server and its connections.
 *
 * @param {Server} server
 * @param {Connections} connections
 * @param {{grace?: number, signal?: AbortSignal}} bounds
 * @param {(count: number) => void} onClosed called with how many connections were destroyed, once each has emitted
 *   'close'
 */
function close(server, connections, { grace, signal }, onClosed) {
  let bound;
  const looks = setTimeout(() => {
    endIdle(server, connections);
    looks.refresh();
  }, LOOK_AGAIN);
  // The connections keep the process alive, and the bound does.
  looks.unref();
  const stop = () => {
    clearTimeout(looks);
    clearTimeout(bound);
    signal?.removeEventListener('abort', cut);
  };
  const sockets = new Set(connections.openConnections(server));
  let count = 0;
  let isOver = false;
  // One that another process has got is not destroyed, and never emits 'close'.
  const finishIfClosed = () => {
    if (isOver && ![...sockets].some(({ destroyed }) => destroyed)) onClosed(count);
  };
  for (const socket of sockets) {
    socket.once('close', () => {
      sockets.delete(socket);
      finishIfClosed();
    });
  }
  const end = () => {
    isOver = true;
    stop();
    server.removeListener('close', end);
    finishIfClosed();
  };
  const cut = () => {
    const open = connections.openConnections(server);
    count = open.length;
    for (const socket of open) socket.destroy();
    // The server's own 'close' also waits for connections that other processes have.
    end();
  };
  server.on('close', end);
  if (grace === 0 || signal?.aborted) {
    cut();
    server.close();
    return;
  }
  server.close();
  if (grace != null) bound = setTimeout(cut, grace);
  signal?.addEventListener('abort', cut, { once: true });
  endIdle(server, connections);
}

/**
 * Gives `shutdown` to servers of a class. It is not enumerable, since the built-in's servers do not have it.
 *
 * @param {Function} Server
 * @param {Connections} connections
 */
function addShutdown(Server, connections) {
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
      return new Promise((resolve) => { close(this, connections, { grace, signal }, resolve); });
    },
  };
  Object.defineProperty(Server.prototype, 'shutdown', { value: shutdown, writable: true, configurable: true });
}

module.exports = { addShutdown };
