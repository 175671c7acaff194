'use strict';

// The symbols under which the built-in keeps private state on its sockets and handles. Node's modules look there, also
// on rsnet's, so rsnet takes the symbols from sample objects of the built-in.

const { AsyncResource } = require('async_hooks');
const { builtin } = require('./builtin');
const { probe } = require('./capabilities');

/**
 * @param {object} object made by Node
 * @param {string} description
 * @returns {symbol} the object's symbol of that description; a new one where it has none
 */
function hostSymbol(object, description) {
  const found = Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
  return found ?? Symbol(description);
}

const resource = new AsyncResource('RSNETSAMPLE', { requireManualDestroy: true });
/** @type {*} */
const handle = { readStart: () => 0, getAsyncId: () => 0, close() {} };
/** @type {*} */
const socket = probe('samples', () => new builtin.Socket({ handle, manualStart: true })) ?? {};
// Or tools that look for open resources, such as jest's `--detectOpenHandles`, would find it.
resource.emitDestroy();

/** Node's binding, with the array in which handles leave the count of a read; null where it cannot be had. */
let streamWrap;

/** The `onread` that Node's HTTP agent sets on idle connections; null where it sets none. */
let agentOnRead;

/** @returns {object|null} as `streamWrap` */
function findStreamWrap() {
  try {
    const found = process.binding('stream_wrap');
    return found.streamBaseState ? found : null;
  } catch {
    // The permission model refuses it.
    return null;
  }
}

/** @returns {Function|null} as `agentOnRead`, by giving an agent a connection to keep */
function findAgentOnRead() {
  const sample = { reading: true };
  const kept = new builtin.Socket();
  kept._handle = sample;
  kept._httpMessage = { shouldKeepAlive: true };
  try {
    const { Agent } = require('http');
    const agent = new Agent({ keepAlive: true });
    const keepSocketAlive = () => true;
    agent.keepSocketAlive = keepSocketAlive;
    agent.emit('free', kept, {});
  } catch {
    // The agent is not what it was.
  }
  kept._handle = null;
  return sample.onread ?? null;
}

/**
 * Does what `agentOnRead` does, but gets the count as an argument.
 * @this {object}
 * @param {number} nread bytes or a negated errno
 */
function onIdleRead(nread) {
  if (nread !== 0) this[owner_symbol].destroy();
}

/**
 * Gives the count of a read to an `onread` that is not rsnet's. The built-in's handles leave it in the array
 * `streamBaseState`, and that of Node's HTTP agent for idle connections looks there.
 * @param {(...args: *) => void} listener
 * @param {number} nread bytes or a negated errno
 * @returns {(...args: *) => void} the function to call in its place
 */
function withReadCount(listener, nread) {
  if (streamWrap === undefined) streamWrap = findStreamWrap();
  if (streamWrap !== null) {
    streamWrap.streamBaseState[streamWrap.kReadBytesOrError] = nread;
    return listener;
  }
  if (agentOnRead === undefined) agentOnRead = findAgentOnRead();
  return listener === agentOnRead ? onIdleRead : listener;
}

const async_id_symbol = probe('asyncIds', () => {
  const symbol = hostSymbol(resource, 'async_id_symbol');
  return typeof resource[symbol] === 'number' && symbol;
}) ?? Symbol('async_id_symbol');

/** Whether `newAsyncId` works. */
const canCountIds = async_id_symbol in resource && async_id_symbol in socket;

/**
 * Uses up async ids without making a resource, by a Socket of the built-in whose handle has no id.
 * @returns {number} the last id; a Socket may use up several
 */
function newAsyncId() {
  return new builtin.Socket({ handle: /** @type {*} */ ({ close() {} }), manualStart: true })[async_id_symbol];
}

/**
 * Calls a function that makes one async resource in C++, which does nothing, and reports to async_hooks that the
 * resource is destroyed. If others were made, too, reports nothing.
 * @param {() => *} make
 * @returns {*} the result of `make`
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
  withReadCount,
  withoutResource,
  async_id_symbol,
  trigger_async_id_symbol: hostSymbol(resource, 'trigger_async_id_symbol'),
  context_frame: hostSymbol(resource, 'context_frame'),
  owner_symbol,
  /** Whether Node's code finds the Socket of a handle under `owner_symbol`. */
  isOwnerKnown: handle[owner_symbol] === socket,
  kTimeout,
  /** Whether Node's code finds the idle timer under `kTimeout`. */
  hasHostTimeout: kTimeout in socket,
  kHandle,
  /** Whether Node's code finds the handle under `kHandle`. */
  isHandleKnown: kHandle in socket,
  kLastWriteQueueSize: hostSymbol(socket, 'lastWriteQueueSize'),
  kBuffer: hostSymbol(socket, 'kBuffer'),
  kBufferCb: hostSymbol(socket, 'kBufferCb'),
  kBufferGen: hostSymbol(socket, 'kBufferGen'),
  kHostBytesRead: hostSymbol(socket, 'kBytesRead'),
  kReinitializeHandle: hostSymbol(builtin.Socket.prototype, 'kReinitializeHandle'),
  kUpdateTimer: hostSymbol(builtin.Socket.prototype, 'kUpdateTimer'),
  kAfterAsyncWrite: hostSymbol(builtin.Socket.prototype, 'kAfterAsyncWrite'),
  /** The `onread` of the built-in's handles. */
  onStreamRead: handle.onread,
};
