'use strict';

// Where the addon's events come in. Each copy of rsnet has one Bridge, and one table of its open handles.

// The global `process` is a getter: each use would call it.
const process = require('process');
const { Buffer } = require('buffer');
const { listActive } = require('../node/active-handles');
const { FastBuffer, runTicks } = require('../node/capabilities');
const { isTracing, trace } = require('../node/debug');
const { beginCallback, beginEvents, endCallback } = require('./callbacks');
const { entry, events, eventName, sentinels, sizes } = require('./constants');
const { later } = require('../node/later');
const { listed } = require('./listed');
const { areas, clearArea, noteLargeRead, ownCopy, prepareLanding, setArea, takeLanding } = require('./landing');
const native = require('./native');
const { silenceDeprecation } = require('../node/pending-deprecation');
const { withSettings } = require('./settings');
const { triggerUncaughtException } = require('./uncaught');
const { UV_EOF } = require('../node/errno');

/** The slot of every closed handle. */
const { NO_SLOT } = sentinels;

const { NONE, CONNECT, READ, WRITE, SHUTDOWN, CONNECTION, CLOSED, WRITABLE, DESCRIPTORS } = events;

/** Open handles by slot. As under libuv, an open handle stays alive until its close callback has run. */
const handles = [];
const freeSlots = [];

/** The request whose `oncomplete` runs now, and the handle that has got the event. */
let completing;
let dispatching;

let isListed = false;

/** @type {Bridge} */
let bridge;

/** Whether threads read and write, which is the tokio backend. Kept here because the addon's getter costs a call. */
let usesThreads = false;
let rearmsLater = false;
let writer;
let largeWriter;

/** The commands to the addon by name; most get a slot. `getBridge` fills the table. */
const commands = /** @type {Commands} */ ({});

/** The most events of one `dispatchBatch`. Node itself runs the ticks between two calls, so one where rsnet cannot. */
const BATCH = runTicks === undefined ? 1 : 64;

/** Numbers of an entry: slot, kind, status, and a detail (an offset in `memory`, or the id of a write). */
const { FIELDS, LANDED_FULL, OUT_OF_LINE, USER_BUFFER } = entry;

/** Reads of up to this many bytes are copied by the constructor: V8 keeps arrays of up to 64 bytes in its heap. */
const SMALL = 1024;

const entries = new Int32Array(BATCH * FIELDS);

/**
 * The uv backend makes small reads into this memory again and again, so it stays in the processor's cache. Each read is
 * copied to a Buffer with an ArrayBuffer of its own, as the built-in's have: a program may transfer or fill that one.
 */
const { buffer: memory } = Buffer.allocUnsafeSlow(sizes.BATCH_MEMORY);

/** The entry that is being dispatched, and how many there are. `filled` is 0 between two batches. */
let position = 0;
let filled = 0;

/** The bytes of the last entry, if they are not in `memory`. */
let outOfLine;

/**
 * The addon calls this for a single event. On the tokio backend every event comes so, and what threads find meanwhile
 * waits for `rearm`: otherwise they could starve the event loop.
 * @param {number} slot as for `dispatch`
 * @param {number} kind
 * @param {number} status
 * @param {Buffer|number} [payload]
 */
function dispatchSingle(slot, kind, status, payload) {
  if (usesThreads && !rearmsLater) {
    rearmsLater = true;
    later(rearm);
  }
  beginEvents();
  dispatch(slot, kind, status, payload);
  // Threads read ahead, so more Buffers than one are alive when V8 collects, and those that are grow old.
  if (kind === READ && status >= sizes.USUAL_READ) noteLargeRead(2 * status);
}

/** The event loop has reached its check phase. */
function rearm() {
  rearmsLater = false;
  bridge.rearm();
}

/**
 * Calls the handle that an event belongs to.
 * @param {number} slot
 * @param {number} kind one of `events`
 * @param {number} status 0, a count of bytes, or a negated errno
 * @param {Buffer|number} [payload] the bytes of a read, or the id of a write
 */
function dispatch(slot, kind, status, payload) {
  const handle = handles[slot];
  if (isTracing) trace('slot %d: %s %d%s', slot, eventName(kind), status, handle ? '' : ' (nobody there)');
  dispatching = handle;
  if (handle === undefined) return;
  beginCallback();
  switch (kind) {
    case READ:
      handle._completeRead(status, payload);
      break;
    case WRITE:
      completing = handle._writeRequests[0];
      handle._completeWrite(payload, status);
      break;
    case WRITABLE:
      handle._advanceWrite(status);
      break;
    case CONNECT:
      completing = handle._connectRequest;
      handle._completeConnect(status);
      break;
    case SHUTDOWN:
      completing = handle._shutdownRequest;
      handle._completeShutdown(status);
      break;
    case CONNECTION:
      handle._acceptConnection(status);
      break;
    case DESCRIPTORS:
      handle._announceDescriptors();
      break;
    case CLOSED:
      handle._completeClose(slot);
      break;
  }
  completing = undefined;
  dispatching = undefined;
  endCallback();
}

