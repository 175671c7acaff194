'use strict';

// The size of a Socket's reads, and their buffer.

const { isUint8Array } = require('util/types');
const { kBuffer, kBufferGen } = require('../handle/socket-symbols');

/** Largest chunks: the built-in's, by which programs size their buffers; that of a stream which buffers more. */
const USUAL = 64 * 1024;
const MOST = 256 * 1024;

/**
 * Gives a handle the user's buffer of `onread`, if there is one.
 *
 * @param {import('../..').Socket} socket with a handle
 */
function useUserBuffer(socket) {
  if (!socket[kBuffer] || typeof socket._handle.useUserBuffer !== 'function') return;
  if (socket[kBufferGen] !== null) {
    const first = socket[kBufferGen]();
    if (!isUint8Array(first)) return;
    socket[kBuffer] = first;
  }
  socket._handle.useUserBuffer(socket[kBuffer]);
}

/**
 * Sets the largest read of a handle.
 *
 * @param {import('../..').Socket} socket with a handle
 */
function setReadSize(socket) {
  useUserBuffer(socket);
  const most = Math.min(socket.readableHighWaterMark, MOST);
  if (most > USUAL) socket._handle.setReadMost?.(most);
}

module.exports = { setReadSize };
