'use strict';

// The option `signal` of `server.listen()`.

const { addAbortListener } = require('events');
const { nextTick } = require('../node/captured');
const { validateAbortSignal } = require('../node/validators');

/**
 * Closes the server when the signal aborts.
 * @param {Server} server
 * @param {AbortSignal} [signal]
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function closeOnAbort(server, signal) {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  const onAborted = () => server.close();
  if (signal.aborted) {
    nextTick(onAborted);
    return;
  }
  if (typeof addAbortListener === 'function') {
    const listener = addAbortListener(signal, onAborted);
    server.once('close', () => listener[Symbol.dispose]());
    return;
  }
  signal.addEventListener('abort', onAborted, { once: true });
  server.once('close', () => signal.removeEventListener('abort', onAborted));
}

module.exports = { closeOnAbort };
