'use strict';

const { checkPath, checkTcp } = require('./bound-options');
const { applyToBound } = require('./kernel-options');
const { checkKernelOptions } = require('./kernel-option-names');
const { codes, ErrnoException, ExceptionWithHostPort } = require('../node/errors');
const { beginUse } = require('../node/first-use');
const { beginOrClose } = require('../handle/foreign');
const { TCP, Pipe } = require('../handle');
const { markTransferable } = require('../node/transferable');
const { UV_EADDRINUSE } = require('../node/errno');
const { validateObject } = require('../node/validators');

const { ERR_SOCKET_HANDLE_ADOPTED } = codes;

/** Method: a Server or Socket takes the handle out of a BoundSocket. */
const kConsume = Symbol('kBoundSocketConsume');

/** Getter for the bound path, undefined for TCP. */
const kPath = Symbol('kBoundSocketPath');

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

/** The handle and path of each BoundSocket. Not private fields: no constructor runs for one from another thread. */
const states = new WeakMap();

/**
 * Sets the handle and path of a BoundSocket.
 * @param {BoundSocket} bound
 * @param {TCP|Pipe} handle bound
 * @param {string} [path] to which a Pipe is bound
 */
function hold(bound, handle, path) {
  states.set(bound, { handle, path });
}

/**
 * @param {BoundSocket} bound
 * @returns {TCP|Pipe|null} the handle, which the BoundSocket keeps; null once adopted or closed
 */
function heldHandle(bound) {
  return states.get(bound).handle;
}

/**
 * Checks that a BoundSocket is neither adopted nor closed.
 * @param {TCP|Pipe|null} handle the BoundSocket's
 * @returns {TCP|Pipe} the handle
 * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
 */
function notAdopted(handle) {
  if (handle === null) throw new ERR_SOCKET_HANDLE_ADOPTED();
  return handle;
}

/**
 * A bound socket for `server.listen()` or `new Socket({ handle })`, which then own it. The program must close one that
 * it gives to neither.
 */
class BoundSocket {
  /**
   * @param {Options} [options] `host` (numeric), `port`, `ipv6Only`, `reusePort`; or `path`; and those of the kernel
   * @throws {TypeError|RangeError} for a bad option
   * @throws {Error} of the system call bind or setsockopt
   */
  constructor(options = {}) {
    validateObject(options, 'options');
    checkKernelOptions(options);
    beginUse();
    markTransferable(this);
    const { path } = options;
    hold(this, path === undefined ? bindTcp(options) : bindPath(options), path);
  }

  /**
   * @returns {SocketName|string} the local address, or the path
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  address() {
    const handle = /** @type {TCP} */ (notAdopted(heldHandle(this)));
    const path = this[kPath];
    if (path !== undefined) return path;
    const address = {};
    const status = handle.getsockname(address);
    if (status) throw new ErrnoException(status, 'address');
    return address;
  }

  /**
   * @returns {number} the descriptor; the BoundSocket keeps it
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  fd() {
    return notAdopted(heldHandle(this)).fd;
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
    return this[kPath] !== undefined;
  }

  /** The bound path, undefined for TCP. */
  get [kPath]() {
    return states.get(this).path;
  }

  /** Closes it, unless it is closed or a Server or Socket owns the handle. */
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    if (heldHandle(this) !== null) this.close();
  }

  /**
   * @returns {TCP|Pipe} the handle, owned by the caller from now on
   * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
   */
  [kConsume]() {
    const handle = notAdopted(heldHandle(this));
    states.get(this).handle = null;
    return handle;
  }
}

module.exports = { BoundSocket, heldHandle, hold, kConsume, kPath };
