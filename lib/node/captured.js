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

module.exports = { clearTimeout, nextTick, now, queueMicrotask, root, setImmediate, setTimeout };
