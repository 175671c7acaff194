'use strict';

// What a BoundSocket is, whoever has the handle: rsnet (lib/api/bound-socket.js) or the host (lib/fallback).

const { codes, ErrnoException } = require('../node/errors');
const { validateObject } = require('../node/validators');

/** Method: a Server or Socket takes the handle out of a BoundSocket. */
const kConsume = Symbol('kBoundSocketConsume');

/** Getter for the bound path, undefined for TCP. */
const kPath = Symbol('kBoundSocketPath');

/** The handle and path of each BoundSocket. Not private fields: no constructor runs for one from another thread. */
const states = new WeakMap();

/**
 * Sets the handle and path of a BoundSocket.
 * @param {object} bound a BoundSocket
 * @param {BoundHandle} handle bound
 * @param {string} [path] to which a Pipe is bound
 */
function hold(bound, handle, path) {
  states.set(bound, { handle, path });
}

/**
 * @param {object} bound a BoundSocket
 * @returns {BoundHandle|null} the handle, which the BoundSocket keeps; null once adopted or closed
 */
function heldHandle(bound) {
  return states.get(bound).handle;
}

/**
 * Checks that a BoundSocket is neither adopted nor closed.
 * @param {BoundHandle|null} handle the BoundSocket's
 * @returns {BoundHandle} the handle
 * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
 */
function notAdopted(handle) {
  if (handle === null) throw new codes.ERR_SOCKET_HANDLE_ADOPTED();
  return handle;
}

/**
 * Makes the class of a bound socket for `server.listen()` or `new Socket({ handle })`, which then own it. The program
 * must close one that it gives to neither.
 *
 * @param {(options: Options, bound: object) => BoundHandle} bind makes a handle of options that have not been checked
 */
function boundSocketClass(bind) {
  return class BoundSocket {
    /**
     * @param {Options} [options] `host` (numeric), `port`, `ipv6Only`, `reusePort`; or `path`; and those of the kernel
     * @throws {TypeError|RangeError} for a bad option
     * @throws {Error} of the system call bind or setsockopt
     */
    constructor(options = {}) {
      validateObject(options, 'options');
      const { path } = options;
      hold(this, bind(options, this), path);
    }

    /**
     * @returns {SocketName|string} the local address, or the path
     * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
     */
    address() {
      const handle = /** @type {HostHandle} */ (notAdopted(heldHandle(this)));
      const path = this[kPath];
      if (path !== undefined) return path;
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
     * @returns {BoundHandle} the handle, owned by the caller from now on
     * @throws {Error} ERR_SOCKET_HANDLE_ADOPTED
     */
    [kConsume]() {
      const handle = notAdopted(heldHandle(this));
      states.get(this).handle = null;
      return handle;
    }
  };
}

module.exports = { boundSocketClass, heldHandle, hold, kConsume, kPath };
