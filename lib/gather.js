'use strict';

// Small writes of one turn, gathered: the first is sent at once, those that follow before the event loop goes on are
// copied together and sent by one system call at the end of the turn. To the stream each of them has been sent.

/** Writes of up to this many bytes are gathered. */
const MAX_WRITE = 8 * 1024;

/** Bytes that one handle gathers before it sends them in the middle of the turn. */
const AREA_SIZE = 64 * 1024;

/** Areas kept for the next turn. */
const MAX_SPARE = 16;

/** Counts turns: an event that was handed to JavaScript is one, what runs until the next tick otherwise is another. */
let turn = 1;

/** Whether an event is being handled, which ends the turn by itself. */
let handling = false;

/** Whether the end of a turn outside events is scheduled. */
let ending = false;

/** Areas with bytes, in the order in which their handles began to gather. */
let pending = [];
const spare = [];
let knownAtExit = false;

const kFlushers = Symbol.for('rsnet.flushersAtExit');

/** What one handle has gathered. */
class Area {
  constructor() {
    this.memory = Buffer.allocUnsafeSlow(AREA_SIZE);
    this.length = 0;
    this.handle = null;
  }
}

/** A new event has come: the next write of each handle is the first of its turn. */
function beginTurn() {
  turn++;
  handling = true;
}

/** The event was handled. */
function endTurn() {
  turn++;
  handling = false;
}

/** What ran outside events is over. */
function endOuterTurn() {
  turn++;
  ending = false;
}

/**
 * Whether a write has to go to the kernel now, because it is the first of its turn. Once anything is gathered, the
 * others wait too, so that they do not overtake it.
 *
 * @param {{lastTurn: number}} state of the handle
 * @returns {boolean}
 */
function isFirst(state) {
  if (pending.length > 0 || state.lastTurn === turn) return false;
  state.lastTurn = turn;
  if (!handling && !ending) {
    ending = true;
    process.nextTick(endOuterTurn);
  }
  return true;
}

/**
 * The handle's area with room for a write.
 *
 * @param {object} handle with `_area` and `_sendGathered`
 * @param {number} bytes of the write
 * @returns {Area|undefined} undefined when what was gathered before could not be sent completely
 */
function areaFor(handle, bytes) {
  let area = handle._area;
  if (area === null) {
    area = spare.pop() ?? new Area();
    if (pending.push(area) === 1) schedule();
  } else if (area.length + bytes <= AREA_SIZE) {
    return area;
  } else if (!flush(handle)) {
    return undefined;
  }
  area.handle = handle;
  handle._area = area;
  return area;
}

/** Sees to it that what is gathered is sent at the end of the turn, and if the process exits before. */
function schedule() {
  process.nextTick(flushAll);
  if (knownAtExit) return;
  knownAtExit = true;
  flushersAtExit().add(new WeakRef(flushAll));
}

/**
 * What is called when the process exits. One listener serves all copies of this module, and keeps none of them alive.
 *
 * @returns {Set<WeakRef<Function>>}
 */
function flushersAtExit() {
  if (process[kFlushers] !== undefined) return process[kFlushers];
  const flushers = new Set();
  Object.defineProperty(process, kFlushers, { value: flushers });
  process.on('exit', () => {
    for (const flusher of flushers) flusher.deref()?.();
  });
  return flushers;
}

/**
 * Sends what a handle has gathered.
 *
 * @param {object} handle
 * @returns {boolean} false when the kernel did not take all of it, or refused it
 */
function flush(handle) {
  const area = handle._area;
  if (area === null) return true;
  handle._area = null;
  const data = area.memory.subarray(0, area.length);
  const sent = area.length === 0 || handle._sendGathered(data);
  area.length = 0;
  area.handle = null;
  return sent;
}

/** Sends everything gathered. */
function flushAll() {
  const areas = pending;
  pending = [];
  for (const area of areas) {
    if (area.handle !== null) flush(area.handle);
    if (spare.length < MAX_SPARE) spare.push(area);
  }
}

module.exports = { MAX_WRITE, areaFor, beginTurn, endTurn, flush, flushAll, isFirst };
