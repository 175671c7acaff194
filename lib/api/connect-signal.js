'use strict';

// The `signal` option of socket.connect(). It aborts the attempt, and has no part in the connection once that is made.
// A Socket that was made with the same signal, as by net.connect(), minds it all its life without this file.

const { AbortError } = require('../node/errors');

/** Ends the wait of a socket whose attempt can be aborted. */
const cancels = new WeakMap();

/**
 * @param {{signal?: AbortSignal|null}} options of `connect`
 * @param {AbortSignal} [own] the signal that the Socket was made with
 * @returns {AbortSignal|undefined} the signal, unless the Socket minds it already
 */
function connectSignalOf({ signal }, own) {
  // The built-in takes anything here, so what is no signal counts for nothing.
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) return undefined;
  return signal === own ? undefined : signal;
}

/**
 * Destroys the socket with an AbortError if the signal aborts while it connects. Replaces the signal of an earlier
 * connect.
 *
 * @param {Socket} socket
 * @param {AbortSignal} [signal]
 */
function abortConnect(socket, signal) {
  cancels.get(socket)?.();
  if (signal === undefined || !socket.connecting) return;
  const abort = () => {
    cancel();
    if (socket.connecting) socket.destroy(new AbortError(signal.reason));
  };
  const cancel = () => {
    signal.removeEventListener('abort', abort);
    cancels.delete(socket);
    socket.removeListener('connect', cancel);
    socket.removeListener('close', cancel);
  };
  if (signal.aborted) {
    socket.destroy(new AbortError(signal.reason));
    return;
  }
  cancels.set(socket, cancel);
  signal.addEventListener('abort', abort);
  socket.on('connect', cancel);
  socket.on('close', cancel);
}

module.exports = { abortConnect, connectSignalOf };
