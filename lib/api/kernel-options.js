'use strict';

// Options of the kernel that Node's sockets do not have (socket(7), tcp(7)). rsnet sets them before connect(2) and
// listen(2): Linux goes on pacing a connection that has begun with a congestion control that paces, and offers the peer
// a window that fits the first receive buffer.

const { codes, ErrnoException } = require('../node/errors');
const { Handle, TCP } = require('../handle');
const { isTcp } = require('../handle/handed-over');
const { kSeqpacket } = require('../handle/symbols');
const { kAskedOptions } = require('../handle/socket-symbols');
const { UV_EBADF, UV_EINVAL, UV_ENOPROTOOPT } = require('../node/errno');
const { KERNEL_OPTIONS, OPTION_NAMES, given, hasAny } = require('./kernel-option-names');

/**
 * @param {AnyHandle} handle
 * @param {{name: string, kind: import('./kernel-option-names').Kind}} option
 * @returns {{value?: *, status?: number}} the value, or a negated errno
 */
function valueOf(handle, { name, kind }) {
  const bytes = handle.getOption(name);
  return typeof bytes === 'number' ? { status: bytes } : { value: kind.decode(bytes) };
}

/**
 * Keeps a request. Without one there is no property, because programs list properties.
 *
 * @param {Socket|Server} owner
 * @param {string} name of the option
 * @param {*} value
 */
function remember(owner, name, value) {
  const asked = { ...owner[kAskedOptions], [name]: value };
  Object.defineProperty(owner, kAskedOptions, { value: asked, configurable: true, enumerable: false });
}

/**
 * @param {Socket|Server} owner
 * @param {Options} options which were checked
 */
function rememberKernelOptions(owner, options) {
  if (!hasAny(options)) return;
  for (const name of given(options)) remember(owner, name, options[name]);
}

/**
 * @param {Options} options of a socket that the host runs
 * @returns {Error|undefined} what is wrong with them
 */
function refuseKernelOptions(options) {
  const [name] = given(options);
  return name === undefined ? undefined : new codes.ERR_INVALID_HANDLE_TYPE(name);
}

/**
 * @param {number} status a negated errno
 * @param {string} call which failed
 * @param {string} [detail] about what
 */
function errorOf(status, call, detail) {
  if (status === UV_ENOPROTOOPT) return new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(detail ?? call);
  return new ErrnoException(status, call, detail);
}

/**
 * @param {AnyHandle} handle
 * @param {import('./kernel-option-names').KernelOption} option
 * @returns {boolean} whether a handle of that kind has it
 */
function has(handle, option) {
  return handle.setOption !== undefined && (isTcp(handle) ? !option.isUnix : !option.isTcp);
}

/**
 * What a handle is about to do when it gets an option; undefined: anything, also nothing more. One that is `connecting`
 * got all that was asked for before connect(2), and setters may have changed some since.
 *
 * @typedef {'listen'|'connecting'|undefined} Stage
 */

/**
 * @param {AnyHandle} handle
 * @param {import('./kernel-option-names').KernelOption} option
 * @param {Stage} stage
 * @returns {boolean} whether the kernel does not take the option any more, and need not
 */
function isPast(handle, option, stage) {
  if (stage === 'connecting') return option.method === undefined;
  // A program may have a connected socket connect again.
  return stage === undefined && option.isOfConnect === true && handle.getpeername({}) === 0;
}

/**
 * @param {AnyHandle} handle
 * @param {string} name of the option
 * @param {*} value
 * @param {Stage} [stage]
 * @returns {Error|undefined} the reason if it is not set
 */
function setOn(handle, name, value, stage) {
  const option = KERNEL_OPTIONS[name];
  const listens = stage === 'listen';
  if (!has(handle, option) || (option.isListenersOnly && !listens)) return new codes.ERR_INVALID_HANDLE_TYPE(name);
  if (isPast(handle, option, stage)) return undefined;
  const { name: kernelName, kind } = listens ? option.ofListener ?? option : option;
  const status = handle.setOption(kernelName, kind.encode(value));
  if (!status) return undefined;
  return option.method ? errorOf(status, `set${option.method}`) : errorOf(status, 'setsockopt', name);
}

/**
 * @param {AnyHandle} handle
 * @param {Record<string, *>|undefined} asked values by option
 * @param {Stage} [stage]
 * @returns {Error|undefined} the reason if one is not set
 */
function setAll(handle, asked, stage) {
  if (asked === undefined) return undefined;
  // The order of the table: a protocol comes before what only some protocols have.
  for (const name of given(asked)) {
    const problem = setOn(handle, name, asked[name], stage);
    if (problem) return problem;
  }
  return undefined;
}

/**
 * @param {object} handle
 * @param {Record<string, *>|undefined} asked values by option
 * @returns {Error|undefined} the reason why the owner, whose chunks have no bounds, cannot have a handle of messages
 */
function refuseMessages(handle, asked) {
  if (handle[kSeqpacket] !== true || asked?.seqpacket === true) return undefined;
  return errorOf(UV_EINVAL, 'setsockopt', 'seqpacket');
}

/**
 * Sets what was asked for on the handle of a Socket.
 *
 * @param {Socket} socket
 * @param {Stage} [stage]
 * @returns {Error|undefined} the reason if one is not set
 */
