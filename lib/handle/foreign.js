'use strict';

// Handles and descriptors that others made: finding out what they are, and taking them over.

const fs = require('fs');
const native = require('../addon/native');
const { codes, ErrnoException } = require('../node/errors');
const { Handle, TCP, Pipe } = require('.');
const { validateInt32 } = require('../node/validators');

/** Kinds of descriptors, in the addon's numbering, by the names of Node's error texts. */
const DESCRIPTOR_KINDS = ['UNKNOWN', 'TCP', 'PIPE', 'UDP', 'FILE', 'TTY'];

/**
 * @param {number} fd
 * @returns {string} 'TCP', 'PIPE', 'UDP', 'FILE', 'TTY' or 'UNKNOWN'
 */
function guessHandleType(fd) {
  return DESCRIPTOR_KINDS[native.descriptorKind(fd)];
}

/**
 * A handle of the right class for a descriptor; it does not own it before `open`.
 *
 * @param {number} fd
 * @param {boolean} isServer whether it is going to listen
 * @returns {object} a TCP or Pipe
 * @throws {TypeError|RangeError} for what is no descriptor of a stream socket
 */
function createHandle(fd, isServer) {
  validateInt32(fd, 'fd', 0);
  const type = guessHandleType(fd);
  if (type === 'PIPE') return new Pipe(isServer ? Pipe.SERVER : Pipe.SOCKET);
  if (type === 'TCP') return new TCP(isServer ? TCP.SERVER : TCP.SOCKET);
  throw new codes.ERR_INVALID_FD_TYPE(type);
}

/**
 * The handle for a descriptor, such as the `fd` option of a Socket.
 *
 * @param {number} fd
 * @returns {object} a TCP or Pipe that owns the descriptor
 * @throws {TypeError|RangeError} for what is no descriptor of a stream socket
 * @throws {Error} when it can't be taken over
 */
function handleFromDescriptor(fd) {
  return opened(createHandle(fd, false), (handle) => handle.open(fd));
}

/**
 * The handle for a descriptor that was handed to this process or thread as a connection or listener.
 *
 * @param {number} fd
 * @param {boolean} [isServer] whether it is going to listen
 * @returns {object} a TCP or Pipe that owns the descriptor
 * @throws {Error} when it can't be taken over
 */
function handleReceived(fd, isServer = false) {
  return opened(createHandle(fd, isServer), (handle) => handle._take(fd));
}

/**
 * @param {object} handle new
 * @param {function(object): number} open gives it its descriptor
 * @returns {object} the handle
 * @throws {Error} when that has failed; the handle is closed then
 */
function opened(handle, open) {
  const status = beginOrClose(handle, open);
  if (status) throw new ErrnoException(status, 'open');
  return handle;
}

/**
 * @param {object} handle new
 * @param {function(object): number} begin
 * @returns {number} what `begin` has returned; the handle is closed if that is an error, and if `begin` throws
 */
function beginOrClose(handle, begin) {
  let failed = true;
  try {
    const status = begin(handle);
    failed = Boolean(status);
    return status;
  } finally {
    if (failed) handle.close();
  }
}

/**
 * Whether a handle is one of the host's own TCP or pipe handles.
 *
 * @param {object} handle
 * @returns {boolean}
 */
function isHostHandle(handle) {
  return !(handle instanceof Handle) && handle.isStreamBase === true &&
    (handle.constructor?.name === 'TCP' || handle.constructor?.name === 'Pipe') && handle.fd >= 0;
}

/**
 * @param {*} fd
 * @returns {boolean} whether it is a pipe(7), which the system calls of sockets do not work on
 */
function isFifo(fd) {
  if (!Number.isInteger(fd) || fd < 0) return false;
  try {
    return fs.fstatSync(fd, { bigint: true }).isFIFO();
  } catch {
    return false;
  }
}

/**
 * @param {object} handle
 * @returns {boolean} whether a Socket or Server of rsnet can work with it
 */
function isUsableHandle(handle) {
  return handle instanceof Handle || isHostHandle(handle);
}

/**
 * Takes over a handle of the host: rsnet's handle for the same connection, on a descriptor of its own. Closing it
 * closes both. Handles that are not the host's TCP or pipe handles come back as they are.
 *
 * @param {object} handle
 * @returns {object}
 * @throws {Error} when its descriptor can't be taken over
 */
function adoptHandle(handle) {
  if (handle === null || typeof handle !== 'object' || !isHostHandle(handle)) return handle;
  const fd = native.dupDescriptor(handle.fd);
  if (fd < 0) throw new ErrnoException(fd, 'open');
  const adopted = handleReceived(fd);
  adopted._adopt(handle);
  return adopted;
}

module.exports = {
  adoptHandle, beginOrClose, createHandle, handleFromDescriptor, handleReceived, isFifo, isUsableHandle,
};
