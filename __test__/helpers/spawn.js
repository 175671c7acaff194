'use strict';

const { childEnvironment } = require('../../scripts/lib/environment');
const { requirePath, root } = require('./implementations');
const { runGroup } = require('./process-group');

/** Milliseconds after which a child is ended with its whole group. */
const TIME_LIMIT = 20000;

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
 * @returns {Promise<import('./process-group').Result>}
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
  const [command, ...rest] = [...prefix, process.execPath, ...flags, '-e', source, '--', ...args];
  const how = { cwd: root, env: childEnvironment(env), stdio: ['pipe', 'pipe', 'pipe', ...stdio] };
  return runGroup(command, rest, how, limit, (child) => {
    child.stdin.on('error', () => {});
    if (!keepInput) child.stdin.end(input);
    if (onStart) onStart(child);
  });
}

module.exports = { childEnvironment, spawnNode };
