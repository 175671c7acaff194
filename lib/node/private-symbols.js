'use strict';

// What the built-in hangs on its sockets and handles. Node's modules look for it there, on rsnet's too, so it is taken
// from samples of the built-in.

const { AsyncResource } = require('async_hooks');
const { builtin } = require('./builtin');
const { probe } = require('./capabilities');

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
const socket = probe('samples', () => new builtin.Socket({ handle, manualStart: true })) ?? {};
// What looks for resources that were left open, as a test runner can, shall not find it.
resource.emitDestroy();

/** Where the built-in's handles leave the count of what was read; null where the host does not let anybody have it. */
let streamWrap;

/** What Node's HTTP agent listens with on connections that nobody uses; null where it has none. */
let agentGuard;

/**
 * @returns {object|null} the host's binding
 */
function findStreamWrap() {
  try {
    const found = process.binding('stream_wrap');
    return found.streamBaseState ? found : null;
  } catch {
    // The permission model refuses it.
    return null;
  }
}

/**
 * @returns {Function|null} the listener that the host's HTTP agent has put on a connection which it keeps
 */
function findAgentGuard() {
  const guarded = { reading: true };
  const kept = new builtin.Socket();
  kept._handle = guarded;
  kept._httpMessage = { shouldKeepAlive: true };
  try {
    const { Agent } = require('http');
    const agent = new Agent({ keepAlive: true });
    agent.keepSocketAlive = () => true;
    agent.emit('free', kept, {});
  } catch {
    // An agent of another kind has another guard, or none.
  }
  kept._handle = null;
  return guarded.onread ?? null;
}

/**
 * Stands in for the agent's guard, which does the same when it finds the count.
 *
 * @this {object}
 * @param {number} nread bytes or a negated errno
 */
function guard(nread) {
  if (nread !== 0) this[owner_symbol].destroy();
}

/**
 * Sees to it that a listener which is not rsnet's gets to know how much was read. Listeners of Node's look for that
 * where the built-in's handles leave it: its HTTP agent has one on connections which nobody uses.
 *
 * @param {Function} listener
 * @param {number} nread bytes or a negated errno
 * @returns {Function} what to call in its place
 */
function informed(listener, nread) {
  if (streamWrap === undefined) streamWrap = findStreamWrap();
  if (streamWrap !== null) {
    streamWrap.streamBaseState[streamWrap.kReadBytesOrError] = nread;
    return listener;
  }
  if (agentGuard === undefined) agentGuard = findAgentGuard();
  return listener === agentGuard ? guard : listener;
}

const async_id_symbol = probe('asyncIds', () => {
  const symbol = hostSymbol(resource, 'async_id_symbol');
  return typeof resource[symbol] === 'number' && symbol;
}) ?? Symbol('async_id_symbol');

/** Whether the host's sockets get ids as below. */
const canCountIds = async_id_symbol in resource && async_id_symbol in socket;

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
  if (!canCountIds) return make();
  const first = newAsyncId();
  const before = newAsyncId();
  const made = make();
  const isOne = newAsyncId() - before - 1 === before - first;
  if (isOne) AsyncResource.prototype.emitDestroy.call({ [async_id_symbol]: before + 1 });
  return made;
}

const kTimeout = hostSymbol(socket, 'timeout');
const kHandle = hostSymbol(socket, 'kHandle');
const owner_symbol = hostSymbol(handle, 'owner_symbol');

module.exports = {
  informed,
  withoutResource,
  async_id_symbol,
  trigger_async_id_symbol: hostSymbol(resource, 'trigger_async_id_symbol'),
  context_frame: hostSymbol(resource, 'context_frame'),
  owner_symbol,
  /** Whether the host's code finds the socket of a handle there. */
  isOwnerKnown: handle[owner_symbol] === socket,
  kTimeout,
  /** Whether the host's sockets keep their idle timer there, as those of rsnet do. */
  hasHostTimeout: kTimeout in socket,
  kHandle,
  /** Whether the host's sockets keep their handle there. */
  isHandleKnown: kHandle in socket,
  kLastWriteQueueSize: hostSymbol(socket, 'lastWriteQueueSize'),
  kBuffer: hostSymbol(socket, 'kBuffer'),
  kBufferCb: hostSymbol(socket, 'kBufferCb'),
  kBufferGen: hostSymbol(socket, 'kBufferGen'),
  kHostBytesRead: hostSymbol(socket, 'kBytesRead'),
  kReinitializeHandle: hostSymbol(builtin.Socket.prototype, 'kReinitializeHandle'),
  kUpdateTimer: hostSymbol(builtin.Socket.prototype, 'kUpdateTimer'),
  kAfterAsyncWrite: hostSymbol(builtin.Socket.prototype, 'kAfterAsyncWrite'),
  /** What the built-in's handles call for what they have read. */
  onStreamRead: handle.onread,
};
