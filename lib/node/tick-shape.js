'use strict';

// Keeps what V8 knows of the objects that `process.nextTick` makes.
//
// Up to Node 24 such an object is a literal with computed keys. V8 keeps its hidden class as long as there is such an
// object, optimises the literal for one hidden class, and for none any more once that one is gone. In a process without
// work none is there, and a collection makes each later tick dearer for good: docs/notes/speed.md has the figures.

const { executionAsyncResource } = require('async_hooks');
const { nextTick } = require('./captured');
const host = require('./versions');

/** The object of a tick of this thread. */
const kept = [];

let isAsked = !host.makesTicksByLiteral;

/** Properties of such an object that hold nothing of the program. */
const RECORD_OF_TICK = new Set(/** @type {Array<string|symbol>} */ (['callback', 'args']));

/**
 * @param {object} tick whose async context, domain and what hooks of the program have put there are to be forgotten
 * @returns {boolean} whether nothing of them is left
 */
function forgetContext(tick) {
  return Reflect.ownKeys(tick).every((key) => {
    const { value } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(tick, key));
    return RECORD_OF_TICK.has(key) || typeof value === 'number' || Reflect.set(tick, key, undefined);
  });
}

/** Keeps the object of the tick that runs. A fake clock may run this outside of a tick. */
function keepTick() {
  const tick = /** @type {{callback?: Function}} */ (executionAsyncResource());
  if (tick?.callback === keepTick && forgetContext(tick)) kept.push(tick);
}

/**
 * To be called where the built-in makes a tick itself: hooks of async_hooks see this one, too. A program that has no
 * more than sockets of its standard streams makes none.
 */
function keepTickShape() {
  if (isAsked) return;
  isAsked = true;
  // Once it was called, `executionAsyncResource` makes callbacks dearer for programs with hooks of async_hooks.
  nextTick(keepTick);
}

module.exports = { keepTickShape };
