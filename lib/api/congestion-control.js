'use strict';

// The congestion control of TCP (TCP_CONGESTION, tcp(7)). rsnet sets it before connect(2) and listen(2): Linux goes on
// pacing a connection that has begun with a congestion control that paces.

const { codes, ErrnoException } = require('../node/errors');
const { Handle, TCP } = require('../handle');
const { kCongestionControl } = require('../handle/socket-symbols');
const { UV_EBADF, UV_ENOPROTOOPT } = require('../node/errno');
const { validateString } = require('../node/validators');

/**
 * Keeps the requested name. Without a request there is no property, because programs list properties.
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
 * @returns {Error|undefined} the reason if it is not set
 */
function setOn(handle, name) {
  if (!handle.setCongestionControl) return new codes.ERR_INVALID_HANDLE_TYPE();
  const status = handle.setCongestionControl(name);
  return status ? errorOf(status, 'setCongestionControl') : undefined;
}

/**
 * Sets the requested name on the handle of a Socket, or of a Server before listen(2).
 *
 * @param {import('../..').Socket|import('../..').Server} owner
 * @returns {Error|undefined} the reason if it is not set
 */
function applyCongestionControl(owner) {
  const name = owner[kCongestionControl];
  return name === undefined ? undefined : setOn(owner._handle, name);
}

/**
 * As `applyCongestionControl` for a Server, whose connections inherit it from the listener. The proxy that stands for a
 * listener in a cluster worker has no socket, so this tries the name on another one.
 *
 * @param {import('../..').Server} server
 * @returns {Error|undefined} the reason if it is not set
 */
function applyToListener(server) {
  const name = server[kCongestionControl];
  if (name === undefined || server._handle instanceof Handle) return applyCongestionControl(server);
  // The proxy for a path has no such method.
  if (!server._handle.getsockname) return new codes.ERR_INVALID_HANDLE_TYPE();
  const handle = new TCP(TCP.SOCKET);
  const problem = setOn(handle, name);
  handle.close();
  return problem;
}

/**
 * Sets the Server's requested name on a connection that has no listener to inherit it from.
 *
 * @param {import('../..').Server} server
 * @param {object} listener the listening handle, or its proxy
 * @param {object} handle of the connection
 * @returns {Error|undefined} the reason if it is not set
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
 * @throws {TypeError} for a value other than a string, a socket other than TCP, and a platform without the option
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
 * `socket.getCongestionControl`: the connection's, or the requested one before there is a connection.
 *
 * @this {import('../..').Socket}
 * @returns {string|undefined}
 * @throws {TypeError} for a socket that is not of TCP, and where the platform has no such option
 * @throws {Error} of getsockopt(2)
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
