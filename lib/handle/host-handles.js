'use strict';

// Connections of rsnet that go on with a TCP or Pipe handle of the host.

const { builtin } = require('../node/builtin');
const { canHandOver, classes } = require('../node/builtin-handles');
const native = require('../addon/native');
const { TCP } = require('.');
const { kIsHost } = require('./symbols');

/** `SOCKET` of the host's TCPConstants and PipeConstants. */
const SOCKET = 0;

/**
 * @param {object} handle rsnet's
 * @returns {Function|undefined} the host's class for the same kind of connection, if the host could go on with that
 */
function classFor(handle) {
  if (!canHandOver()) return undefined;
  return handle instanceof TCP ? classes.TCP : classes.Pipe;
}

/**
 * @param {object} handle rsnet's
 * @returns {boolean} whether its connection could go on with a handle of the host
 */
function canTake(handle) {
  return classFor(handle) !== undefined;
}

/**
 * @param {object} handle rsnet's
 * @returns {object|undefined} a handle of the host for the same kind of connection, without a descriptor; in the
 *   async context of rsnet's
 */
function hostHandleFor(handle) {
  const Class = classFor(handle);
  if (Class === undefined) return undefined;
  return handle.runInAsyncScope(() => new Class(SOCKET));
}

/**
 * Lets a handle of rsnet set or tell an option of a connection that the host has.
 *
 * @param {object} hostHandle
 * @param {function(TCP): *} use
 * @returns {*} what `use` returns, or the status with which there is no connection
 */
function borrow(hostHandle, use) {
  const fd = native.dupDescriptor(hostHandle.fd);
  if (fd < 0) return fd;
  const handle = new TCP(TCP.SOCKET);
  const status = handle.open(fd);
  const result = status === 0 ? use(handle) : status;
  handle.close();
  return result;
}

/** Options that handles of rsnet have, and those of older hosts do not. */
const optionMembers = {
  setTypeOfService(tos) { return borrow(this, (handle) => handle.setTypeOfService(tos)); },
  getTypeOfService() { return borrow(this, (handle) => handle.getTypeOfService()); },
};

/** Options that no host's handles have. */
const ownMembers = {
  setCongestionControl(name) { return borrow(this, (handle) => handle.setCongestionControl(name)); },
  getCongestionControl() { return borrow(this, (handle) => handle.getCongestionControl()); },
};

/** As `optionMembers`: before, keep-alive had no interval and count. */
const keepAliveMembers = {
  setKeepAlive(...args) { return borrow(this, (handle) => handle.setKeepAlive(...args)); },
};

/** Whether the host's keep-alive has an interval and a count. */
const hasKeepAliveInterval = builtin.Socket.prototype.setKeepAlive.length > 2;

/**
 * Defines members that nobody sees who lists an object.
 *
 * @param {object} object
 * @param {object} members functions and getters
 */
function addMembers(object, members) {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(object, name, { ...descriptor, configurable: true, enumerable: false });
  }
}

/** What the counters of a handle go on from. */
const kReadBefore = Symbol('kReadBefore');
const kWrittenBefore = Symbol('kWrittenBefore');

/**
 * Makes what the host's handles for connections that were rsnet's inherit from: their class, and what they lack. On the
 * handles themselves it would make each use of them slower.
 *
 * @param {object} prototype the class's
 * @returns {object}
 */
function extend(prototype) {
  const extended = Object.create(prototype);
  Object.defineProperty(extended, kIsHost, { value: true });
  addMembers(extended, {
    get bytesRead() { return Reflect.get(prototype, 'bytesRead', this) + this[kReadBefore]; },
    get bytesWritten() { return Reflect.get(prototype, 'bytesWritten', this) + this[kWrittenBefore]; },
  });
  if (prototype !== classes.TCP?.prototype) return extended;
  addMembers(extended, ownMembers);
  if (prototype.setTypeOfService === undefined) addMembers(extended, optionMembers);
  if (!hasKeepAliveInterval) addMembers(extended, keepAliveMembers);
  return extended;
}

/** By the prototypes of the classes. */
const extensions = new Map();

/**
 * Makes a handle of the host the one of a connection that was rsnet's.
 *
 * @param {object} hostHandle
 * @param {object} before
 * @param {number} before.bytesRead what the counters go on from
 * @param {number} before.bytesWritten
 */
function goOn(hostHandle, { bytesRead, bytesWritten }) {
  const prototype = Object.getPrototypeOf(hostHandle);
  let extended = extensions.get(prototype);
  if (extended === undefined) extensions.set(prototype, extended = extend(prototype));
  Object.defineProperty(hostHandle, kReadBefore, { value: bytesRead });
  Object.defineProperty(hostHandle, kWrittenBefore, { value: bytesWritten });
  Object.setPrototypeOf(hostHandle, extended);
}

/**
 * @param {object} handle
 * @returns {boolean} whether it is one of TCP: rsnet's, or the host's for a connection that was rsnet's
 */
function isTcp(handle) {
  if (handle instanceof TCP) return true;
  return handle[kIsHost] === true && classes.TCP !== undefined && handle instanceof classes.TCP;
}

module.exports = { canTake, goOn, hostHandleFor, isTcp };
