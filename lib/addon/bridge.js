'use strict';

// Where the addon's events come in: one Bridge for this instance of the module, and the table of open handles.

// As a global it is a getter.
const process = require('process');
const { listActive } = require('../node/active-handles');
const { builtin } = require('../node/builtin');
const { FastBuffer, runTicks } = require('../node/capabilities');
const { isTracing, trace } = require('../node/debug');
const { beginCallback, beginEvents, endCallback } = require('./callbacks');
const { countLater, later } = require('../node/later');
const native = require('./native');
const { takeDeprecationForTold } = require('../node/pending-deprecation');
const { owner_symbol } = require('../node/private-symbols');
const { UV_EOF } = require('../node/errno');

/** The slot of a handle that was closed, as the addon takes it. */
const NO_SLOT = 0xffffffff;

/** Kinds of events, as the addon numbers them. */
const kinds = { NONE: 0, CONNECT: 1, READ: 2, WRITE: 3, SHUTDOWN: 4, CONNECTION: 5, CLOSED: 6, WRITABLE: 7 };
const kindNames = Object.keys(kinds);

/** Open handles by slot. An open handle stays alive here, as a libuv handle does, until it has closed. */
const handles = [];
const freeSlots = [];

/** The request whose end is being told. */
let completing;

let isListed = false;

let bridge;
let rearmsLater = false;
let writer;
let largeWriter;

/** The addon's plain functions, by their names; filled as soon as there is a handle. */
const commands = {};

/**
 * Events that one call of the uv backend may bring; as many as others may have to wait for. Between two calls, the
 * host runs the ticks itself.
 */
const BATCH = runTicks === undefined ? 1 : 64;

/** Fields of each: slot, kind, status, and where the bytes stand in `memory`, or the id of a write. */
const FIELDS = 4;

/** Instead of an offset: the bytes stand in memory of the socket's own. */
const USER_BUFFER = -2;

/** Bytes of memory that the reads of a batch land in: a large one, or several. */
const MEMORY_SIZE = 320 * 1024;

/** A read of up to this many bytes is copied as a typed array: a copy of 64 bytes and less lives in V8's heap. */
const SMALL = 1024;

const entries = new Int32Array(BATCH * FIELDS);

/**
 * Used again and again, so nobody else gets hold of it: each read is copied to a Buffer with an ArrayBuffer of its own,
 * as the built-in's are. Whoever transfers, detaches or fills that one has nobody else's bytes. V8 tracks memory of its
 * own allocation by young collections, other memory by old ones, and memory that is used again stays in the cache.
 */
const { buffer: memory } = Buffer.allocUnsafeSlow(MEMORY_SIZE);

/** Which of the `entries` is being dispatched, and how many there are; 0 between two batches. */
let position = 0;
let filled = 0;

/** The bytes of the last of them, if they stand out of line. */
let outOfLine;

/**
 * Called by the tokio backend for each event. What its threads find meanwhile waits until the event loop has gone on.
 *
 * @param {number} slot as for `dispatch`
 * @param {number} kind
 * @param {number} status
 * @param {Buffer|number} [payload]
 */
function dispatchFromThreads(slot, kind, status, payload) {
  if (!rearmsLater && bridge.backend === 'tokio') {
    rearmsLater = true;
    later(rearm);
  }
  beginEvents();
  dispatch(slot, kind, status, payload);
}

/** The event loop has gone on. */
function rearm() {
  rearmsLater = false;
  bridge.rearm();
}

/**
 * Called by the addon for each event.
 *
 * @param {number} slot which handle
 * @param {number} kind one of `kinds`
 * @param {number} status 0 or a count of bytes, or a negated errno
 * @param {Buffer|number} [payload] what was read, or the id of a write
 */
function dispatch(slot, kind, status, payload) {
  const handle = handles[slot];
  if (isTracing) trace('slot %d: %s %d%s', slot, kindNames[kind], status, handle ? '' : ' (nobody there)');
  if (handle === undefined) return;
  beginCallback();
  switch (kind) {
    case kinds.READ:
      handle._completeRead(status, payload);
      break;
    case kinds.WRITE:
      [completing] = handle._writeRequests;
      handle._completeWrite(payload, status);
      break;
    case kinds.WRITABLE:
      handle._advanceWrite(status);
      break;
    case kinds.CONNECT:
      completing = handle._connectRequest;
      handle._completeConnect(status);
      break;
    case kinds.SHUTDOWN:
      completing = handle._shutdownRequest;
      handle._completeShutdown(status);
      break;
    case kinds.CONNECTION:
      handle._acceptConnection(status);
      break;
    case kinds.CLOSED:
      handle._completeClose(slot);
      break;
  }
  completing = undefined;
  endCallback();
}

