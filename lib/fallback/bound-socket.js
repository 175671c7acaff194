'use strict';

// `net.BoundSocket` on the host's own handles, for hosts that do not have the class.

const { checkPath, checkTcp } = require('../api/bound-options');
const { boundSocketClass, kConsume } = require('../api/bound-socket-class');
const { checkKernelOptions, given } = require('../api/kernel-option-names');
const { builtin } = require('../node/builtin');
const { ErrnoException, ExceptionWithHostPort } = require('../node/errors');
const { UV_EADDRINUSE } = require('../node/errno');
const { hasReusePort } = require('./host');
const { unavailable } = require('./unavailable');

/** Flags of libuv's `uv_tcp_bind`. */
const UV_TCP_IPV6ONLY = 1;
const UV_TCP_REUSEPORT = 2;

/**
 * @param {Options} options of a TCP address
 * @returns {HostHandle} a handle of the host, bound
 * @throws {Error} of the system call bind
 */
function bindTcp(options) {
  const { host, port, isIPv6, ipv6Only, reusePort } = checkTcp(options);
  if (reusePort && !hasReusePort) throw unavailable('reusePort');
  const flags = (isIPv6 && ipv6Only ? UV_TCP_IPV6ONLY : 0) | (reusePort ? UV_TCP_REUSEPORT : 0);
  const handle = builtin._createServerHandle(host, port, isIPv6 ? 6 : 4, undefined, flags);
  /** @type {*} */
  let status = handle;
  if (typeof handle === 'object') {
    // libuv reports a busy port in the next call that needs the address, not in bind.
    /** @type {SocketName} */
    const bound = {};
    status = handle.getsockname?.(bound);
    if (!status && bound.port === 0) status = UV_EADDRINUSE;
    if (!status) return handle;
    handle.close();
  }
  throw new ExceptionWithHostPort(status, 'bind', host, port);
}

/**
 * @param {Options} options with `path`
 * @returns {HostHandle} a handle of the host, bound
 * @throws {Error} of the system call bind
 */
function bindPath(options) {
  const handle = builtin._createServerHandle(checkPath(options), -1, -1);
  if (typeof handle === 'object') return handle;
  throw new ErrnoException(handle, 'bind');
}

/**
 * @param {*} options of a BoundSocket
 * @throws {TypeError|RangeError} for one of the kernel, which only the engine sets
 */
function refuseOptionsOfEngine(options) {
  if (typeof options !== 'object' || options === null) return;
  checkKernelOptions(options);
  for (const name of given(options)) throw unavailable(name);
}

const BoundSocket = boundSocketClass((options) => {
  // Hosts other than Node have no handles to bind.
  if (!builtin._createServerHandle) throw unavailable('BoundSocket');
  refuseOptionsOfEngine(options);
  return options.path === undefined ? bindTcp(options) : bindPath(options);
});

/** The class of hosts that have one, without the options of the kernel. The first such host, 24.19, ignores a path. */
const HostBoundSocket = builtin.BoundSocket && 'isPipe' in builtin.BoundSocket.prototype ? ({
  BoundSocket: class extends builtin.BoundSocket {
    /** @param {Options} [options] as the host's; those of the kernel throw */
    constructor(options = {}) {
      refuseOptionsOfEngine(options);
      super(options);
    }
  },
}).BoundSocket : undefined;

/**
 * @param {*} value
 * @returns {*} the handle, taken out of a BoundSocket of this class; anything else as it is
 * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
 */
function consumed(value) {
  return value instanceof BoundSocket ? value[kConsume]() : value;
}

module.exports = { BoundSocket, HostBoundSocket, consumed };
