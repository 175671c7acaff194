'use strict';

// Options of the kernel that Node's sockets do not have (socket(7), tcp(7)). rsnet sets them before connect(2) and
// listen(2): Linux goes on pacing a connection that has begun with a congestion control that paces, and offers the peer
// a window that fits the first receive buffer.

const { codes, ErrnoException } = require('../node/errors');
const { Handle, TCP } = require('../handle');
const { isTcp } = require('../handle/handed-over');
const { kAskedOptions } = require('../handle/socket-symbols');
const { UV_EBADF, UV_ENOPROTOOPT } = require('../node/errno');
const { KERNEL_OPTIONS, NAMES, given } = require('./kernel-option-names');

/**
 * @param {object} handle
 * @param {import('./kernel-option-names').KernelOption} option
 * @param {*} value
 * @returns {number} status
 */
function setValue(handle, { name }, value) {
  return name === undefined ? handle.setCongestionControl(value) : handle.setOption(name, value);
}

/**
 * @param {object} handle
 * @param {import('./kernel-option-names').KernelOption} option
 * @returns {string|number} the value, or a negated errno
 */
function valueOf(handle, { name }) {
  if (name === undefined) return handle.getCongestionControl();
  const bytes = handle.getOption(name);
  return typeof bytes === 'number' ? bytes : new Int32Array(Uint8Array.from(bytes).buffer)[0];
}

/**
 * Keeps a request. Without one there is no property, because programs list properties.
 *
 * @param {import('../..').Socket|import('../..').Server} owner
 * @param {string} name of the option
 * @param {*} value
 */
function remember(owner, name, value) {
  const asked = { ...owner[kAskedOptions], [name]: value };
  Object.defineProperty(owner, kAskedOptions, { value: asked, configurable: true, enumerable: false });
}

/**
 * @param {import('../..').Socket|import('../..').Server} owner
 * @param {object} options which were checked
 */
function rememberKernelOptions(owner, options) {
  for (const name of NAMES) {
    if (options[name] !== undefined) remember(owner, name, options[name]);
  }
}

/**
 * @param {object} options of a socket that the host runs
 * @returns {Error|undefined} what is wrong with them
 */
function refuseKernelOptions(options) {
  return given(options).length === 0 ? undefined : new codes.ERR_INVALID_HANDLE_TYPE();
}

/**
 * @param {number} status a negated errno
 * @param {string} call which failed
 * @returns {Error}
 */
function errorOf(status, call) {
  if (status === UV_ENOPROTOOPT) return new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(call);
  return new ErrnoException(status, call);
}

/**
 * @param {object} handle
 * @param {import('./kernel-option-names').KernelOption} option
 * @returns {boolean} whether a handle of that kind has it
 */
function has(handle, option) {
  return handle.setOption !== undefined && (!option.isTcp || isTcp(handle));
}

/**
 * @param {object} handle
 * @param {import('./kernel-option-names').KernelOption} option
 * @param {*} value
 * @returns {Error|undefined} the reason if it is not set
 */
function setOn(handle, option, value) {
  if (!has(handle, option)) return new codes.ERR_INVALID_HANDLE_TYPE();
  const status = setValue(handle, option, value);
  return status ? errorOf(status, `set${option.method}`) : undefined;
}

/**
 * @param {object} handle
 * @param {Record<string, *>|undefined} asked values by option
 * @returns {Error|undefined} the reason if one is not set
 */
function setAll(handle, asked) {
  if (asked === undefined) return undefined;
  for (const [name, value] of Object.entries(asked)) {
    const problem = setOn(handle, KERNEL_OPTIONS[name], value);
    if (problem) return problem;
  }
  return undefined;
}

/**
 * Sets what was asked for on the handle of a Socket, or of a Server before listen(2).
 *
 * @param {import('../..').Socket|import('../..').Server} owner
 * @returns {Error|undefined} the reason if one is not set
 */
function applyKernelOptions(owner) {
  return setAll(owner._handle, owner[kAskedOptions]);
}

/**
 * As `applyKernelOptions` for a Server, whose connections inherit from the listener. The proxy that stands for a
 * listener in a cluster worker has no socket, so this tries the options on another one.
 *
 * @param {import('../..').Server} server
 * @returns {Error|undefined} the reason if one is not set
 */
function applyToListener(server) {
  const asked = server[kAskedOptions];
  if (asked === undefined || server._handle instanceof Handle) return applyKernelOptions(server);
  // The proxy for a path has no such method.
  if (!server._handle.getsockname) return new codes.ERR_INVALID_HANDLE_TYPE();
  const handle = new TCP(TCP.SOCKET);
  const problem = setAll(handle, asked);
  handle.close();
  return problem;
}

/**
 * Sets the Server's options on a connection that has no listener to inherit them from.
 *
 * @param {import('../..').Server} server
 * @param {object} listener the listening handle, or its proxy
 * @param {object} handle of the connection
 * @returns {Error|undefined} the reason if one is not set
 */
function applyToAccepted(server, listener, handle) {
  return listener instanceof Handle ? undefined : setAll(handle, server[kAskedOptions]);
}

/**
 * @param {string} name of an option
 * @returns {Record<string, Function>} the methods of Socket that set and get it
 */
function methodsOf(name) {
  const option = KERNEL_OPTIONS[name];
  const setter = `set${option.method}`;
  const getter = `get${option.method}`;
  return {
    /**
     * @this {import('../..').Socket}
     * @param {*} value kept for the next connection while there is none
     * @returns {import('../..').Socket} this
     * @throws {TypeError|RangeError} for a value or a socket of the wrong kind, and a platform without the option
     * @throws {Error} when the system refuses it
     */
    [setter](value) {
      option.check(value, option.argument);
      const problem = this._handle ? setOn(this._handle, option, value) : undefined;
      if (problem) throw problem;
      remember(this, name, value);
      return this;
    },

    /**
     * @this {import('../..').Socket}
     * @returns {*} the connection's; before there is one, what was asked for, or undefined
     * @throws {TypeError} for a socket of the wrong kind, and a platform without the option
     * @throws {Error} of getsockopt(2)
     */
    [getter]() {
      const asked = this[kAskedOptions]?.[name];
      const handle = this._handle;
      if (!handle) return asked;
      if (!has(handle, option)) throw new codes.ERR_INVALID_HANDLE_TYPE();
      if (this.connecting) return asked;
      const value = valueOf(handle, option);
      if (typeof value !== 'number' || value >= 0) return value;
      if (value === UV_EBADF) return asked;
      throw errorOf(value, getter);
    },
  };
}

module.exports = {
  applyKernelOptions, applyToAccepted, applyToListener, errorOf, refuseKernelOptions, rememberKernelOptions,
  kernelOptionMethods: Object.assign({}, ...NAMES.map(methodsOf)),
};
