'use strict';

// Socket options. A socket without a connection keeps them until it connects.

const { builtin, hasKeepAliveOptions } = require('../node/builtin');
const { codes, ErrnoException } = require('../node/errors');
const { keepBounds } = require('./messages');
const { otherHandles } = require('./race');
const { validateInt32 } = require('../node/validators');
const {
  kSetKeepAlive, kSetKeepAliveCount, kSetKeepAliveInitialDelay, kSetKeepAliveInterval, kSetNoDelay, kSetTOS,
} = require('../handle/socket-symbols');

/** Whether a new socket of the host has a property for the type of service: programs list properties. */
const LISTS_TOS = 'setTypeOfService' in builtin.Socket.prototype;

/**
 * @param {*} milliseconds
 * @returns {number} whole seconds, as tcp(7) takes them
 */
function seconds(milliseconds) {
  return Math.trunc(milliseconds / 1000) | 0;
}

/**
 * Keeps the constructor's options.
 *
 * @param {Socket} socket
 * @param {Options} options `noDelay`, `keepAlive`, `keepAliveInitialDelay` (milliseconds), `typeOfService`
 */
function initOptions(socket, options) {
  socket[kSetNoDelay] = Boolean(options.noDelay);
  socket[kSetKeepAlive] = Boolean(options.keepAlive);
  socket[kSetKeepAliveInitialDelay] = seconds(options.keepAliveInitialDelay);
  if (options.seqpacket) keepBounds(socket);
  if (LISTS_TOS || options.typeOfService !== undefined) socket[kSetTOS] = options.typeOfService;
}

/**
 * Sets the kept options on a new connection.
 *
 * @param {Socket} socket
 */
function applyOptions(socket) {
  const handle = socket._handle;
  if (socket[kSetNoDelay] && handle.setNoDelay) handle.setNoDelay(true);
  if (socket[kSetKeepAlive] && handle.setKeepAlive) callSetKeepAlive(socket, handle);
  if (socket[kSetTOS] !== undefined && handle.setTypeOfService) handle.setTypeOfService(socket[kSetTOS]);
}

/**
 * @param {Socket} socket
 * @param {AnyHandle} handle
 */
function callSetKeepAlive(socket, handle) {
  handle.setKeepAlive?.(socket[kSetKeepAlive], socket[kSetKeepAliveInitialDelay],
    socket[kSetKeepAliveInterval], socket[kSetKeepAliveCount]);
}

/**
 * Takes back what was set on a handle when it was the socket's and the socket does not have any more. `applyOptions`
 * sets the rest.
 *
 * @param {Socket} socket
 */
function clearOptions(socket) {
  const handle = socket._handle;
  if (!socket[kSetNoDelay] && handle.setNoDelay) handle.setNoDelay(false);
  if (!socket[kSetKeepAlive] && handle.setKeepAlive) callSetKeepAlive(socket, handle);
}

/**
 * `socket.setNoDelay` (TCP_NODELAY).
 *
 * @this {Socket}
 * @param {boolean} [enable] true where left out
 * @returns {Socket} this
 */
function setNoDelay(enable) {
  const on = Boolean(enable === undefined ? true : enable);
  if (this._handle?.setNoDelay && on !== this[kSetNoDelay]) {
    this[kSetNoDelay] = on;
    this._handle.setNoDelay(on);
  } else if (!this._handle) {
    this[kSetNoDelay] = on;
  }
  return this;
}

/**
 * `socket.setKeepAlive` (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).
 *
 * @this {Socket}
 * @param {boolean|Options} [enable] or `{ enable, initialDelay, interval, count }`
 * @param {number} [initialDelay] milliseconds
 * @param {number} [interval] milliseconds
 * @param {number} [count] probes
 * @returns {Socket} this
 */
function setKeepAlive(enable, initialDelay, interval, count) {
  if (typeof enable === 'object' && enable !== null) {
    const options = enable;
    return this.setKeepAlive(options.enable, options.initialDelay, options.interval, options.count);
  }
  const handle = this._handle;
  if (handle && !handle.setKeepAlive) return this;
  const on = Boolean(enable);
  const delay = seconds(initialDelay);
  const pause = interval === undefined ? undefined : Math.max(seconds(interval), 0);
  const isSame = on === this[kSetKeepAlive] && (!on || (delay === this[kSetKeepAliveInitialDelay] &&
    pause === this[kSetKeepAliveInterval] && count === this[kSetKeepAliveCount]));
  // Node's HTTP agent asks for the same each time that it keeps a connection.
  if (handle && isSame) return this;
  this[kSetKeepAlive] = on;
  this[kSetKeepAliveInitialDelay] = delay;
  // Where the host has no such options, a socket has their properties once a program asks for them.
  if (hasKeepAliveOptions || pause !== this[kSetKeepAliveInterval]) this[kSetKeepAliveInterval] = pause;
  if (hasKeepAliveOptions || count !== this[kSetKeepAliveCount]) this[kSetKeepAliveCount] = count;
  if (handle) callSetKeepAlive(this, handle);
  return this;
}

/**
 * `socket.setTypeOfService` (IP_TOS, IPV6_TCLASS).
 *
 * @this {Socket}
 * @param {number} tos 0 to 255
 * @returns {Socket} this
 * @throws {TypeError|RangeError} for another value
 * @throws {Error} when the system refuses it
 */
function setTypeOfService(tos) {
  if (Number.isNaN(tos)) throw new codes.ERR_INVALID_ARG_TYPE('tos', 'number', tos);
  validateInt32(tos, 'tos', 0, 255);
  if (!this._handle) {
    this[kSetTOS] = tos;
    return this;
  }
  if (!this._handle.setTypeOfService || tos === this[kSetTOS]) return this;
  this[kSetTOS] = tos;
  const status = this._handle.setTypeOfService(tos);
  if (status) throw new ErrnoException(status, 'setTypeOfService');
  return this;
}

/**
 * `socket.getTypeOfService`: the connection's, or the kept one before there is a connection.
 *
 * @this {Socket}
 * @returns {number} 0 to 255
 * @throws {Error} when the system does not tell
 */
function getTypeOfService() {
  if (!this._handle?.getTypeOfService || this.connecting) return this[kSetTOS] ?? 0;
  const tos = this._handle.getTypeOfService();
  if (tos < 0) throw new ErrnoException(tos, 'getTypeOfService');
  return tos;
}

/**
 * @this {Socket}
 * @returns {Socket} this
 */
function ref() {
  if (!this._handle) {
    this.once('connect', this.ref);
  } else if (typeof this._handle.ref === 'function') {
    this._handle.ref();
    if (this.connecting) for (const handle of otherHandles(this)) handle.ref();
  }
  return this;
}

/**
 * @this {Socket}
 * @returns {Socket} this
 */
function unref() {
  if (!this._handle) {
    this.once('connect', this.unref);
  } else if (typeof this._handle.unref === 'function') {
    this._handle.unref();
    if (this.connecting) for (const handle of otherHandles(this)) handle.unref();
  }
  return this;
}

module.exports = {
  applyOptions, clearOptions, initOptions, getTypeOfService, ref, seconds, setKeepAlive, setNoDelay, setTypeOfService,
  unref,
};
