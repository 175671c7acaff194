'use strict';

// rsnet runs the ticks between two events itself, by a function of `process` that Node deprecates.

// As a global it is a getter.
const process = require('process');
const { deprecate } = require('util');

/** @returns {boolean} whether the process was started with `--pending-deprecation`, in any of its forms */
function warnsOfPending() {
  const { execArgv, env } = process;
  const options = `${execArgv.join(' ')} ${env.NODE_OPTIONS ?? ''}`;
  return env.NODE_PENDING_DEPRECATION === '1' || /(^|\s)--pending[-_]deprecation(\s|$)/.test(options);
}

/**
 * Takes the deprecation of `process._tickCallback` (DEP0134) for told: under `--pending-deprecation` the program would
 * hear of it, or end by it, for a call that is not its own. `util.deprecate` warns once for each code.
 */
function takeDeprecationForTold() {
  const descriptor = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  if (!descriptor?.configurable || !warnsOfPending()) return;
  Object.defineProperty(process, 'emitWarning', { ...descriptor, value() {} });
  try {
    deprecate(() => {}, 'process._tickCallback() is deprecated', 'DEP0134')();
  } finally {
    Object.defineProperty(process, 'emitWarning', descriptor);
  }
}

module.exports = { takeDeprecationForTold };