/**
 * @param {number} offset in `memory`
 * @param {number} length
 * @returns {Buffer}
 */
function copied(offset, length) {
  const view = new Uint8Array(memory, offset, length);
  if (length <= SMALL && FastBuffer !== undefined) return new FastBuffer(view);
  return ownCopy(view);
}

/**
 * @param {number} slot
 * @param {Buffer} chunk a read that was lent
 */
function dispatchLent(slot, chunk) { dispatch(slot, READ, chunk.length, chunk); }

/**
 * Dispatches a large read. A handle that only Node's HTTP parser reads from needs no Buffer of its own for it.
 * @param {number} slot
 * @param {number} length
 * @param {number} offset in `memory`
 */
function dispatchLarge(slot, length, offset) {
  const isLent = handles[slot]?._lendRead(memory, offset, length, dispatchLent);
  if (isLent !== true) dispatch(slot, READ, length, copied(offset, length));
}

/**
 * The uv backend calls this for the events in `entries`. As between two callbacks of libuv, ticks run between two
 * events; Node itself runs them after the last one. After an event that has thrown, Node leaves them for later.
 * @param {number} count of entries
 * @param {Buffer} [payload] the bytes of the last entry, if they stand nowhere else
 */
function dispatchBatch(count, payload) {
  filled = count;
  outOfLine = payload ?? landedRead((count - 1) * FIELDS);
  let hasThrown = false;
  beginEvents();
  for (let i = 0; i < count; i++) {
    // Before `position` moves on: a tick that calls `takePending` takes the event below, too.
    if (i > 0 && !hasThrown) tickBetween();
    position = i;
    const at = i * FIELDS;
    const slot = entries[at];
    const kind = entries[at + 1];
    const status = entries[at + 2];
    const offset = entries[at + 3];
    hasThrown = false;
    try {
      if (kind === WRITE) {
        dispatch(slot, kind, status, offset);
      } else if (kind !== READ || status <= 0 || offset === USER_BUFFER) {
        dispatch(slot, kind, status, undefined);
      } else if (status > SMALL && offset >= 0) {
        dispatchLarge(slot, status, offset);
      } else if (offset >= 0) {
        dispatch(slot, kind, status, copied(offset, status));
      } else {
        if (offset === OUT_OF_LINE) prepareLanding(status);
        dispatch(slot, kind, status, outOfLine);
        noteLargeRead(status);
      }
    } catch (error) {
      hasThrown = true;
      uncaught(error);
    }
  }
  filled = 0;
  outOfLine = undefined;
}

/**
 * @param {number} at of the last entry of a batch
 * @returns {Buffer|undefined} what stands in the Buffer for large reads
 */
function landedRead(at) {
  const place = entries[at + 3];
  return entries[at + 1] === READ && place <= LANDED_FULL ? takeLanding(place, entries[at + 2]) : undefined;
}

/** Runs the ticks between two events. An exception of theirs does not keep the next event back. */
function tickBetween() {
  try {
    tick();
  } catch (error) {
    triggerUncaughtException(bridge, error);
  }
}

/**
 * Calls one of several callbacks of the same event, and then runs the ticks, as Node's `MakeCallback` does. An
 * exception does not keep the next callback back; the ticks then run after that one.
 * @param {() => void} callback
 */
function makeCallback(callback) {
  try {
    callback();
  } catch (error) {
    triggerUncaughtException(bridge, error);
    return;
  }
  tickBetween();
}

/**
 * @param {number} slot
 * @returns {number[]} where `entries` has reads for that handle which were not dispatched yet
 */
function pendingReads(slot) {
  const found = [];
  for (let at = (position + 1) * FIELDS; at < filled * FIELDS; at += FIELDS) {
    if (entries[at] === slot && entries[at + 1] === READ) found.push(at);
  }
  return found;
}

/**
 * @param {number} slot
 * @param {boolean} [isEnd=false] whether an end or an error is asked for, and not data
 * @returns {boolean} whether `pendingReads` has that
 */
function awaitsRead(slot, isEnd = false) {
  return filled > 0 && pendingReads(slot).some((at) => (entries[at + 2] <= 0) === isEnd);
}

