'use strict';

// The congestion control of TCP (TCP_CONGESTION, tcp(7)), for those who ask for one. It has to be set before
// connect(2) and listen(2): Linux goes on pacing a connection that has begun with a congestion control that paces.

const { codes, ErrnoException } = require('../node/errors');
const { Handle, TCP } = require('../handle');
const { kCongestionControl } = require('../handle/socket-symbols');
const { UV_EBADF, UV_ENOPROTOOPT } = require('../node/errno');
const { validateString } = require('../node/validators');

/**
 * Keeps what was asked for. Who asks for nothing has no property of it: programs list them.
 *
 * @param {import('../..').Socket|import('../..').Server} owner
 * @param {string} name
 */
function remember(owner, name) {
  Object.defineProperty(owner, kCongestionControl, { value: name, configurable: true, enumerable: false });
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
 * @param {string} name
 * @returns {Error|undefined} why it has not got it
 */
function setOn(handle, name) {
  if (!handle.setCongestionControl) return new codes.ERR_INVALID_HANDLE_TYPE();
  const status = handle.setCongestionControl(name);
  return status ? errorOf(status, 'setCongestionControl') : undefined;
}

/**
 * Gives the handle of a Socket, or of a Server that is going to listen, what was asked for.
 *
 * @param {import('../..').Socket|import('../..').Server} owner
 * @returns {Error|undefined} why it has not got it
 */
function applyCongestionControl(owner) {
  const name = owner[kCongestionControl];
  return name === undefined ? undefined : setOn(owner._handle, name);
}

/**
 * As `applyCongestionControl`, of a Server, whose connections inherit it from the listener. What stands for a listener
 * in a worker of a cluster has no socket: the name is tried on another one.
 *
 * @param {import('../..').Server} server
 * @returns {Error|undefined} why its connections can't have it
 */
function applyToListener(server) {
  const name = server[kCongestionControl];
  if (name === undefined || server._handle instanceof Handle) return applyCongestionControl(server);
  // What stands for a path has no such method.
  if (!server._handle.getsockname) return new codes.ERR_INVALID_HANDLE_TYPE();
  const handle = new TCP(TCP.SOCKET);
  const problem = setOn(handle, name);
  handle.close();
  return problem;
}

/**
 * Gives a connection what its Server was asked for, where there is no listener to inherit it from.
 *
 * @param {import('../..').Server} server
 * @param {object} listener the listening handle, or what stands for one
 * @param {object} handle of the connection
 * @returns {Error|undefined} why it has not got it
 */
function applyToAccepted(server, listener, handle) {
  const name = server[kCongestionControl];
  return name === undefined || listener instanceof Handle ? undefined : setOn(handle, name);
}

/**
 * `socket.setCongestionControl`.
 *
 * @this {import('../..').Socket}
 * @param {string} name one of `/proc/sys/net/ipv4/tcp_available_congestion_control`
 * @returns {import('../..').Socket} this
 * @throws {TypeError} for what is no string, for a socket that is not of TCP, and where the platform has no such option
 * @throws {Error} when the system refuses it
 */
function setCongestionControl(name) {
  validateString(name, 'name');
  const problem = this._handle ? setOn(this._handle, name) : undefined;
  if (problem) throw problem;
  remember(this, name);
  return this;
}

/**
 * `socket.getCongestionControl`: what the connection has, or what was asked for while there is none.
 *
 * @this {import('../..').Socket}
 * @returns {string|undefined}
 * @throws {TypeError} for a socket that is not of TCP, and where the platform has no such option
 * @throws {Error} when the system does not tell
 */
function getCongestionControl() {
  const handle = this._handle;
  if (!handle) return this[kCongestionControl];
  if (!handle.getCongestionControl) throw new codes.ERR_INVALID_HANDLE_TYPE();
  if (this.connecting) return this[kCongestionControl];
  const name = handle.getCongestionControl();
  if (typeof name === 'string') return name;
  if (name === UV_EBADF) return this[kCongestionControl];
  throw errorOf(name, 'getCongestionControl');
}

module.exports = {
  applyCongestionControl, applyToAccepted, applyToListener, getCongestionControl, remember, setCongestionControl,
};
