'use strict';

// TCP and Pipe handles of the host, for connections that it goes on with.

const { channel } = require('diagnostics_channel');
const { debuglog } = require('util');
const { builtin } = require('./builtin');
const { probe, settle } = require('./capabilities');
const { TCP } = require('./handle');
const { kIsHost } = require('./handle-symbols');
const { isHandleKnown, isOwnerKnown, onStreamRead } = require('./host-internals');
const native = require('./native');

/**
 * @param {boolean} [isPipe]
 * @returns {object|undefined} a TCP or Pipe handle of the host, which has no descriptor; undefined where there is none
 */
function openHandle(isPipe = false) {
  try {
    return makeHandle(isPipe);
  } catch {
    return undefined;
  }
}

/**
 * @param {boolean} isPipe
 * @returns {object|undefined} as `openHandle`
 */
function makeHandle(isPipe) {
  // A Socket that connects tells what no program has done: NODE_DEBUG=net, and who has subscribed to its channel. TLS
  // makes a handle without a word.
  const isHeard = debuglog('net').enabled || channel('net.client.socket').hasSubscribers;
  if (isHeard && process.versions.openssl) {
    const { TLSSocket } = require('tls');
    /** Does not begin to read, which would print something. */
    class Silent extends TLSSocket {
      /** Called by the constructor. */
      read() {}
    }
    return new Silent(undefined, { pipe: isPipe })._handle._parent;
  }
  const socket = new builtin.Socket();
  try {
    socket.connect(isPipe ? { path: true } : { host: 'rsnet', port: 1, lookup() {} });
  } catch {
    // That is no path, which the host finds when it has made the handle.
  }
  const handle = socket._handle ?? undefined;
  // Destroying the socket would create process.stderr: Node's sockets look at it then.
  socket._handle = null;
  return handle;
}

/**
 * @param {object|undefined} handle of the host
 * @returns {object|undefined} the handle, closed; until the loop has come round, `process._getActiveHandles()` would
 *   list it
 */
function closed(handle) {
  if (typeof handle?.close !== 'function') return undefined;
  handle.unref();
  handle.close();
  return handle;
}

/** `SOCKET` of the host's TCPConstants and PipeConstants. */
const SOCKET = 0;

/** The host's classes, found on first use; undefined where the host has none. */
let HostTCP;
let HostPipe;
let isSearched = false;

/** Whether the host's own code would go on with a connection. */
const isContinued = probe('hostHandles', () => isOwnerKnown && isHandleKnown &&
  typeof onStreamRead === 'function') === true;

/**
 * @param {object|null} handle of the host
 * @returns {Function|undefined} its class, if such handles can be given a descriptor
 */
function classOf(handle) {
  return typeof handle?.open === 'function' ? closed(handle).constructor : undefined;
}

/** Finds the classes. */
function search() {
  if (isSearched) return;
  isSearched = true;
  HostTCP = classOf(openHandle());
  HostPipe = classOf(openHandle(true));
  settle('hostHandles', HostTCP !== undefined && HostPipe !== undefined);
}

/** @returns {boolean} whether the host could go on with connections */
function canHandOver() {
  if (!isContinued) return false;
  search();
  return HostTCP !== undefined && HostPipe !== undefined;
}

/**
 * @param {object} handle rsnet's
 * @returns {Function|undefined} the host's class for the same kind of connection, if the host could go on with that
 */
function classFor(handle) {
  if (!canHandOver()) return undefined;
  return handle instanceof TCP ? HostTCP : HostPipe;
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
 * @param {number} fd
 * @param {boolean} isPipe
 * @returns {object|number|undefined} a handle of the host that owns the descriptor, a negated errno, or undefined where
 *   there can be none
 * @throws {Error} ERR_ACCESS_DENIED, where the permission model refuses it
 */
function hostHandleOf(fd, isPipe) {
  try {
    if (settle('serverHandles', typeof builtin._createServerHandle === 'function')) {
      return builtin._createServerHandle(null, 0, 4, fd);
    }
  } catch (error) {
    if (error.code === 'ERR_ACCESS_DENIED') throw error;
    settle('serverHandles', false);
  }
  const handle = openHandle(isPipe);
  const status = handle?.open(fd);
  if (!status) return handle;
  handle.close();
  return status;
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
  if (prototype !== HostTCP?.prototype) return extended;
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
  return handle instanceof TCP || (handle[kIsHost] === true && HostTCP !== undefined && handle instanceof HostTCP);
}

module.exports = { canHandOver, canTake, closed, goOn, hostHandleFor, hostHandleOf, isTcp, openHandle };
