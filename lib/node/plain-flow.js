'use strict';

// Whether a readable stream would emit each chunk at once and unchanged, so that rsnet may bypass `push`.

const { Duplex } = require('stream');
const { probe } = require('./capabilities');
const { isDebugging } = require('./debug');

/** Whether Node's streams have the fields that are read here. */
const showsState = probe('streamState', () => {
  const { awaitDrainWriters, dataEmitted, flowing, length, sync } = new Duplex()._readableState;
  return awaitDrainWriters === null && dataEmitted === false && flowing === null && length === 0 && sync === true;
}) === true;

/**
 * @param {Socket} socket
 * @returns {boolean} whether the stream has nothing buffered, decodes nothing, and nothing waits for it to drain
 */
function isTransparent(socket) {
  const state = socket._readableState;
  return showsState && state.length === 0 && state.awaitDrainWriters === null && socket.readableEncoding === null &&
    socket.push === Duplex.prototype.push;
}

/**
 * `push` also schedules a tick that asks for more. That has no effect while the handle reads, but NODE_DEBUG prints it.
 * @param {Socket} socket
 * @returns {boolean} whether `push` would only emit a chunk
 */
function emitsAtOnce(socket) {
  const state = socket._readableState;
  return showsState && !isDebugging && state.flowing === true && state.dataEmitted && !state.sync &&
    isTransparent(socket) && socket.listenerCount('data') > 0;
}

/**
 * `push` without the tick that asks for more. Where Node's streams show no such field, more is asked for.
 * @param {Socket} socket
 * @param {Buffer} chunk
 */
function pushAndWait(socket, chunk) {
  const state = socket._readableState;
  const { readingMore } = state;
  state.readingMore = true;
  socket.push(chunk);
  state.readingMore = readingMore;
}

module.exports = { emitsAtOnce, isTransparent, pushAndWait };