/**
 * @param {number} offset in `memory`
 * @param {number} length
 * @returns {Buffer} a copy of what was read there
 */
function copied(offset, length) {
  const view = new Uint8Array(memory, offset, length);
  if (length <= SMALL && FastBuffer !== undefined) return new FastBuffer(view);
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(view);
  return copy;
}

/**
 * Hands over a large read, by a copy, or lent to who needs none.
 *
 * @param {number} slot which handle
 * @param {number} length
 * @param {number} offset in `memory`
 */
function dispatchLarge(slot, length, offset) {
  const isLent = handles[slot]?._lendRead(memory, offset, length, (chunk) => dispatch(slot, kinds.READ, length, chunk));
  if (isLent !== true) dispatch(slot, kinds.READ, length, copied(offset, length));
}

/**
 * Called by the uv backend for the events that stand in `entries`. What an event leaves for the next tick is run
 * before the next event, or, if it has thrown, after that; after the last one, the host does it.
 *
 * @param {number} count
 * @param {Buffer} [payload] the bytes of the last event, if they stand out of line
 */
function dispatchBatch(count, payload) {
  filled = count;
  outOfLine = payload;
  let hasThrown = false;
  beginEvents();
  for (let i = 0; i < count; i++) {
    // What the ticks take over has all that is still to come.
    if (i > 0 && !hasThrown) tickBetween();
    position = i;
    const at = i * FIELDS;
    const slot = entries[at];
    const kind = entries[at + 1];
    const status = entries[at + 2];
    const offset = entries[at + 3];
    hasThrown = false;
    try {
      if (kind === kinds.WRITE) {
        dispatch(slot, kind, status, offset);
      } else if (kind !== kinds.READ || status <= 0 || offset === USER_BUFFER) {
        dispatch(slot, kind, status, undefined);
      } else if (status > SMALL && offset >= 0) {
        dispatchLarge(slot, status, offset);
      } else {
        dispatch(slot, kind, status, offset < 0 ? payload : copied(offset, status));
        // V8 looks for young Buffers that nobody has any more when it allocates memory for one, not when we do.
        if (offset < 0) new ArrayBuffer(1);
      }
    } catch (error) {
      hasThrown = true;
      bridge.reportUncaught(error);
    }
  }
  filled = 0;
  outOfLine = undefined;
}

/** Runs ticks between two events of a batch; what they throw does not keep the next event from being dispatched. */
function tickBetween() {
  try {
    tick();
  } catch (error) {
    bridge.reportUncaught(error);
  }
}

/**
 * Calls a callback that is followed by others in the same event, as the built-in makes each of them: its ticks run
 * before the next one is called. What it throws does not keep that from being called, but leaves it the ticks.
 *
 * @param {function(): void} callback
 */
function callApart(callback) {
  try {
    callback();
  } catch (error) {
    bridge.reportUncaught(error);
    return;
  }
  tickBetween();
}

/**
 * @param {number} slot which handle
 * @returns {number[]} where the reads stand that the batch which is being dispatched still has for it
 */
function pendingReads(slot) {
  const found = [];
  for (let at = (position + 1) * FIELDS; at < filled * FIELDS; at += FIELDS) {
    if (entries[at] === slot && entries[at + 1] === kinds.READ) found.push(at);
  }
  return found;
}

/**
 * @param {number} slot which handle
 * @returns {boolean} whether there is data among them
 */
function awaitsData(slot) {
  return filled > 0 && pendingReads(slot).some((at) => entries[at + 2] > 0);
}

/**
 * Takes them out: the handle is not going to get them.
 *
 * @param {number} slot which handle
 * @returns {{chunks: Buffer[], error: number}} what was read, and the error behind it, or 0
 */