function applyKernelOptions(socket, stage) {
  const handle = socket._handle;
  const asked = socket[kAskedOptions];
  return refuseMessages(handle, asked) ?? setAll(handle, asked, stage);
}

/**
 * Sets options of the kernel on a handle, of which nobody knows yet whether it is to listen or to connect.
 *
 * @param {object} handle rsnet's, before bind(2)
 * @param {Options} options of a BoundSocket, which were checked
 * @throws {TypeError} for an option of another kind of handle, and a platform without the option
 * @throws {Error} when the system refuses one
 */
function applyToBound(handle, options) {
  const problem = setAll(/** @type {AnyHandle} */ (handle), options);
  if (problem) throw problem;
}

/**
 * @param {string} name of an option
 * @returns {boolean} whether only the socket that listens can have it
 */
function isListeners(name) {
  const { isListenersOnly, isOfBind, ofListener } = KERNEL_OPTIONS[name];
  return isListenersOnly || isOfBind || ofListener !== undefined;
}

/**
 * Sets a Server's options on the handle that is to listen, from which its connections inherit.
 *
 * The proxy that stands for a listener in a cluster worker has no socket, so this tries the options on another one.
 *
 * @param {Server} server
 * @param {AnyHandle} [handle] before bind(2), which some options need
 * @returns {Error|undefined} the reason if one is not set
 */
function applyToListener(server, handle = server._handle) {
  const asked = server[kAskedOptions];
  // The first client of a server of TLS would end the process: the socket of TLS that it makes for him throws.
  if (asked?.seqpacket === true && 'setSecureContext' in server) {
    return new codes.ERR_INVALID_HANDLE_TYPE('seqpacket');
  }
  if (asked === undefined || handle instanceof Handle) {
    return refuseMessages(handle, asked) ?? setAll(handle, asked, 'listen');
  }
  const names = given(asked);
  // The proxy for a path has no such method.
  if (!handle.getsockname) {
    const isAccepted = (name) => KERNEL_OPTIONS[name].isUnix && !isListeners(name);
    const refused = names.find((name) => !isAccepted(name));
    return refused === undefined ? undefined : new codes.ERR_INVALID_HANDLE_TYPE(refused);
  }
  const refused = names.find(isListeners);
  if (refused !== undefined) return new codes.ERR_INVALID_HANDLE_TYPE(refused);
  const other = /** @type {AnyHandle} */ (new TCP(TCP.SOCKET));
  const problem = setAll(other, asked, 'listen');
  other.close();
  return problem;
}

/**
 * Sets the Server's options on a connection: all if it has no listener to inherit them from, else those that are not
 * inherited.
 *
 * @param {Server} server
 * @param {AnyHandle} listener the listening handle, or its proxy
 * @param {AnyHandle} handle of the connection
 * @returns {Error|undefined} the reason if one is not set
 */
function applyToAccepted(server, listener, handle) {
  const asked = server[kAskedOptions];
  if (asked === undefined) return undefined;
  const inherits = listener instanceof Handle;
  const isWanted = (name) => (inherits ? KERNEL_OPTIONS[name].isSetOnEach : !isListeners(name));
  return setAll(handle, Object.fromEntries(Object.entries(asked).filter(([name]) => isWanted(name))));
}

/**
 * @param {AnyHandle} handle rsnet's
 * @returns {boolean} whether its connection is reset some time after closing (the option `linger`)
 */
function closesWithin(handle) {
  return valueOf(handle, KERNEL_OPTIONS.linger).value > 0;
}

/**
 * @param {Server} server
 * @returns {Record<string, *>} those of its options that its listening socket does not have
 */
function optionsOfEach(server) {
  const asked = Object.entries(server[kAskedOptions] ?? {});
  return Object.fromEntries(asked.filter(([name]) => KERNEL_OPTIONS[name].isSetOnEach));
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
     * @this {Socket}
     * @param {*} value kept for the next connection while there is none
     * @returns {Socket} this
     * @throws {TypeError|RangeError} for a value or a socket of the wrong kind, and a platform without the option
     * @throws {Error} when the system refuses it
     */
    [setter](value) {
      option.check(value, /** @type {string} */ (option.argument));
      const problem = this._handle ? setOn(this._handle, name, value) : undefined;
      if (problem) throw problem;
      remember(this, name, value);
      return this;
    },

    /**
     * @this {Socket}
     * @returns {*} the connection's; before there is one, what was asked for, or undefined
     * @throws {TypeError} for a socket of the wrong kind, and a platform without the option
     * @throws {Error} of getsockopt(2)
     */
    [getter]() {
      const asked = this[kAskedOptions]?.[name];
      const handle = this._handle;
      if (!handle) return asked;
      if (!has(handle, option)) throw new codes.ERR_INVALID_HANDLE_TYPE(name);
      if (this.connecting) return asked;
      const { value, status = 0 } = valueOf(handle, option);
      if (status === 0) return value;
      if (status === UV_EBADF) return asked;
      throw errorOf(status, getter);
    },
  };
}

/** Names of options that have methods. */
const SETTABLE = OPTION_NAMES.filter((name) => KERNEL_OPTIONS[name].method !== undefined);

module.exports = {
  applyKernelOptions, applyToAccepted, applyToBound, applyToListener, closesWithin,
  errorOf, optionsOfEach, refuseKernelOptions, rememberKernelOptions,
  kernelOptionMethods: Object.assign({}, ...SETTABLE.map(methodsOf)),
};
