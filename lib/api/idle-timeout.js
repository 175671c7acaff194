'use strict';

// The idle timer of a socket: `setTimeout`, `timeout` and the event of that name.

const { builtin } = require('../node/builtin');
const { clearTimeout, setTimeout } = require('../node/captured');
const { debug } = require('../node/debug');
const { hasHostTimeout } = require('../node/private-symbols');
const { validateFunction, validateTimerDuration } = require('../node/validators');
const { kLastWriteQueueSize, kTimeout } = require('../handle/socket-symbols');

/**
 * `socket.setTimeout`: emits 'timeout' after that time without traffic; the connection stays.
 *
 * @this {import('../..').Socket}
 * @param {number} msecs milliseconds, 0 = no timer
 * @param {function(): void} [callback] once-listener for 'timeout'; with 0 the listener to take away
 * @returns {import('../..').Socket} this
 * @throws {TypeError|RangeError} for a bad time or callback
 */
function setOwnTimeout(msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  const duration = validateTimerDuration(msecs, 'msecs');
  clearSocketTimeout(this);
  if (duration === 0) {
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.removeListener('timeout', callback);
    }
    return this;
  }
  this[kTimeout] = setTimeout(() => this._onTimeout(), duration);
  this[kTimeout].unref?.();
  if (callback !== undefined) {
    validateFunction(callback, 'callback');
    this.once('timeout', callback);
  }
  return this;
}

/** The host's does the same to any stream, by timers of Node's inside, which cost less. */
const setSocketTimeout = hasHostTimeout ? builtin.Socket.prototype.setTimeout : setOwnTimeout;

/**
 * Runs when the timer does. A write on its way that has made progress since the last look counts as traffic.
 *
 * @this {import('../..').Socket}
 */
function onTimeout() {
  const handle = this._handle;
  const queued = this[kLastWriteQueueSize];
  if (queued > 0 && handle) {
    const { writeQueueSize } = handle;
    if (queued !== writeQueueSize) {
      this[kLastWriteQueueSize] = writeQueueSize;
      this._unrefTimer();
      return;
    }
  }
  debug('_onTimeout');
  this.emit('timeout');
}

/**
 * Starts the idle time anew, for a socket and those it is layered on.
 *
 * @this {import('../..').Socket}
 */
function refreshTimeout() {
  for (let socket = this; socket; socket = socket._parent) {
    const timer = socket[kTimeout];
    if (timer) timer.refresh();
  }
}

/**
 * Stops the timer of one socket. It stays where it is, as the built-in's does; to start it anew has no effect then.
 *
 * @param {import('../..').Socket} socket
 */
function clearSocketTimeout(socket) {
  if (socket[kTimeout]) clearTimeout(socket[kTimeout]);
}

module.exports = { setSocketTimeout, onTimeout, refreshTimeout, clearSocketTimeout };
