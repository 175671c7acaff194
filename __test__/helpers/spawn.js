'use strict';

const { spawn } = require('child_process');
const { childEnvironment } = require('../../scripts/lib/environment');
const { requirePath, root } = require('./implementations');

/** Milliseconds after which a child is ended with its whole group. */
const TIME_LIMIT = 20000;

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
 * @typedef {object} SpawnOptions
 * @property {string[]} [args] for the code: `process.argv.slice(1)`
 * @property {string[]} [flags] for node
 * @property {object} [env] added to what `childEnvironment` gives
 * @property {string} [input] what stdin gives
 * @property {boolean} [keepInput] leave stdin open
 * @property {number} [limit] milliseconds
 * @property {(child: import('child_process').ChildProcess) => void} [onStart] called with the running child
 * @property {string[]} [prefix] a command that runs node, to lower its limits, say
 * @property {any[]} [stdio] descriptors from 3 on
 */

/**
 * Run code in a Node process of its own, in a group of its own and with a time limit.
 *
 * The code finds the implementation as `net`. What is still running after the limit is killed with its group
 * and reported as `timedOut`.
 *
 * @param {string} implementation 'net' or 'rsnet'
 * @param {string | Function} code CommonJS source, or a function without closure: its body is what runs
 * @param {SpawnOptions} [options]
 * @returns {Promise<{code: number | null, signal: string | null, stdout: string, stderr: string, timedOut:
 *   boolean}>}
 */
function spawnNode(implementation, code, options = {}) {
  const {
    args = [],
    flags = [],
    env = {},
    input,
    keepInput,
    limit = TIME_LIMIT,
    onStart,
    prefix = [],
    stdio = [],
  } = options;
  const body = typeof code === 'function' ? `(${code})();` : code;
  const required = JSON.stringify(requirePath(implementation));
  const source = `'use strict'; const net = require(${required});\n${body}`;
  return new Promise((resolve, reject) => {
    const [command, ...rest] = [...prefix, process.execPath, ...flags, '-e', source, '--', ...args];
    const child = spawn(command, rest, {
      cwd: root,
      detached: true,
      env: childEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe', ...stdio],
    });
    const result = { code: null, signal: null, stdout: '', stderr: '', timedOut: false };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.stderr += text;
    });
    child.stdin.on('error', () => {});
    child.once('error', reject);
    groups.add(child.pid);
    const timer = setTimeout(() => {
      result.timedOut = true;
      endGroup(child.pid);
    }, limit);
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      endGroup(child.pid);
      groups.delete(child.pid);
      resolve({ ...result, code: exitCode, signal });
    });
    if (!keepInput) child.stdin.end(input);
    if (onStart) onStart(child);
  });
}

afterAll(() => {
  for (const pid of groups) endGroup(pid);
});

module.exports = { childEnvironment, spawnNode };
