'use strict';

// Sends the small writes of one callback together. The first is sent at once. Those that follow in the same callback
// are copied behind each other, and one system call sends them when the callback ends. The stream counts each as sent.
//
// They wait in memory of the addon (src/engine/coalescer). A thread sends them after at most 2 ms, also while
// JavaScript is blocked. The addon sends them, too, when the process or the thread ends.

const { beginEvents, currentCallback, endCallback, hasLasted, isHandling } = require('../addon/callbacks');
const { commands, getBridge } = require('../addon/bridge');
const { sentinels } = require('../addon/constants');
const { nextTick } = require('../node/captured');
const native = require('../addon/native');
const { hookExecve, hookListeners } = require('../node/process-ends');

/** Larger writes are not coalesced. */
const MAX_WRITE = 8 * 1024;

/** `commands.beginBuffer` answers this when all buffers are in use. */
const { NONE_FREE } = sentinels;

/** `reserve` answers this when the write has to be sent at once. */
const SEND_AT_ONCE = -1;

/** A callback outside of events goes on while its ticks write, but for no more ticks than this. */
const MAX_TICKS = 256;

/**
 * All buffers, one behind the other; null before the first use, and where the host allows no external memory.
 * @type {Buffer|null}
 */
let memory = null;

/** How many bytes each buffer has. The addon's threads read this. */
let published;

let bufferSize = 0;
let isPrepared = false;

/** Writers in the order in which they began a buffer. Some may have sent it meanwhile. */
const pending = [];

/** Whether the end of this callback is scheduled, whether this tick has written, and how many ticks there were. */
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

/** A tick of a callback outside of events has passed. The first one that has written nothing ends the callback. */
function onTick() {
  if (hasWritten && ++ticks < MAX_TICKS) {
    hasWritten = false;
    nextTick(onTick);
    return;
  }
  isScheduled = false;
  hasWritten = false;
  ticks = 0;
  endCallback();
  flushAll();
}

/** Schedules the end of this callback. */
function scheduleFlush() {
  if (isScheduled) return;
  isScheduled = true;
  nextTick(onTick);
}

/**
 * The first write of a callback is sent at once. So is the first one in each further millisecond of it, since the peer
 * may be waiting for it. While anything waits, later writes wait behind it.
 * @param {Writer} writer
 * @returns {boolean} whether its write has to be sent at once
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
 * Makes room for a write behind the earlier ones of its writer.
 * @param {Writer} writer
 * @param {number} bytes of the write, at most MAX_WRITE
 * @returns {number} where in `bufferMemory` it is to be copied to, or SEND_AT_ONCE
 */
function reserve(writer, bytes) {
  if (writer.buffer >= 0) {
    if (writer.buffered + bytes <= bufferSize) return writer.buffer * bufferSize + writer.buffered;
    if (!writer.flush()) return SEND_AT_ONCE;
  }
  if (!isPrepared) prepare();
  if (memory === null) return SEND_AT_ONCE;
  let buffer = commands.beginBuffer(writer.slot);
  if (buffer === NONE_FREE) {
    flushAll();
    buffer = commands.beginBuffer(writer.slot);
  }
  if (buffer < 0) return SEND_AT_ONCE;
  writer.buffer = buffer;
  pending.push(writer);
  scheduleFlush();
  return buffer * bufferSize;
}

/**
 * Shows the addon's threads a write that was copied to the reserved place.
 * @param {Writer} writer
 * @param {number} bytes of it
 */
function publish(writer, bytes) {
  writer.buffered += bytes;
  Atomics.store(published, writer.buffer, writer.buffered);
}

/** @returns {Buffer} all buffers */
function bufferMemory() { return /** @type {Buffer} */ (memory); }

/** Sends everything that waits. Hooks of async_hooks may write to handles, or close them, meanwhile. */
function flushAll() {
  while (pending.length > 0) pending.shift().flush();
}

module.exports = { MAX_WRITE, SEND_AT_ONCE, bufferMemory, flushAll, publish, reserve, shouldSendNow };
