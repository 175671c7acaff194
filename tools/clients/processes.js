'use strict';

/** Processes in groups of their own, which end with the runner. */

const { spawn } = require('node:child_process');
const { childEnvironment } = require('../../scripts/lib/environment');
const { endGroup, withGroup } = require('../lib/group');

/**
 * Start a process in a group of its own. The group is ended when the leader ends, and when the runner does.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {import('node:child_process').ChildProcess}
 */
function startGroup(command, args, options) {
  return withGroup(spawn(command, args, { env: childEnvironment(), ...options, detached: true }));
}

/**
 * Run a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options] of spawn, and:
 * @param {number} [options.limit] seconds after which it is killed
 * @param {boolean} [options.anyStatus] whether another exit status than 0 is no failure
 * @returns {Promise<string>} what it wrote to stdout and stderr; rejects with it if the status is not 0
 */
function runToEnd(command, args, { limit = 60, anyStatus = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = startGroup(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const timer = setTimeout(() => endGroup(child.pid), limit * 1000);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => { output += text; });
    }
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || (anyStatus && code !== null)) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')}: ended with ${signal ?? code}\n${output.slice(-2000)}`));
    });
  });
}

module.exports = { endGroup, runToEnd, startGroup };
