'use strict';

// Sends coalesced writes before ends of the process that the addon does not notice by itself. As in patches.js, a
// changed function must not refer to the copy of rsnet that has changed it. The functions of the addon do not.

const { constants: { signals } } = require('os');
const process = require('process');
const { root } = require('./captured');
const { kChanged, setOnHost } = require('./host-objects');
const { nameLike } = require('./mirror-members');

/**
 * `process.execve` replaces the program without calling exit(3). A program that has frozen `process` keeps Node's.
 * @param {() => void} sendWaiting
 */
function hookExecve(sendWaiting) {
  const execve = Object.getOwnPropertyDescriptor(process, 'execve')?.value;
  if (typeof execve !== 'function' || execve[kChanged]) return;
  const { execve: value } = {
    execve(...args) {
      sendWaiting();
      return execve.apply(this, args);
    },
  };
  Object.defineProperty(value, kChanged, { value: true });
  nameLike(value, execve);
  setOnHost(process, 'execve', value);
}

/**
 * When the last listener of a signal is removed, Node restores the default action, which replaces the addon's handler.
 * That has to be installed again at once: a listener that `once` has added may raise the signal again.
 * @param {() => void} installHandlers
 */
function hookListeners(installHandlers) {
  const real = root.process ?? process;
  if (real.listeners('removeListener').some((listener) => listener[kChanged])) return;
  const listener = (name) => {
    if (Object.hasOwn(signals, name)) installHandlers();
  };
  Object.defineProperty(listener, kChanged, { value: true });
  try {
    // Node's own listener is called before, and has restored the default action.
    real.on('removeListener', listener);
  } catch {
    // The program has frozen `process`. The addon looks for such signals from time to time.
  }
}

module.exports = { hookExecve, hookListeners };
