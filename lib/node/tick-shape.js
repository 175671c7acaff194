'use strict';

// Keeps what V8 knows of the objects that `process.nextTick` makes.
//
// Up to Node 24 such an object is a literal with computed keys. V8 keeps its hidden class as long as there is such an
// object, optimises the literal for one hidden class, and for none any more once that one is gone. In a process without
// work none is there, and a collection makes each later tick dearer for good: docs/notes/speed.md has the figures.

const { executionAsyncResource } = require('async_hooks');
const { nextTick } = require('./captured');
const { onFirstUse } = require('./first-use');

/** The object of a tick of this thread. */
const kept = [];

/** Keeps the object of the tick that runs, without the async context that it was made in. */
function keepTick() {
  const tick = executionAsyncResource();
  for (const key of Object.getOwnPropertySymbols(tick)) {
    if (typeof tick[key] !== 'number') tick[key] = undefined;
  }
  kept.push(tick);
}

onFirstUse(() => nextTick(keepTick));
