'use strict';

// Small writes of one callback, sent together. The first is sent at once. Those that follow before the event loop goes
// on are copied behind each other, and one system call sends them when the callback ends. To the stream each of them
// has been sent.
//
// They wait in memory of the addon (src/engine/coalescer). So they are in the kernel after at most 2 ms, also while
// JavaScript is blocked, and when the process or the thread ends.

const { beginEvents, currentCallback, endCallback, hasLasted, isHandling } = require('../addon/callbacks');
const { commands, getBridge } = require('../addon/bridge');
const { nextTick } = require('../node/captured');
const native = require('../addon/native');
const { hookExecve, hookListeners } = require('../node/process-ends');

/** Writes of up to this many bytes are coalesced. */
const MAX_WRITE = 8 * 1024;

/** What `commands.beginBuffer` answers when all buffers are in use. */
const NONE_FREE = -2;

/** What `reserve` answers when the write has to be sent at once. */
const NO_ROOM = -1;

/** Ticks in a row for which a callback goes on while each of them writes. */
const MAX_TICKS = 64;

/** All buffers, one behind the other; null before the first use, and where the host has none. */
let memory = null;

/** How many bytes each of them has. The addon's threads read it. */
let published;

/** Bytes that one buffer takes. */
let bufferSize = 0;

/** Whether `memory` was asked for. */
let isPrepared = false;

/** Writers with a buffer, in the order in which they began it. Some may have sent it meanwhile. */
const pending = [];

/** Whether the end of this callback is scheduled; whether anything was written since; how many ticks it has lasted. */
let isScheduled = false;
let hasWritten = false;
let ticks = 0;

/** Gets the addon's memory. */
function prepare() {
  isPrepared = true;
  const areas = getBridge().coalescer();
  if (areas === null) return;
  memory = Buffer.from(areas.memory);
  published = new Int32Array(areas.published);
  bufferSize = memory.length / published.length;
  hookExecve(native.sendWaiting);
  hookListeners(native.standInForSignals);
}

/** Sends what waits when the first tick has passed that writes nothing. */
function settle() {
  if (hasWritten && ++ticks < MAX_TICKS) {
    hasWritten = false;
    nextTick(settle);
    return;
  }
  isScheduled = false;
  hasWritten = false;
  ticks = 0;
  endCallback();
  flushAll();
}

/** Sees to it that the callback has an end. */
function scheduleFlush() {
  if (isScheduled) return;
  isScheduled = true;
  nextTick(settle);
}

/**
 * Whether a write has to go to the kernel now: it is the first of its callback, or the callback has lasted for a
 * millisecond, and somebody may look at how far it is. Once anything waits, the others wait too, so that they do not
 * overtake it.
 *
 * @param {import('./writer')} writer
 * @returns {boolean}
 */
function shouldSendNow(writer) {
  const callback = currentCallback();
  if (!isHandling()) hasWritten = true;
  if (pending.length === 0 && writer.lastCallback !== callback) {
    writer.lastCallback = callback;
    if (!isHandling() && !isScheduled) {
      beginEvents();
      scheduleFlush();
    }
    return true;
  }
  if (!hasLasted()) return false;
  flushAll();
  return true;
}

/**
 * Makes room for a write behind what its writer has waiting.
 *
 * @param {import('./writer')} writer
 * @param {number} bytes of the write, at most MAX_WRITE
 * @returns {number} where in the memory it is to be copied to, or NO_ROOM
 */
function reserve(writer, bytes) {
  if (writer.buffer >= 0) {
    if (writer.buffered + bytes <= bufferSize) return writer.buffer * bufferSize + writer.buffered;
    if (!writer.flush()) return NO_ROOM;
  }
  if (!isPrepared) prepare();
  if (memory === null) return NO_ROOM;
  let buffer = commands.beginBuffer(writer.slot);
  if (buffer === NONE_FREE) {
    flushAll();
    buffer = commands.beginBuffer(writer.slot);
  }
  if (buffer < 0) return NO_ROOM;
  writer.buffer = buffer;
  pending.push(writer);
  scheduleFlush();
  return buffer * bufferSize;
}

/**
 * A write stands where `reserve` has made room for it.
 *
 * @param {import('./writer')} writer
 * @param {number} bytes how many it is
 */
function publish(writer, bytes) {
  writer.buffered += bytes;
  Atomics.store(published, writer.buffer, writer.buffered);
}

/** @returns {Buffer} what `reserve` speaks of */
function bufferMemory() { return memory; }

/** Sends everything that waits. What async_hooks calls meanwhile may close any of the handles, or write to it. */
function flushAll() {
  while (pending.length > 0) pending.shift().flush();
}

module.exports = { MAX_WRITE, NO_ROOM, bufferMemory, flushAll, publish, reserve, shouldSendNow };
