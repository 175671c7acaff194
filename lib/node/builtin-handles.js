'use strict';

// The host's own classes of TCP and Pipe handles, and handles made by them.

const { channel } = require('diagnostics_channel');
const { debuglog } = require('util');
const { builtin } = require('./builtin');
const { probe, settle } = require('./capabilities');
const { isHandleKnown, isOwnerKnown, onStreamRead } = require('./private-symbols');

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

/** `TCP` and `Pipe` of the host, found on first use; undefined where the host has none. */
const classes = { TCP: undefined, Pipe: undefined };
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
  classes.TCP = classOf(openHandle());
  classes.Pipe = classOf(openHandle(true));
  settle('hostHandles', classes.TCP !== undefined && classes.Pipe !== undefined);
}

/** @returns {boolean} whether the host could go on with connections */
function canHandOver() {
  if (!isContinued) return false;
  search();
  return classes.TCP !== undefined && classes.Pipe !== undefined;
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

module.exports = { canHandOver, classes, closed, hostHandleOf, openHandle };
