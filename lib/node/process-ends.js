'use strict';

// Ends of the process, and ways to one, that the addon does not hear of by itself. As in `patches`, nothing here
// refers to the copy of rsnet that has changed the host, but for functions of the addon.

const { constants: { signals } } = require('os');
const process = require('process');
const { root } = require('./captured');
const { nameLike } = require('./mirror-members');

/** On what was changed here. */
const kChanged = Symbol.for('rsnet.changed');

/**
 * `process.execve` replaces the process without an end of it: what writes have left waiting is sent before. A program
 * that has frozen `process` keeps its own.
 *
 * @param {function(): void} sendWaiting
 */
function hookExecve(sendWaiting) {
  const descriptor = Object.getOwnPropertyDescriptor(process, 'execve');
  const execve = descriptor?.value;
  if (typeof execve !== 'function' || execve[kChanged] || !descriptor.configurable) return;
  const { execve: value } = {
    execve(...args) {
      sendWaiting();
      return execve.apply(this, args);
    },
  };
  Object.defineProperty(value, kChanged, { value: true });
  nameLike(value, execve);
  Object.defineProperty(process, 'execve', { ...descriptor, value });
}

/**
 * When the last listener of a signal goes, Node gives the signal its default action back. The addon's handler has to
 * stand in for that at once: a listener that `once` has added may raise the signal again.
 *
 * @param {function(): void} standIn
 */
function hookListeners(standIn) {
  const real = root.process ?? process;
  if (real.listeners('removeListener').some((listener) => listener[kChanged])) return;
  const listener = (name) => {
    if (Object.hasOwn(signals, name)) standIn();
  };
  Object.defineProperty(listener, kChanged, { value: true });
  try {
    // Node's own is the first, and has given the action back.
    real.on('removeListener', listener);
  } catch {
    // The program has frozen `process`. The addon looks for such signals now and then.
  }
}

module.exports = { hookExecve, hookListeners };
