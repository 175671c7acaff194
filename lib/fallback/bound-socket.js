'use strict';

// `net.BoundSocket` on the host's own handles, for hosts that do not have the class.

const { checkPath, checkTcp } = require('../api/bound-options');
const { checkKernelOptions, given } = require('../api/kernel-option-names');
const { builtin } = require('../node/builtin');
const { codes, ErrnoException, ExceptionWithHostPort } = require('../node/errors');
const { UV_EADDRINUSE } = require('../node/errno');
const { validateObject } = require('../node/validators');
const { hasReusePort } = require('./host');
const { unavailable } = require('./unavailable');

/** Method by which a Server or Socket takes the handle out of a BoundSocket. */
const kConsume = Symbol('kBoundSocketConsume');

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

/**
 * A bound socket for `server.listen()` or `new Socket({ handle })`, which then own it. The program must close one that
 * it gives to neither.
 */
class BoundSocket {
  /** @type {HostHandle|null} */
  #handle;
  #path;

  /**
   * @param {Options} [options] `host` (numeric), `port`, `ipv6Only`, `reusePort`; or `path`
   * @throws {TypeError|RangeError} for a bad option
   * @throws {Error} of the system call bind
   */
  constructor(options = {}) {
    validateObject(options, 'options');
    // Hosts other than Node have no handles to bind.
    if (!builtin._createServerHandle) throw unavailable('BoundSocket');
    refuseOptionsOfEngine(options);
    this.#path = options.path;
    this.#handle = options.path === undefined ? bindTcp(options) : bindPath(options);
  }

  /**
   * @returns {HostHandle} the handle
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  #held() {
    if (this.#handle === null) throw new codes.ERR_SOCKET_HANDLE_ADOPTED();
    return this.#handle;
  }

  /**
   * @returns {SocketName|string} the local address, or the path
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  address() {
    const handle = this.#held();
    if (this.isPipe) return this.#path;
    const address = {};
    const status = handle.getsockname?.(address);
    if (status) throw new ErrnoException(status, 'address');
    return address;
  }

  /**
   * @returns {number} the descriptor; the BoundSocket keeps it
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  fd() {
    return this.#held().fd;
  }

  /**
   * Releases the port or path.
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  close() {
    this[kConsume]().close();
  }

  /** Whether it is bound to a path. */
  get isPipe() {
    return this.#path !== undefined;
  }

  /** Closes it, unless it is closed or a Server or Socket owns the handle. */
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    if (this.#handle !== null) this.close();
  }

  /**
   * @returns {HostHandle} the handle, owned by the caller from now on
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  [kConsume]() {
    const handle = this.#held();
    this.#handle = null;
    return handle;
  }
}

/** The class of hosts that have one, which do not know the options of the kernel. */
const HostBoundSocket = builtin.BoundSocket && ({
  BoundSocket: class extends builtin.BoundSocket {
    /** @param {Options} [options] as the host's; those of the kernel throw */
    constructor(options = {}) {
      refuseOptionsOfEngine(options);
      super(options);
    }
  },
}).BoundSocket;

/**
 * @param {*} value
 * @returns {*} the handle, taken out of a BoundSocket of this class; anything else as it is
 * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
 */
function consumed(value) {
  return value instanceof BoundSocket ? value[kConsume]() : value;
}

module.exports = { BoundSocket, HostBoundSocket, consumed };
