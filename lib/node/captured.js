'use strict';

// Node's timers, ticks and clock as they were when rsnet was loaded. Fake clocks replace them later, and a sandbox such
// as jest's may have its own from the start. Neither affects the built-in `net`, so neither may affect rsnet.

const timers = require('timers');
const { runInThisContext } = require('vm');

/** The global object of this thread, outside any sandbox. */
const root = runInThisContext('globalThis');

const { nextTick } = root.process ?? require('process');
const { now } = root.Date;
const { queueMicrotask } = root;
const { clearTimeout, setImmediate, setTimeout } = timers;

/**
 * @returns {Partial<typeof import('worker_threads')>} the module; empty where Node cannot load it because the program
 *   has frozen `process`
 */
function findWorkerThreads() {
  try {
    return require('worker_threads');
  } catch {
    return {};
  }
}

const { MessagePort, getEnvironmentData, markAsUncloneable, setEnvironmentData } = findWorkerThreads();

module.exports = {
  MessagePort, clearTimeout, getEnvironmentData, markAsUncloneable, nextTick, now, queueMicrotask, root,
  setEnvironmentData, setImmediate, setTimeout,
};
