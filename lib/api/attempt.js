'use strict';

// One attempt to connect: bind(2) of the local side, connect(2), and the socket's new state.

const { totals } = require('./counters');
const { applyKernelOptions } = require('./kernel-options');
const { debug } = require('../node/debug');
const { codes, ExceptionWithHostPort } = require('../node/errors');
const hooks = require('../handle/hooks');
const { kStandsIn } = require('../node/active-handles');
const { startEntry } = require('../node/perf-entries');
const { ConnectReq, PathConnectReq } = require('../handle/requests');
const { sendHeader } = require('./proxy-protocol');
const { applyOptions } = require('./socket-options');
const { kNextHandle, owner_symbol } = require('../handle/socket-symbols');
const { UV_EADDRINUSE } = require('../node/errno');

/**
 * Binds the local side before a connect.
 *
 * @param {AnyHandle} handle
 * @param {number} family 4 or 6
 * @param {string} address numeric
 * @param {*} port a number; 0 or undefined = any
 * @returns {number} status; EADDRINUSE where the kernel would only tell at connect(2)
 */
function bindLocal(handle, family, address, port) {
  const status = family === 4 ? handle.bind(address, port) : handle.bind6(address, port, 0);
  if (status !== 0 || !(port > 0) || !handle.getsockname) return status;
  /** @type {SocketName} */
  const name = {};
  const nameStatus = handle.getsockname(name);
  return nameStatus === 0 && name.port !== port ? UV_EADDRINUSE : nameStatus;
}

/**
 * @param {number} family 4 or 6
 * @returns {string} the address that stands for all of this machine's
 */
function anyAddress(family) {
  return family === 4 ? '0.0.0.0' : '::';
}

/**
 * The error for an attempt that failed.
 *
 * @param {ConnectReq} req
 * @param {number|Error} status
 * @returns {Error}
 */
function connectError(req, status) {
  const local = req.localAddress && req.localPort ? `${req.localAddress}:${req.localPort}` : undefined;
  const error = new ExceptionWithHostPort(status, 'connect', req.address, req.port, local);
  if (local) {
    Object.assign(error, { localAddress: req.localAddress, localPort: req.localPort });
  }
  return error;
}

/**
 * The error for an attempt that the kernel refused at once.
 *
 * @param {Socket} socket
 * @param {ConnectReq} req
 * @param {number|Error} status
 * @returns {Error}
 */
function connectErrorAtOnce(socket, req, status) {
  const { address, port } = socket._getsockname();
  return new ExceptionWithHostPort(status, 'connect', req.address, req.port, `${address}:${port}`);
}

/**
 * Asks the socket's handle to connect.
 *
 * @param {Socket} self
 * @param {ConnectReq} req
 * @returns {number|Error} status
 */
function startConnect(self, req) {
  // The TypeError of an object without this method quotes the call as written here. The built-in's text is the same.
  if (req.addressType === undefined) return self._handle.connect(req, req.address);
  const status = req.addressType === 4
    ? self._handle.connect(req, req.address, req.port)
    : self._handle.connect6(req, req.address, req.port);
  if (!status && self[kStandsIn] !== true) req.finishEntry = startEntry(req);
  return status;
}

/**
 * Connects to the only address.
 *
 * @param {Socket} socket
 * @param {{address: string, port?: number, family?: number, localAddress?: string, localPort?: number}} target
 *   a path has no `family`
 */
function connectTo(socket, { address, port, family, localAddress, localPort }) {
  const refusal = applyKernelOptions(socket);
  if (refusal) {
    socket.destroy(refusal);
    return;
  }
  let local = localAddress;
  if (family !== undefined && (localAddress || localPort)) {
    local = localAddress || anyAddress(family);
    debug('connect: binding to localAddress: %s and localPort: %d (addressType: %d)', local, localPort, family);
    const status = bindLocal(socket._handle, family, local, localPort);
    if (status) {
      socket.destroy(new ExceptionWithHostPort(status, 'bind', local, localPort));
      return;
    }
  }
  debug('connect: attempting to connect to %s:%d (addressType: %d)', address, port, family);
  socket.emit('connectionAttempt', address, port, family);
  if (!socket.connecting || !socket._handle) return;
  if (family !== undefined && socket.blockList?.check(address, `ipv${family}`)) {
    socket.destroy(new codes.ERR_IP_BLOCKED(address));
    return;
  }
  const req = new (family === undefined ? PathConnectReq : ConnectReq)(afterConnect);
  req.address = address;
  req.port = port;
  req.localAddress = local;
  req.localPort = localPort;
  req.addressType = family;
  const status = startConnect(socket, req);
  if (status) socket.destroy(connectErrorAtOnce(socket, req, status));
}

/**
 * Runs when the only attempt ends.
 *
 * @param {number} status
 * @param {AnyHandle} handle
 * @param {ConnectReq} req
 */
function afterConnect(status, handle, req) {
  const socket = handle[owner_symbol];
  if (!socket || socket.destroyed) return;
  if (status === 0) {
    becomeConnected(socket, req);
    return;
  }
  debug('afterConnect');
  totals.failed++;
  socket.connecting = false;
  const error = connectError(req, status);
  socket.emit('connectionAttemptFailed', req.address, req.port, req.addressType, error);
  socket.destroy(error);
}

/**
 * Sets the options on a new connection, emits 'connect' and 'ready', and starts reading.
 *
 * @param {Socket} socket
 * @param {ConnectReq} req
 */
function becomeConnected(socket, req) {
  debug('afterConnect');
  totals.connected++;
  socket.connecting = false;
  socket._sockname = null;
  socket._unrefTimer();
  applyOptions(socket);
  sendHeader(socket);
  // A peer that has closed at once takes no header.
  if (socket.destroyed) {
    req.finishEntry?.();
    return;
  }
  if (socket[kNextHandle] !== undefined) hooks.handOver(socket);
  socket.emit('connect');
  socket.emit('ready');
  // This starts reading, or finds an end of the stream. It consumes no byte.
  if (socket._handle && !socket.isPaused()) socket.read(0);
  req.finishEntry?.();
}

module.exports = {
  anyAddress, becomeConnected, bindLocal, connectError, connectErrorAtOnce, connectTo, startConnect,
};
