'use strict';

// A write that a Socket hands to its handle: how it begins and ends.

const { ErrnoException } = require('../node/errors');
const host = require('../node/versions');
const { WriteReq } = require('../handle/requests');
const { kAfterAsyncWrite, kLastWriteQueueSize, owner_symbol } = require('../handle/socket-symbols');

/**
 * @param {Socket} socket which is about to write
 * @param {AnyHandle} handle
 * @param {(error?: Error|null) => void} cb
 * @returns {WriteReq} to be given to the handle
 */
function writeRequest(socket, handle, cb) {
  socket._unrefTimer();
  const req = new WriteReq(onWriteComplete, cb);
  req.handle = handle;
  return req;
}

/**
 * Calls back, unless the handle does that later.
 *
 * @param {Socket} socket
 * @param {WriteReq} req
 * @param {number} status with which the handle has taken it
 * @param {(error?: Error|null) => void} cb
 */
function settleWrite(socket, req, status, cb) {
  if (status !== 0) {
    cb(new ErrnoException(status, 'write', req.error));
  } else if (req.async) {
    socket[kLastWriteQueueSize] = req.bytes;
  } else {
    cb();
  }
}

/**
 * Completes a write that the kernel did not accept at once.
 *
 * @this {WriteReq}
 * @param {number} status
 */
function onWriteComplete(status) {
  const socket = this.handle[owner_symbol];
  if (!socket || socket.destroyed) {
    const cancelled = status < 0 && host.writesReportCancelling;
    if (typeof this.callback === 'function') this.callback(cancelled ? new ErrnoException(status, 'write') : null);
    return;
  }
  if (status < 0) {
    const error = new ErrnoException(status, 'write', this.error);
    if (typeof this.callback === 'function') this.callback(error);
    else socket.destroy(error);
    return;
  }
  socket._unrefTimer();
  socket[kAfterAsyncWrite](this);
  if (typeof this.callback === 'function') this.callback(null);
}

module.exports = { settleWrite, writeRequest };
