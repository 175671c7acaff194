'use strict';

// Takes over handles of Node's, and descriptors that a program or another process has made.

const fs = require('fs');
const native = require('../addon/native');
const { codes, ErrnoException } = require('../node/errors');
const { Handle, TCP, Pipe } = require('.');
const { isAcceptedOnHost } = require('./handed-over');
const { validateInt32 } = require('../node/validators');

/**
 * @param {number} fd
 * @param {boolean} isServer whether the handle is going to listen
 * @param {boolean} [takesMessages] whether its socket may have messages (SOCK_SEQPACKET)
 * @returns {TCP|Pipe} which owns the descriptor from `open` on
 * @throws {TypeError|RangeError} if it is no descriptor of a stream socket
 */
function createHandle(fd, isServer, takesMessages = false) {
  validateInt32(fd, 'fd', 0);
  const type = native.descriptorKind(fd);
  if (type === 'PIPE') return new Pipe(isServer ? Pipe.SERVER : Pipe.SOCKET);
  if (type === 'TCP') return new TCP(isServer ? TCP.SERVER : TCP.SOCKET);
  if (type !== 'SEQPACKET') throw new codes.ERR_INVALID_FD_TYPE(type);
  // Node does not know the type.
  if (!takesMessages) throw new codes.ERR_INVALID_FD_TYPE('UNKNOWN');
  const handle = new Pipe(isServer ? Pipe.SERVER : Pipe.SOCKET);
  handle.setOption('SOCK_SEQPACKET', Uint8Array.of(1));
  return handle;
}

/**
 * @param {number} fd given by the program, such as the `fd` option of a Socket
 * @param {boolean} [takesMessages] as for `createHandle`
 * @returns {TCP|Pipe} which owns the descriptor
 * @throws {TypeError|RangeError} if it is no descriptor of a stream socket
 * @throws {Error} if it can't be taken over
 */
function handleFromDescriptor(fd, takesMessages) {
  return opened(createHandle(fd, false, takesMessages), (handle) => handle.open(fd));
}

/**
 * @param {number} fd of a socket or server that another process or thread has sent
 * @param {boolean} [isServer] whether the handle is going to listen
 * @returns {TCP|Pipe} which owns the descriptor
 * @throws {Error} if it can't be taken over
 */
function handleReceived(fd, isServer = false) {
  return opened(createHandle(fd, isServer), (handle) => handle._take(fd));
}

/**
 * @template {TCP|Pipe} T
 * @param {T} handle new
 * @param {(handle: T) => number} open gives it its descriptor
 * @returns {T} the handle
 * @throws {Error} if `open` has failed; the handle is closed then
 */
function opened(handle, open) {
  const status = beginOrClose(handle, open);
  if (status) throw new ErrnoException(status, 'open');
  return handle;
}

/**
 * @template {TCP|Pipe} T
 * @param {T} handle new
 * @param {(handle: T) => number} begin
 * @returns {number} the result of `begin`; the handle is closed if that is an error, or if `begin` throws
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
 * @param {*} handle
 * @returns {handle is HostHandle} whether it is a TCP or Pipe handle of Node's own
 */
function isHostHandle(handle) {
  return !(handle instanceof Handle) && handle.isStreamBase === true &&
    (handle.constructor?.name === 'TCP' || handle.constructor?.name === 'Pipe') && handle.fd >= 0;
}

/**
 * @param {*} fd
 * @returns {boolean} whether it is a pipe(7), on which recv(2) and send(2) do not work
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
 * @param {*} handle
 * @returns {boolean} whether a Socket or Server of rsnet can work with it
 */
function isUsableHandle(handle) {
  return handle instanceof Handle || isHostHandle(handle);
}

/**
 * Makes a handle of rsnet on a copy of the descriptor of one of Node's. To close it closes both.
 * @param {*} handle
 * @returns {*} `handle` itself, if it is no TCP or Pipe handle of Node's, or has accepted a connection for rsnet
 * @throws {Error} if the descriptor can't be taken over
 */
function adoptHandle(handle) {
  if (handle === null || typeof handle !== 'object' || !isHostHandle(handle)) return handle;
  if (isAcceptedOnHost(handle)) return handle;
  const fd = native.dupDescriptor(handle.fd);
  if (fd < 0) throw new ErrnoException(fd, 'open');
  const adopted = handleReceived(fd);
  adopted._adopt(handle);
  return adopted;
}

module.exports = {
  adoptHandle, beginOrClose, createHandle, handleFromDescriptor, handleReceived, isFifo, isUsableHandle,
};
