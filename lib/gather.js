'use strict';

// Small writes of one turn, gathered: the first is sent at once, those that follow before the event loop goes on are
// copied together and sent by one system call at the end of the turn. To the stream each of them has been sent. What is
// written after a turn has worked for a while does not wait: somebody may be looking at how far it is.

const process = require('process');
const { nextTick, now } = require('./captured');
const { kArea, kLastTurn } = require('./handle-symbols');

/** Writes of up to this many bytes are gathered. */
const MAX_WRITE = 8 * 1024;

/** Bytes that one handle gathers before it sends them in the middle of the turn. */
const AREA_SIZE = 64 * 1024;

/** Areas kept for the next turn. */
const MAX_SPARE = 16;

/** Ticks in a row for which a turn goes on while each of them writes. */
const MAX_TICKS = 64;

/** Counts turns: an event that was handed to JavaScript is one, the ticks that run otherwise are another. */
let turn = 1;

/** Whether an event is being handled, which ends the turn by itself. */
let handling = false;

/** Whether the end of a turn is scheduled; whether it has written since, outside events; the ticks it has lasted. */
let settling = false;
let wrote = false;
let ticks = 0;

/** The millisecond in which what is written waits for others; one that comes later is sent at once. */
let since = 0;

/** Areas with bytes, in the order in which their handles began to gather. */
let pending = [];
const spare = [];

/** What this module instance has called when the process exits. */
const knownAtExit = new Set();

const kFlushers = Symbol.for('rsnet.flushersAtExit');

/** What one handle has gathered. */
class Area {
  constructor() {
    this.memory = Buffer.allocUnsafeSlow(AREA_SIZE);
    this.length = 0;
    this.handle = null;
  }
}

/** Events have come: what they write may wait for others from now on. */
function beginEvents() {
  since = now();
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

/** Sends what is gathered at the end of the ticks: with the first of them that writes nothing. */
function settle() {
  if (wrote && ++ticks < MAX_TICKS) {
    wrote = false;
    nextTick(settle);
    return;
  }
  settling = false;
  wrote = false;
  ticks = 0;
  turn++;
  flushAll();
}

/** Sees to it that the turn has an end. */
function settleLater() {
  if (settling) return;
  settling = true;
  nextTick(settle);
}

/**
 * Whether a write has to go to the kernel now, because it is the first of its turn, or the last one was a while ago.
 * Once anything is gathered, the others wait too, so that they do not overtake it.
 *
 * @param {object} handle
 * @returns {boolean}
 */
function isDue(handle) {
  if (!handling) wrote = true;
  if (pending.length === 0 && handle[kLastTurn] !== turn) {
    handle[kLastTurn] = turn;
    if (!handling && !settling) {
      since = now();
      settleLater();
    }
    return true;
  }
  const time = now();
  if (time === since) return false;
  since = time;
  flushAll();
  return true;
}

/**
 * The handle's area with room for a write.
 *
 * @param {object} handle with `_sendGathered`
 * @param {number} bytes of the write
 * @returns {Area|undefined} undefined when what was gathered before could not be sent completely
 */
function areaFor(handle, bytes) {
  let area = handle[kArea];
  if (area === null) {
    area = spare.pop() ?? new Area();
    pending.push(area);
    atEnd();
  } else if (area.length + bytes <= AREA_SIZE) {
    return area;
  } else if (!flush(handle)) {
    return undefined;
  }
  area.handle = handle;
  handle[kArea] = area;
  return area;
}

/** Sees to it that what is gathered is sent at the end of the turn, and if the process exits before. */
function atEnd() {
  settleLater();
  callAtExit(flushAll);
}

/**
 * Sees to it that a function of this copy of the module is called when the process exits.
 *
 * @param {function(): void} flusher
 */
function callAtExit(flusher) {
  if (knownAtExit.has(flusher)) return;
  knownAtExit.add(flusher);
  flushersAtExit().add(new WeakRef(flusher));
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
  const area = handle[kArea];
  if (area === null) return true;
  handle[kArea] = null;
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

module.exports = {
  AREA_SIZE, MAX_WRITE, areaFor, beginEvents, beginTurn, callAtExit, endTurn, flush, flushAll, isDue,
};
