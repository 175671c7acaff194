'use strict';

// `destroyOnIterationEnd: false`: a half-open socket that `for await` has read to its end stays writable. Most lines of
// Node destroy it (nodejs/node#49073).

const { validateBoolean } = require('../node/validators');

/** Servers whose connections have the option. */
const servers = new WeakSet();

/**
 * `readable[Symbol.asyncIterator]`, which destroys the socket only when the loop is left before the end.
 *
 * @this {Socket}
 * @yields {Buffer|string}
 */
async function* readToEnd() {
  let hasEnded = false;
  try {
    yield* this.iterator({ destroyOnReturn: false });
    hasEnded = true;
  } finally {
    if (!hasEnded) this.destroy();
  }
}

/**
 * @param {Options} options of a Socket or Server
 * @returns {boolean} whether sockets outlive the loop that reads them
 * @throws {TypeError} ERR_INVALID_ARG_TYPE
 */
function outlivesIteration({ destroyOnIterationEnd }) {
  if (destroyOnIterationEnd === undefined) return false;
  validateBoolean(destroyOnIterationEnd, 'options.destroyOnIterationEnd');
  return !destroyOnIterationEnd;
}

/** @param {Socket} socket which outlives the loop that reads it */
function outliveIteration(socket) {
  Object.defineProperty(socket, Symbol.asyncIterator, { value: readToEnd, writable: true, configurable: true });
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether it outlives the loop that reads it
 */
function isOutliving(socket) {
  return socket[Symbol.asyncIterator] === readToEnd;
}

module.exports = { isOutliving, outliveIteration, outlivesIteration, servers };
