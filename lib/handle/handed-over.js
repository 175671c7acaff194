'use strict';

// Node's own TCP and Pipe handles, for connections that rsnet has handed over to them (lib/interop/hand-over.js).

const { hasKeepAliveOptions } = require('../node/builtin');
const { canHandOver, classes } = require('../node/builtin-handles');
const native = require('../addon/native');
const { TCP } = require('.');
const { owner_symbol } = require('./socket-symbols');
const { kIsHost } = require('./symbols');

/** @typedef {{[name: string]: (this: HostHandle, ...args: *) => *}} Members of Node's handles */

/** `SOCKET` of Node's TCPConstants and PipeConstants. */
const SOCKET = 0;

/**
 * @param {Handle} handle rsnet's
 * @returns {HostHandleClass|undefined} Node's class for the same kind of connection; undefined where none can be handed
 *   over
 */
function classFor(handle) {
  if (!canHandOver()) return undefined;
  return handle instanceof TCP ? classes.TCP : classes.Pipe;
}

/**
 * @param {Handle} handle rsnet's
 * @returns {boolean} whether its connection can be handed over
 */
function canTake(handle) {
  return classFor(handle) !== undefined;
}

/**
 * @param {Handle} handle rsnet's
 * @param {{runInAsyncScope: Handle['runInAsyncScope']}} [scope] whose async context it gets
 * @returns {HostHandle|undefined} one of Node's for the same kind of connection, without a descriptor
 */
function hostHandleFor(handle, scope = handle) {
  const Class = classFor(handle);
  if (Class === undefined) return undefined;
  return scope.runInAsyncScope(() => new Class(SOCKET));
}

/**
 * Calls a function with a short-lived handle of rsnet on a copy of the descriptor.
 * @param {HostHandle} hostHandle
 * @param {(handle: TCP) => *} use
 * @returns {*} the result of `use`, or a negated errno if there is no descriptor
 */
function withCopy(hostHandle, use) {
  const fd = native.dupDescriptor(hostHandle.fd);
  if (fd < 0) return fd;
  const handle = new TCP(TCP.SOCKET);
  const status = handle.open(fd);
  const result = status === 0 ? use(handle) : status;
  handle.close();
  return result;
}

/**
 * For Nodes whose handles have no such option.
 * @type {Members}
 */
const optionMembers = {
  setTypeOfService(tos) { return withCopy(this, (handle) => handle.setTypeOfService(tos)); },
  getTypeOfService() { return withCopy(this, (handle) => handle.getTypeOfService()); },
};

/**
 * Node's handles never have these options.
 * @type {Members}
 */
const kernelOptions = {
  setOption(name, bytes) { return withCopy(this, (handle) => handle.setOption(name, bytes)); },
  getOption(name) { return withCopy(this, (handle) => handle.getOption(name)); },
};

/**
 * For Nodes whose `setKeepAlive` has no interval and count.
 * @type {Members}
 */
const keepAliveMembers = {
  /** @param {Parameters<TCP['setKeepAlive']>} args */
  setKeepAlive(...args) { return withCopy(this, (handle) => handle.setKeepAlive(...args)); },
};

/**
 * Defines members that are not enumerable.
 * @param {object} object
 * @param {object} members functions and getters
 */
function addMembers(object, members) {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(object, name, { ...descriptor, configurable: true, enumerable: false });
  }
}

/** What rsnet's handle had counted before. */
const kReadBefore = Symbol('kReadBefore');
const kWrittenBefore = Symbol('kWrittenBefore');

/**
 * Makes a prototype for these handles: that of their class, and the members that it lacks. Members of each handle
 * itself would make every access to it slower.
 * @param {HostHandle} prototype the class's
 * @returns {object}
 */
function extend(prototype) {
  const extended = Object.create(prototype);
  Object.defineProperty(extended, kIsHost, { value: true });
  addMembers(extended, {
    get bytesRead() { return Reflect.get(prototype, 'bytesRead', this) + this[kReadBefore]; },
    get bytesWritten() { return Reflect.get(prototype, 'bytesWritten', this) + this[kWrittenBefore]; },
  });
  addMembers(extended, kernelOptions);
  if (prototype !== classes.TCP?.prototype) return extended;
  if (prototype.setTypeOfService === undefined) addMembers(extended, optionMembers);
  if (!hasKeepAliveOptions) addMembers(extended, keepAliveMembers);
  return extended;
}

/** The results of `extend`. */
const extensions = new Map();

/**
 * Gives one of Node's handles the members and counters of the connection that it takes over.
 * @param {HostHandle} hostHandle
 * @param {object} counters of rsnet's handle
 * @param {number} counters.bytesRead
 * @param {number} counters.bytesWritten
 */
function prepareHostHandle(hostHandle, { bytesRead, bytesWritten }) {
  const prototype = Object.getPrototypeOf(hostHandle);
  let extended = extensions.get(prototype);
  if (extended === undefined) extensions.set(prototype, extended = extend(prototype));
  Object.defineProperty(hostHandle, kReadBefore, { value: bytesRead });
  Object.defineProperty(hostHandle, kWrittenBefore, { value: bytesWritten });
  Object.setPrototypeOf(hostHandle, extended);
}

/**
 * @param {object} handle
 * @returns {boolean} whether it is a TCP handle of rsnet's, or one of Node's for a connection that was handed over
 */
function isTcp(handle) {
  if (handle instanceof TCP) return true;
  return handle[kIsHost] === true && classes.TCP !== undefined && handle instanceof classes.TCP;
}

/**
 * @param {HostHandle} handle
 * @returns {boolean} whether it is one of Node's with a connection that no Socket has had yet
 */
function isAcceptedOnHost(handle) {
  return handle[kIsHost] === true && (handle[owner_symbol] ?? null) === null;
}

module.exports = { canTake, hostHandleFor, isAcceptedOnHost, isTcp, prepareHostHandle };
