'use strict';

const { childEnvironment } = require('../../scripts/lib/environment');
const { runGroup } = require('../helpers/process-group');

/**
 * Run a program of node's, in a process group of its own and with a time limit.
 * @param {string[]} args arguments of node
 * @param {object} [options] how to run it
 * @param {string} [options.cwd] folder to run it in
 * @param {object} [options.env] the whole environment; what `childEnvironment` gives when left out
 * @param {number} [options.limit] milliseconds after which the group is killed
 * @param {string} [options.program] what runs in place of node
 * @returns {Promise<{code: number | null, signal: string | null, stdout: string, stderr: string}>} its end
 */
async function runNode(args, { cwd, env = childEnvironment(), limit = 60000, program = process.execPath } = {}) {
  const options = { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] };
  const { code, signal, stdout, stderr, timedOut } = await runGroup(program, args, options, limit);
  return { code, signal, stdout, stderr: timedOut ? `${stderr}\nended after ${limit} ms` : stderr };
}

/**
 * Run a program of node's that must succeed.
 * @param {string[]} args arguments of node
 * @param {object} [options] as for runNode
 * @returns {Promise<string>} its standard output; rejects with all it wrote when it does not end with 0
 */
async function succeed(args, options) {
  const { code, signal, stdout, stderr } = await runNode(args, options);
  if (code !== 0) throw new Error(`node ${args.join(' ')}: ${code ?? signal}\n${stdout}\n${stderr}`);
  return stdout;
}

module.exports = { runNode, succeed };
