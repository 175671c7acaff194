'use strict';

// Streams that hand each chunk on as it comes.

const { Duplex } = require('stream');
const { isDebugging } = require('./debug');

/**
 * @param {import('..').Socket} socket
 * @returns {boolean} whether the stream has nothing buffered, and would change nothing about a chunk
 */
function isTransparent(socket) {
  const state = socket._readableState;
  return state.length === 0 && state.awaitDrainWriters === null && socket.readableEncoding === null &&
    socket.push === Duplex.prototype.push;
}

/**
 * Whether `push` would do nothing with a chunk but emit it: the stream flows, has nothing buffered, decodes nothing,
 * waits for nobody to drain, and has emitted before. What else `push` does then, a tick that asks for more, is
 * without effect while the handle reads on; but NODE_DEBUG shows it.
 *
 * @param {import('..').Socket} socket
 * @returns {boolean}
 */
function emitsAtOnce(socket) {
  const state = socket._readableState;
  return !isDebugging && state.flowing === true && state.dataEmitted && !state.sync && isTransparent(socket) &&
    socket.listenerCount('data') > 0;
}

module.exports = { emitsAtOnce, isTransparent };
