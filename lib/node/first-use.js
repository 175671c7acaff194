'use strict';

// rsnet changes Node's objects when the first Socket, Server or BoundSocket is made, and not when rsnet is loaded. A
// program that loads rsnet and does not use it finds Node as it was. docs/compatibility.md lists the changes.

const { isLoaded, watchLoading } = require('./loaded-modules');

let isUsed = false;
const steps = [];

/** Steps that also wait until a module is loaded. */
const moduleSteps = [];

/**
 * @param {() => void} step called before the first Socket, Server or BoundSocket is made; at once, if one was
 */
function onFirstUse(step) {
  if (isUsed) step();
  else steps.push(step);
}

/**
 * @param {string} module of Node
 * @param {() => void} step called before the first Socket, Server or BoundSocket that is made once it is loaded
 */
function onUseWith(module, step) {
  moduleSteps.push({ isLoaded: watchLoading(module), step });
}

/**
 * @param {string[]} modules names that a module of Node has, or had
 * @param {() => void} step called at once, if one of them is loaded; otherwise as by `onUseWith`
 */
function onceLoaded(modules, step) {
  if (modules.some(isLoaded)) {
    step();
    return;
  }
  const watches = modules.map(watchLoading);
  moduleSteps.push({ isLoaded: () => watches.some((isThere) => isThere()), step });
}

/** To be called before a Socket, Server or BoundSocket is made. */
function beginUse() {
  if (!isUsed) {
    isUsed = true;
    for (const step of steps) step();
  }
  goOnUsing();
}

/**
 * To be called before a module of Node takes a Socket that was made earlier. The module may have been loaded since.
 */
function goOnUsing() {
  if (!isUsed) return;
  for (let i = moduleSteps.length - 1; i >= 0; i--) {
    if (moduleSteps[i].isLoaded()) moduleSteps.splice(i, 1)[0].step();
  }
}

module.exports = { beginUse, goOnUsing, onceLoaded, onFirstUse, onUseWith };
