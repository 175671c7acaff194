'use strict';

// The `connectTimeout` option of connect(): a bound on the whole of it, the lookup and every attempt included.

const { clearTimeout, setTimeout } = require('../node/captured');
const { codes } = require('../node/errors');
const { validateInt32 } = require('../node/validators');

/** Ends the wait of a socket that connects with a bound. */
const cancels = new WeakMap();

/**
 * @param {{connectTimeout?: number|null}} options of `connect`
 * @returns {number} milliseconds; 0 for no bound
 * @throws {TypeError|RangeError}
 */
function connectTimeoutOf({ connectTimeout }) {
  if (connectTimeout == null) return 0;
  validateInt32(connectTimeout, 'options.connectTimeout', 0);
  return connectTimeout;
}

/**
 * Destroys the socket with ERR_SOCKET_CONNECTION_TIMEOUT if it still connects when the time is over. Replaces the bound
 * of an earlier connect. Only a socket with a bound has the two listeners.
 *
 * @param {Socket} socket
 * @param {number} timeout milliseconds; 0 for no bound
 */
function boundConnect(socket, timeout) {
  cancels.get(socket)?.();
  if (timeout === 0 || !socket.connecting) return;
  const timer = setTimeout(() => {
    cancel();
    if (socket.connecting) socket.destroy(new codes.ERR_SOCKET_CONNECTION_TIMEOUT());
  }, timeout);
  // The connect keeps the process alive, the bound on it does not.
  timer.unref();
  const cancel = () => {
    clearTimeout(timer);
    cancels.delete(socket);
    socket.removeListener('connect', cancel);
    socket.removeListener('close', cancel);
  };
  cancels.set(socket, cancel);
  socket.on('connect', cancel);
  socket.on('close', cancel);
}

module.exports = { boundConnect, connectTimeoutOf };
