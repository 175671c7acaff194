'use strict';

// What rsnet changes in the host's objects is changed with the first Socket, Server or BoundSocket, not by loading
// rsnet: a program that does not use it finds the host as it was. docs/compatibility.md lists the changes.

let isUsed = false;
const steps = [];

/**
 * @param {function(): void} step called with the first Socket, Server or BoundSocket, or now, if that is made already
 */
function onFirstUse(step) {
  if (isUsed) step();
  else steps.push(step);
}

/** A Socket, Server or BoundSocket is being made. */
function beginUse() {
  if (isUsed) return;
  isUsed = true;
  for (const step of steps) step();
}

module.exports = { beginUse, onFirstUse };
