'use strict';

// What the built-in hangs on its sockets and handles. Node's modules look for it there, on rsnet's too, so it is taken
// from samples of the built-in.

const { AsyncResource } = require('async_hooks');
const { builtin } = require('./builtin');

/**
 * @param {object} object made by the host
 * @param {string} description the symbol's
 * @returns {symbol} the object's symbol of that description; a fresh one where the host has none
 */
function hostSymbol(object, description) {
  const found = Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
  return found ?? Symbol(description);
}

const resource = new AsyncResource('RSNETSAMPLE', { requireManualDestroy: true });
const handle = { readStart: () => 0, getAsyncId: () => 0, close() {} };
const socket = new builtin.Socket({ handle, manualStart: true });
// What looks for resources that were left open, as a test runner can, shall not find it.
resource.emitDestroy();

let streamWrap;

/**
 * Leaves the count of what was read where the built-in's handles do, for a listener of Node's that looks for it there:
 * its HTTP agent has one on connections which nobody uses.
 *
 * @param {number} nread bytes or a negated errno
 */
function noteRead(nread) {
  streamWrap ??= process.binding?.('stream_wrap');
  if (streamWrap?.streamBaseState) streamWrap.streamBaseState[streamWrap.kReadBytesOrError] = nread;
}

const async_id_symbol = hostSymbol(resource, 'async_id_symbol');

/**
 * Takes the next async ids, without a resource: a socket of the host whose handle has none gets one, or several.
 *
 * @returns {number} the last
 */
function newAsyncId() {
  return new builtin.Socket({ handle: { close() {} }, manualStart: true })[async_id_symbol];
}

/**
 * Calls a function that makes one async resource in C++ which lives on and does nothing, and tells async_hooks that it
 * is gone. Where other resources come to be, too, nothing is told.
 *
 * @param {function(): *} make
 * @returns {*} what it gives
 */
function withoutResource(make) {
  const first = newAsyncId();
  const before = newAsyncId();
  const made = make();
  const isOne = newAsyncId() - before - 1 === before - first;
  if (isOne) AsyncResource.prototype.emitDestroy.call({ [async_id_symbol]: before + 1 });
  return made;
}

module.exports = {
  noteRead,
  withoutResource,
  async_id_symbol,
  trigger_async_id_symbol: hostSymbol(resource, 'trigger_async_id_symbol'),
  context_frame: hostSymbol(resource, 'context_frame'),
  owner_symbol: hostSymbol(handle, 'owner_symbol'),
  kTimeout: hostSymbol(socket, 'timeout'),
  kReinitializeHandle: hostSymbol(builtin.Socket.prototype, 'kReinitializeHandle'),
  /** What the built-in's handles call for what they have read. */
  onStreamRead: handle.onread,
};