/**
 * Takes pending reads out of the batch.
 * @param {number} slot
 * @returns {{chunks: Buffer[], error: number}} the data, and the error behind it, or 0
 */
function takePending(slot) {
  const chunks = [];
  let error = 0;
  for (const at of pendingReads(slot)) {
    const [status, offset] = entries.subarray(at + 2, at + FIELDS);
    if (status > 0) chunks.push(offset < 0 ? outOfLine : copied(offset, status));
    else if (status !== UV_EOF) error = status;
    entries[at + 1] = NONE;
  }
  return { chunks, error };
}

/** @param {*} error that `dispatch` has thrown, or the addon has got from another of the functions which it calls */
function uncaught(error) {
  const resource = completing?.resource ?? dispatching;
  completing = undefined;
  dispatching = undefined;
  triggerUncaughtException(bridge, error, resource);
}

/** Runs the queues of `process.nextTick` and of promise jobs. */
function tick() {
  if (runTicks !== undefined) runTicks.call(process);
}

/**
 * Makes the Bridge on first use, which starts the threads of the runtime.
 * @returns {Bridge}
 * @throws {Error} `ERR_RSNET_SETTING`: a setting of the environment has a bad value
 */
function getBridge() {
  if (bridge === undefined) {
    silenceDeprecation();
    const make = () => new native.Bridge(dispatchSingle, tick, dispatchBatch, uncaught, entries, memory, areas);
    bridge = withSettings(make);
    usesThreads = bridge.backend === 'tokio';
    trace('bridge: %s backend%s', bridge.backend, usesThreads ? `, ${bridge.threads} runtime threads` : '');
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(native.Bridge.prototype))) {
      if (typeof value === 'function') commands[name] = value.bind(bridge);
    }
    ({ write: writer, writeLarge: largeWriter } = Object.assign(commands, bridge.functions()));
  }
  return bridge;
}

/**
 * Gives a handle its slot, the number that the addon knows it by.
 * @param {Handle} handle
 * @returns {number}
 */
function register(handle) {
  if (bridge === undefined) getBridge();
  if (!isListed) {
    isListed = true;
    listActive(active, process);
  }
  const slot = freeSlots.length > 0 ? freeSlots.pop() : handles.length;
  handles[slot] = handle;
  if (isTracing) trace('slot %d: taken by a %s', slot, handle.constructor.name);
  return slot;
}

/** @returns {boolean} whether threads may read from an open handle at any time: so it is on the tokio backend */
function readsOnThreads() { return usesThreads; }

/** @returns {Handle[]} the open handles of this copy of rsnet, in this thread */
function openHandles() { return handles.filter((handle) => handle !== undefined); }

/** @returns {number[]} the system calls that were made for this thread: reads, writes, accepts, connects */
function callCounts() { return bridge === undefined ? [0, 0, 0, 0] : bridge.calls(); }

/**
 * Lists the handles and requests of this copy of rsnet for `process`, which refers to this function weakly.
 * @returns {import('../node/active-handles').Listed}
 */
function active() {
  return listed(openHandles(), completing);
}

/**
 * Frees the slot of a closed handle. The addon must have sent its last event for it.
 * @param {number} slot
 */
function release(slot) {
  if (isTracing) trace('slot %d: free', slot);
  handles[slot] = undefined;
  clearArea(slot);
  freeSlots.push(slot);
}

/**
 * Sets the memory that the uv backend reads into for a handle.
 * @param {number} slot of an open handle
 * @param {Uint8Array} view
 */
function useOwnMemory(slot, view) {
  if (setArea(slot, view)) commands.useOwnMemory(slot);
}

/**
 * @param {number} slot of an open handle
 * @param {Buffer} data
 * @param {number} length how many of its first bytes to write
 * @returns {number} 0 sent, the id of a write that waits, or a negated errno
 */
function write(slot, data, length) { return writer(slot, data, length) | 0; }

/**
 * Sends what the kernel takes of a view. If some of it is left, a WRITABLE event follows.
 * @param {number} slot of an open handle
 * @param {Buffer} data
 * @param {number} offset where to begin
 * @param {boolean} continues whether the write has waited for a WRITABLE event
 * @returns {number} bytes sent, or a negated errno
 */
function writeLarge(slot, data, offset, continues) {
  return largeWriter(slot, data, offset, continues ? 1 : 0) | 0;
}

module.exports = {
  NO_SLOT, awaitsRead, callCounts, commands, getBridge, makeCallback, openHandles, readsOnThreads, register, release,
  takePending, useOwnMemory, write, writeLarge,
};
