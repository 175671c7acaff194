'use strict';

// Keeps `--pending-deprecation` from warning of rsnet's own use of `process._tickCallback`.

// The global `process` is a getter: each use would call it.
const process = require('process');
const { deprecate } = require('util');
const { variable } = require('./switches');

/** @returns {boolean} whether `--pending-deprecation` is on, by an option or by NODE_PENDING_DEPRECATION */
function warnsOfPending() {
  const options = `${process.execArgv.join(' ')} ${variable('NODE_OPTIONS') ?? ''}`;
  return variable('NODE_PENDING_DEPRECATION') === '1' || /(^|\s)--pending[-_]deprecation(\s|$)/.test(options);
}

/**
 * Uses up the warning DEP0134, while no warning is emitted: `util.deprecate` warns once for each code. Otherwise the
 * program would be warned, or ended under `--throw-deprecation`, for a call that is not its own.
 */
function silenceDeprecation() {
  const descriptor = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  if (!descriptor?.configurable || !warnsOfPending()) return;
  Object.defineProperty(process, 'emitWarning', { ...descriptor, value() {} });
  try {
    deprecate(() => {}, 'process._tickCallback() is deprecated', 'DEP0134')();
  } finally {
    Object.defineProperty(process, 'emitWarning', descriptor);
  }
}

module.exports = { silenceDeprecation };