function takePending(slot) {
  const chunks = [];
  let error = 0;
  for (const at of pendingReads(slot)) {
    const [status, offset] = entries.subarray(at + 2, at + FIELDS);
    if (status > 0) chunks.push(offset < 0 ? outOfLine : copied(offset, status));
    else if (status !== UV_EOF) error = status;
    entries[at + 1] = kinds.NONE;
  }
  return { chunks, error };
}

/** Runs what `process.nextTick` and promises have waiting, as Node does between two events. */
function tick() {
  if (runTicks !== undefined) runTicks.call(process);
}

/**
 * The Bridge, made on first use: only then the runtime's threads start.
 *
 * @returns {object} the addon's Bridge
 * @throws {Error} when RSNET_BACKEND or RSNET_THREADS has a bad value
 */
function getBridge() {
  if (bridge === undefined) {
    takeDeprecationForTold();
    bridge = new native.Bridge(dispatchFromThreads, tick, dispatchBatch, entries, memory);
    trace('bridge: %s backend, %d runtime threads', bridge.backend, bridge.threads);
    ({ write: writer, writeLarge: largeWriter } = Object.assign(commands, bridge.functions()));
  }
  return bridge;
}

/**
 * Gives a handle its slot, by which the addon knows it.
 *
 * @param {object} handle
 * @returns {number}
 */
function register(handle) {
  if (bridge === undefined) getBridge();
  if (!isListed) {
    isListed = true;
    listActive(active, builtin.Socket, process);
  }
  const slot = freeSlots.length > 0 ? freeSlots.pop() : handles.length;
  handles[slot] = handle;
  if (isTracing) trace('slot %d: taken by a %s', slot, handle.constructor.name);
  return slot;
}

/**
 * The handles of this copy of rsnet that keep the process alive, and what they are asked to do, for `process` to list.
 *
 * @returns {import('../node/active-handles').Listed}
 */
function active() {
  const open = handles.filter((handle) => handle !== undefined);
  const requests = new Set(completing ? [completing] : []);
  for (const handle of open) {
    for (const req of [handle._connectRequest, ...handle._writeRequests, handle._shutdownRequest]) {
      if (req) requests.add(req);
    }
  }
  const inOrder = (resourceOf) => (a, b) => resourceOf(a).asyncId() - resourceOf(b).asyncId();
  return {
    handles: open.filter((handle) => handle.hasRef()).sort(inOrder((handle) => handle))
      .map((handle) => ({ shown: ownerOf(handle), name: handle._shownAs })),
    requests: [...requests].sort(inOrder((req) => req.resource)).map((req) => ({ shown: req, name: req.shownAs })),
    immediates: countLater(),
    reported: () => open.map((handle) => handle._reportEntry(ownerOf(handle))),
    hidden: open.filter(({ _adopted }) => _adopted).map(({ _adopted }) => ownerOf(_adopted)),
  };
}

/**
 * @param {object} handle rsnet's or the host's
 * @returns {object} the Socket or Server that it belongs to; itself where there is none
 */
function ownerOf(handle) {
  return handle[owner_symbol] ?? handle;
}

/**
 * The commands of a handle that are not among `commands`.
 *
 * @param {number} slot
 * @returns {object} the addon's Socket
 */
function viewOf(slot) {
  return new native.Socket(getBridge(), slot);
}

/**
 * Frees the slot of a handle that has closed; no event may come for it any more.
 *
 * @param {number} slot
 */
function release(slot) {
  if (isTracing) trace('slot %d: free', slot);
  handles[slot] = undefined;
  freeSlots.push(slot);
}

/**
 * Writes to an open handle, which must not be closed.
 *
 * @param {number} slot
 * @param {Buffer} data
 * @param {number} length of its first bytes
 * @returns {number} 0 sent, the id of a write that waits, or a negated errno
 */
function write(slot, data, length) {
  return writer(slot, data, length) | 0;
}

/**
 * Sends what the kernel takes of a view to an open handle, which must not be closed. If some of it is left, a WRITABLE
 * event tells when to go on.
 *
 * @param {number} slot
 * @param {Buffer} data
 * @param {number} offset where to begin
 * @returns {number} bytes sent, or a negated errno
 */
function writeLarge(slot, data, offset) {
  return largeWriter(slot, data, offset) | 0;
}

module.exports = {
  NO_SLOT, awaitsData, callApart, commands, getBridge, register, release, takePending, viewOf, write, writeLarge,
};
