'use strict';

// What rsnet changes in the host's objects is changed with the first Socket, Server or BoundSocket, not by loading
// rsnet: a program that does not use it finds the host as it was. docs/compatibility.md lists the changes.

const { watchLoading } = require('./loaded-modules');

let isUsed = false;
const steps = [];

/** Steps that wait until a module is loaded. */
const besides = [];

/**
 * @param {function(): void} step called with the first Socket, Server or BoundSocket, or now, if that is made already
 */
function onFirstUse(step) {
  if (isUsed) step();
  else steps.push(step);
}

/**
 * @param {string} module of Node
 * @param {function(): void} step called with the first Socket, Server or BoundSocket that is made when that is loaded
 */
function onUseBeside(module, step) {
  besides.push({ isLoaded: watchLoading(module), step });
}

/** A Socket, Server or BoundSocket is being made. */
function beginUse() {
  if (!isUsed) {
    isUsed = true;
    for (const step of steps) step();
  }
  for (let i = besides.length - 1; i >= 0; i--) {
    if (besides[i].isLoaded()) besides.splice(i, 1)[0].step();
  }
}

module.exports = { beginUse, onFirstUse, onUseBeside };
