'use strict';

// The idle timer of a socket: `setTimeout`, `timeout` and the event of that name.

const { builtin } = require('../node/builtin');
const { clearTimeout, setTimeout } = require('../node/captured');
const { debug } = require('../node/debug');
const { hasHostTimeout } = require('../node/private-symbols');
const { validateFunction, validateTimerDuration } = require('../node/validators');
const { kRelay } = require('../handle/symbols');
const { kHandle, kLastWriteQueueSize, kTimeout } = require('../handle/socket-symbols');

/**
 * `socket.setTimeout`: emits 'timeout' after that time without traffic. The connection stays open.
 *
 * @this {Socket}
 * @param {number} msecs milliseconds, 0 = no timer
 * @param {() => void} [callback] once-listener for 'timeout'; with 0 the listener to take away
 * @returns {Socket} this
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

/** The host's works on any stream. It uses Node's internal timers, which cost less. */
const setSocketTimeout = hasHostTimeout ? builtin.Socket.prototype.setTimeout : setOwnTimeout;

/**
 * Runs when the timer fires. Progress of a pending write since the last run counts as traffic.
 *
 * @this {Socket}
 */
function onTimeout() {
  // A relay of a pipe ends once the program looks at `_handle`.
  if (this[kHandle]?.[kRelay]?.restartsTimer?.(this)) return;
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
  if (handle?.[kRelay]) {
    followRelay(this, handle[kRelay], false);
    return;
  }
  debug('_onTimeout');
  this.emit('timeout');
}

/** The timer by which each relayed socket looks again. */
const nextLooks = new WeakMap();

/**
 * The timer does not hear of relayed bytes. When it has fired, the relay is asked when the last ones were moved, and
 * again when the socket may be idle for long enough.
 *
 * @param {Socket} socket
 * @param {{idle: () => number}} relay that moves its bytes
 * @param {boolean} isReported whether 'timeout' was emitted since the last bytes
 */
function followRelay(socket, relay, isReported) {
  // The socket's own timer may have fired again.
  clearTimeout(nextLooks.get(socket));
  const timeout = /** @type {number} */ (socket.timeout);
  const timer = socket[kTimeout];
  const left = timeout - relay.idle();
  const isIdle = left <= 0;
  if (isIdle && !isReported) socket.emit('timeout');
  const again = setTimeout(() => {
    const isCurrent = socket.timeout === timeout && socket[kTimeout] === timer;
    if (isCurrent && socket._handle?.[kRelay] === relay) followRelay(socket, relay, isIdle);
  }, isIdle ? timeout : left);
  again.unref?.();
  nextLooks.set(socket, again);
}

/**
 * Restarts the timers of a socket and of those below it.
 *
 * @this {Socket}
 */
function refreshTimeout() {
  for (let socket = this; socket; socket = socket._parent) {
    const timer = socket[kTimeout];
    if (timer) timer.refresh();
  }
}

/**
 * Stops the timer of one socket. As in the built-in, the property keeps the timer, and a restart has no effect.
 *
 * @param {Socket} socket
 */
function clearSocketTimeout(socket) {
  if (socket[kTimeout]) clearTimeout(socket[kTimeout]);
}

module.exports = { setSocketTimeout, onTimeout, refreshTimeout, clearSocketTimeout };
