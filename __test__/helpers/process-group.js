'use strict';

const { spawn } = require('child_process');

/** Process groups that still run; ended when the spec file ends, whatever happened. */
const groups = new Set();

/**
 * End a process group; one that has ended already is no error.
 *
 * @param {number} pid leader of the group
 * @returns {void}
 */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * @typedef {object} Result
 * @property {number | null} code
 * @property {string | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} timedOut whether it was still running after the limit
 */

/**
 * Run a command in a process group of its own. What is still running after the limit is killed with its group.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} options of `spawn`; stdout and stderr have to be pipes
 * @param {number} limit milliseconds
 * @param {(child: import('child_process').ChildProcess) => void} [onStart] called with the running child
 * @returns {Promise<Result>} its end
 */
function runGroup(command, args, options, limit, onStart) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, detached: true });
    const result = { code: null, signal: null, stdout: '', stderr: '', timedOut: false };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => { result[name] += text; });
    }
    child.once('error', reject);
    // A command that could not be started has no group.
    if (child.pid === undefined) return;
    groups.add(child.pid);
    const timer = setTimeout(() => {
      result.timedOut = true;
      endGroup(child.pid);
    }, limit);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      endGroup(child.pid);
      groups.delete(child.pid);
      resolve({ ...result, code, signal });
    });
    onStart?.(child);
  });
}

afterAll(() => {
  for (const pid of groups) endGroup(pid);
});

module.exports = { runGroup };
