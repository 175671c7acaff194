'use strict';

// Node's timers, ticks and clock as they were when rsnet was loaded. Fake clocks replace them later, and a sandbox such
// as jest's may have its own from the start. Neither affects the built-in `net`, so neither may affect rsnet.

const timers = require('timers');
const { runInThisContext } = require('vm');

/** A function of the host's says whether this file runs in a sandbox, which has a `Function` of its own. */
const isSandboxed = Object.getPrototypeOf(timers.setTimeout) !== Function.prototype;

/**
 * The global object of this thread, outside any sandbox.
 *
 * The script that `runInThisContext` makes is of the kind that V8's collector for C++ objects looks after. Node 24 has
 * no other in most programs, and V8 takes a process without any for one that allocates much: it leaves the heap alone
 * while the program rests. With one, it collects then, and drops optimised code.
 */
const root = isSandboxed ? runInThisContext('globalThis') : globalThis;

const { nextTick } = root.process ?? require('process');
const { now } = root.Date;
const { queueMicrotask } = root;
const { clearTimeout, setImmediate, setTimeout } = timers;

module.exports = { clearTimeout, nextTick, now, queueMicrotask, root, setImmediate, setTimeout };
