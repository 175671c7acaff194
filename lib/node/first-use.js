'use strict';

// rsnet changes Node's objects when the first Socket, Server or BoundSocket is made, and not when rsnet is loaded. A
// program that loads rsnet and does not use it finds Node as it was. docs/compatibility.md lists the changes.

const { watchLoading } = require('./loaded-modules');

let isUsed = false;
const steps = [];

/** Steps that also wait until a module is loaded. */
const moduleSteps = [];

/**
 * @param {function(): void} step called before the first Socket, Server or BoundSocket is made; at once, if one was
 */
function onFirstUse(step) {
  if (isUsed) step();
  else steps.push(step);
}

/**
 * @param {string} module of Node
 * @param {function(): void} step called before the first Socket, Server or BoundSocket that is made once it is loaded
 */
function onUseWith(module, step) {
  moduleSteps.push({ isLoaded: watchLoading(module), step });
}

/** To be called before a Socket, Server or BoundSocket is made. */
function beginUse() {
  if (!isUsed) {
    isUsed = true;
    for (const step of steps) step();
  }
  for (let i = moduleSteps.length - 1; i >= 0; i--) {
    if (moduleSteps[i].isLoaded()) moduleSteps.splice(i, 1)[0].step();
  }
}

module.exports = { beginUse, onFirstUse, onUseWith };
