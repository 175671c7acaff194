'use strict';

// `net.BoundSocket` on rsnet's handles.

const { checkPath, checkTcp } = require('./bound-options');
const { boundSocketClass, heldHandle, hold, kConsume, kPath } = require('./bound-socket-class');
const { applyToBound } = require('./kernel-options');
const { checkKernelOptions } = require('./kernel-option-names');
const { ErrnoException, ExceptionWithHostPort } = require('../node/errors');
const { beginUse } = require('../node/first-use');
const { beginOrClose } = require('../handle/foreign');
const { TCP, Pipe } = require('../handle');
const { markTransferable } = require('../node/transferable');
const { UV_EADDRINUSE } = require('../node/errno');

/**
 * @param {Options} options
 * @returns {TCP} bound
 * @throws {TypeError|RangeError} for a bad option
 * @throws {Error} of the system call bind or setsockopt
 */
function bindTcp(options) {
  const { host, port, isIPv6, ipv6Only, reusePort } = checkTcp(options);
  const handle = new TCP(TCP.SOCKET);
  let flags = reusePort ? TCP.UV_TCP_REUSEPORT : 0;
  if (isIPv6 && ipv6Only) flags |= TCP.UV_TCP_IPV6ONLY;
  const status = beginOrClose(handle, () => {
    applyToBound(handle, options);
    const bindStatus = isIPv6 ? handle.bind6(host, port, flags) : handle.bind(host, port, flags);
    if (bindStatus) return bindStatus;
    // libuv reports a busy port in the next call that needs the address, not in bind.
    /** @type {SocketName} */
    const bound = {};
    const nameStatus = handle.getsockname(bound);
    return !nameStatus && bound.port === 0 ? UV_EADDRINUSE : nameStatus;
  });
  if (!status) return handle;
  throw new ExceptionWithHostPort(status, 'bind', host, port);
}

/**
 * @param {Options} options with `path`
 * @returns {Pipe} bound
 * @throws {Error} of the system call bind or setsockopt
 */
function bindPath(options) {
  const path = checkPath(options);
  const handle = new Pipe(Pipe.SOCKET);
  const status = beginOrClose(handle, () => {
    applyToBound(handle, options);
    return handle.bind(path);
  });
  if (!status) return handle;
  throw new ErrnoException(status, 'bind');
}

const BoundSocket = boundSocketClass((options, bound) => {
  checkKernelOptions(options);
  beginUse();
  markTransferable(bound);
  return options.path === undefined ? bindTcp(options) : bindPath(options);
});

module.exports = { BoundSocket, heldHandle, hold, kConsume, kPath };
