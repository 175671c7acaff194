'use strict';

// The size of a Socket's reads, and their buffer.

const { isUint8Array } = require('util/types');
const { sizes: { MAX_READ, USUAL_READ } } = require('../addon/constants');
const { kBuffer, kBufferGen } = require('../handle/socket-symbols');

/**
 * Gives a handle the user's buffer of `onread`, if there is one.
 *
 * @param {Socket} socket with a handle
 */
function useUserBuffer(socket) {
  if (!socket[kBuffer] || typeof socket._handle.useUserBuffer !== 'function') return;
  if (socket[kBufferGen] !== null) {
    const first = socket[kBufferGen]();
    if (!isUint8Array(first)) return;
    socket[kBuffer] = first;
  }
  socket._handle.useUserBuffer(/** @type {Uint8Array} */ (socket[kBuffer]));
}

/**
 * Sets how much one read of a handle may bring: as much as the program's buffer of `onread` holds, or as the stream's
 * `highWaterMark` asks for, from USUAL_READ to MAX_READ.
 *
 * @param {Socket} socket with a handle
 */
function setReadSize(socket) {
  useUserBuffer(socket);
  const most = Math.min(socket.readableHighWaterMark, MAX_READ);
  if (most > USUAL_READ) socket._handle.setReadMost?.(most);
}

module.exports = { setReadSize };
