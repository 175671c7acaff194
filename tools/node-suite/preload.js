'use strict';

// Loaded first, through NODE_OPTIONS, in every process of the rsnet column.

const { ChildProcess } = require('node:child_process');

require('rsnet/register');

const OPTIONS = process.env.NODE_OPTIONS;

/**
 * Gives a child the NODE_OPTIONS that a test left out of its environment, so that it runs on rsnet as well.
 * @param {string[]} [pairs] the child's environment as NAME=value
 */
function complete(pairs) {
  if (OPTIONS && pairs && !pairs.some((pair) => pair.startsWith('NODE_OPTIONS='))) {
    pairs.push(`NODE_OPTIONS=${OPTIONS}`);
  }
}

const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function(options) {
  complete(options?.envPairs);
  return spawn.call(this, options);
};
