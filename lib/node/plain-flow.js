'use strict';

// Streams that hand each chunk on as it comes.

const { Duplex } = require('stream');
const { probe } = require('./capabilities');
const { isDebugging } = require('./debug');

/** Whether the host's streams keep their state where it is looked for here. */
const showsState = probe('streamState', () => {
  const { awaitDrainWriters, dataEmitted, flowing, length, sync } = new Duplex()._readableState;
  return awaitDrainWriters === null && dataEmitted === false && flowing === null && length === 0 && sync === true;
}) === true;

/**
 * @param {import('../..').Socket} socket
 * @returns {boolean} whether the stream has nothing buffered, and would change nothing about a chunk
 */
function isTransparent(socket) {
  const state = socket._readableState;
  return showsState && state.length === 0 && state.awaitDrainWriters === null && socket.readableEncoding === null &&
    socket.push === Duplex.prototype.push;
}

/**
 * Whether `push` would do nothing with a chunk but emit it: the stream flows, has nothing buffered, decodes nothing,
 * waits for nobody to drain, and has emitted before. What else `push` does then, a tick that asks for more, is
 * without effect while the handle reads on; but NODE_DEBUG shows it.
 *
 * @param {import('../..').Socket} socket
 * @returns {boolean}
 */
function emitsAtOnce(socket) {
  const state = socket._readableState;
  return showsState && !isDebugging && state.flowing === true && state.dataEmitted && !state.sync &&
    isTransparent(socket) && socket.listenerCount('data') > 0;
}

module.exports = { emitsAtOnce, isTransparent };
