'use strict';

// Node's own classes of TCP and Pipe handles. Node exports neither, so they are taken from the handles of its sockets.

const { debuglog } = require('util');
const { builtin } = require('./builtin');
const { probe, record } = require('./capabilities');
const { connectUnseen } = require('./connect-unseen');
const { isHandleKnown, isOwnerKnown, onStreamRead } = require('./private-symbols');

/**
 * @param {boolean} [isPipe]
 * @returns {HostHandle|undefined} a handle of Node's without a descriptor; undefined where there is none
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
 * @returns {HostHandle|undefined} as `openHandle`
 */
function makeHandle(isPipe) {
  // A Socket makes its handle when it connects, and then prints for NODE_DEBUG=net. A program must not see that, so a
  // TLSSocket, which does not, makes the handle.
  if (debuglog('net').enabled && process.versions.openssl) {
    const { TLSSocket } = require('tls');
    /** `read` would print for NODE_DEBUG=net. */
    class Silent extends TLSSocket {
      /** The constructor calls this. */
      read() {}
    }
    return /** @type {*} */ (new Silent(/** @type {*} */ (undefined), { pipe: isPipe }))._handle._parent;
  }
  const socket = new builtin.Socket();
  try {
    connectUnseen(socket, /** @type {*} */ (isPipe ? { path: true } : { port: true }));
  } catch {
    // `true` is no path and no port. Node makes the handle before it finds that, and it has not asked then whether the
    // host is an IP address, for which it would compile a large regular expression.
  }
  const handle = /** @type {*} */ (socket)._handle ?? undefined;
  // `destroy` would look at process.stderr, which creates it.
  socket._handle = null;
  return handle;
}

/**
 * Closes a handle of Node's. It is unref'd first, or `process._getActiveHandles()` would list it until it has closed.
 * @param {HostHandle|undefined} handle
 * @returns {HostHandle|undefined} the handle
 */
function closed(handle) {
  if (typeof handle?.close !== 'function') return undefined;
  handle.unref();
  handle.close();
  return handle;
}

/**
 * Node's classes. `canHandOver` fills them in; undefined where Node has none.
 * @type {{TCP: HostHandleClass|undefined, Pipe: HostHandleClass|undefined}}
 */
const classes = { TCP: undefined, Pipe: undefined };
let isSearched = false;

/** Whether Node's code finds on a Socket of rsnet what it needs to run a connection. */
const isContinued = probe('hostHandles', () => isOwnerKnown && isHandleKnown &&
  typeof onStreamRead === 'function') === true;

/**
 * @param {HostHandle|undefined} handle of Node's
 * @returns {HostHandleClass|undefined} its class, if that has `open`
 */
function classOf(handle) {
  return typeof handle?.open === 'function' ? closed(handle)?.constructor : undefined;
}

/** Finds the classes. */
function search() {
  if (isSearched) return;
  isSearched = true;
  classes.TCP = classOf(openHandle());
  classes.Pipe = classOf(openHandle(true));
  record('hostHandles', classes.TCP !== undefined && classes.Pipe !== undefined);
}

/** @returns {boolean} whether Node's handles can take over connections of rsnet */
function canHandOver() {
  if (!isContinued) return false;
  search();
  return classes.TCP !== undefined && classes.Pipe !== undefined;
}

/**
 * @param {number} fd
 * @param {boolean} isPipe
 * @returns {HostHandle|number|undefined} a handle of Node's that owns the descriptor; a negated errno; undefined where
 *   Node has none
 * @throws {Error} ERR_ACCESS_DENIED, if the permission model refuses it
 */
function hostHandleOf(fd, isPipe) {
  try {
    if (record('serverHandles', typeof builtin._createServerHandle === 'function')) {
      return builtin._createServerHandle(null, 0, 4, fd);
    }
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ERR_ACCESS_DENIED') throw error;
    record('serverHandles', false);
  }
  const handle = openHandle(isPipe);
  const status = handle?.open(fd);
  if (!status) return handle;
  handle?.close();
  return status;
}

module.exports = { canHandOver, classes, closed, hostHandleOf, openHandle };
