'use strict';

// What rsnet needs of Node for itself, as it was when rsnet was loaded. A program may put others in its place later, as
// fake clocks do, and a sandbox may have others from the start, as that of jest; Node's own `net` hears of neither.

const timers = require('timers');
const { runInThisContext } = require('vm');

/** The global object of this thread, outside any sandbox. */
const root = runInThisContext('globalThis');

const { nextTick } = root.process ?? require('process');
const { now } = root.Date;
const { queueMicrotask } = root;
const { clearTimeout, setImmediate, setTimeout } = timers;

/**
 * @returns {object} the module `worker_threads`; empty where the host cannot load it any more, since a program has
 *   frozen `process`
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
