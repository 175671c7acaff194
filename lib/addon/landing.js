'use strict';

// The Buffers that reads of the uv backend land in, and what makes V8 collect them in time.

const { Buffer } = require('buffer');
const { entry: { LANDED_FULL }, sizes: { MAX_READ, USUAL_READ } } = require('./constants');

/** Bytes of large reads in which V8 is to collect the young generation once: see `noteLargeRead`. */
const READ_PER_COLLECTION = 16 * 1024 * 1024;

/** Bytes of large reads behind which rsnet looks at the young generation. */
const READ_PER_LOOK = 4 * 1024 * 1024;

/** Bytes of an element of an array. */
const ELEMENT = 8;

/** Elements of one piece of garbage. A larger array would not be in the young generation. */
const MAX_ELEMENTS = 8192;

/** The sizes of the Buffers that the next large read of any socket lands in. The addon has the same indices. */
const LANDINGS = [USUAL_READ, MAX_READ];

/**
 * By index: a Buffer of each of LANDINGS, and behind them, by slot, the program's own (`onread`). The addon looks them
 * up. It has no prototype, where a program might have put a getter.
 * @type {(Uint8Array|undefined)[]}
 */
const areas = Object.setPrototypeOf(LANDINGS.map(() => undefined), null);

/** What `noteLargeRead` has made last. V8 might not make what nobody can see. */
const garbage = /** @type {any[]} */ ([undefined]);

/** Bytes of large reads since rsnet looked at the young generation. */
let unlooked = 0;

/** Bytes of large reads since V8 has collected it, as far as rsnet has seen. */
let uncollected = 0;

/** Bytes that were used of it when rsnet looked. */
let lastUsed = 0;

/** Elements of garbage for each byte of a large read. */
let elementsPerByte = 0;

/** @returns {{used: number, available: number}} bytes of the young generation */
function youngGeneration() {
  const { getHeapSpaceStatistics } = require('v8');
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return { used: space?.space_used_size ?? 0, available: space?.space_available_size ?? 0 };
}

/** Sets `elementsPerByte`. A program that fills the young generation itself needs no garbage of rsnet's. */
function lookAtYoung() {
  unlooked = 0;
  try {
    const { used, available } = youngGeneration();
    uncollected = used < lastUsed ? 0 : uncollected + READ_PER_LOOK;
    lastUsed = used;
    const left = Math.max(READ_PER_COLLECTION - uncollected, READ_PER_LOOK);
    elementsPerByte = left > READ_PER_COLLECTION / 2 ? 0 : available / ELEMENT / left;
  } catch {
    // Another engine than V8 has no such statistics.
    unlooked = -Infinity;
  }
}

/**
 * V8 makes a full collection once Buffers have come to 64 MB more than after the last one. Most Buffers die young, and
 * a collection of the young generation is cheap, but V8 makes it only if that fills up, or, up to Node 22, at 32 MB of
 * Buffers. So garbage of large reads fills it up behind 16 MB of them.
 *
 * @param {number} length bytes
 */
function noteLargeRead(length) {
  unlooked += length;
  if (unlooked >= READ_PER_LOOK) lookAtYoung();
  let elements = Math.trunc(Math.min(length, MAX_READ) * elementsPerByte);
  for (; elements > MAX_ELEMENTS; elements -= MAX_ELEMENTS) garbage[0] = new Array(MAX_ELEMENTS);
  if (elements > 0) garbage[0] = new Array(elements);
}

/**
 * @param {number} place LANDED_FULL or LANDED_LARGE
 * @param {number} length bytes of the read that stands there
 * @returns {Buffer} of these bytes, with an ArrayBuffer of its own, which it fills if there is enough memory
 */
function takeLanding(place, length) {
  const index = LANDED_FULL - place;
  const landed = /** @type {Buffer} */ (areas[index]);
  const isFull = length === landed.length;
  const other = allocate(isFull ? LANDINGS[index] : length);
  if (isFull) {
    areas[index] = other;
    return landed;
  }
  if (other === undefined) {
    areas[index] = undefined;
    return landed.subarray(0, length);
  }
  other.set(landed.subarray(0, length));
  return other;
}

/**
 * @param {number} length bytes
 * @returns {Buffer|undefined} undefined where there is not enough memory
 */
function allocate(length) {
  try {
    return Buffer.allocUnsafeSlow(length);
  } catch {
    return undefined;
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {Buffer} a copy with an ArrayBuffer of its own
 */
function ownCopy(bytes) {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/**
 * Since Node 22.
 * @type {((this: ArrayBufferLike, length: number) => ArrayBuffer)|undefined}
 */
const transfer = Reflect.get(ArrayBuffer.prototype, 'transfer');

/**
 * Frees the memory of a Buffer that nobody uses any more. Buffers of the addon die by finalisers, some of them only
 * in a full collection.
 * @param {ArrayBufferLike} buffer which is empty afterwards
 */
function freeMemory(buffer) {
  try {
    transfer?.call(buffer, 0);
  } catch {
    // A Node that keeps such memory from being transferred: V8 frees it later.
  }
}

/**
 * A read had no Buffer to land in. The next one of that size does: V8 counts it as one of its own, and frees it without
 * the addon.
 * @param {number} length bytes
 */
function prepareLanding(length) {
  if (length < USUAL_READ) return;
  const index = length < MAX_READ ? 0 : 1;
  areas[index] ??= allocate(LANDINGS[index]);
}

/**
 * @param {number} slot
 * @param {Uint8Array} view what the reads of that socket go to
 * @returns {boolean} whether it had none
 */
function setArea(slot, view) {
  const index = LANDINGS.length + slot;
  const isFirst = areas[index] === undefined;
  while (areas.length < index) areas[areas.length] = undefined;
  areas[index] = view;
  return isFirst;
}

/** @param {number} slot of a socket that reads no more */
function clearArea(slot) {
  const index = LANDINGS.length + slot;
  if (index < areas.length) areas[index] = undefined;
}

module.exports = { areas, clearArea, freeMemory, noteLargeRead, ownCopy, prepareLanding, setArea, takeLanding };
