'use strict';

const { spawn } = require('node:child_process');
const { childEnvironment } = require('../../scripts/lib/environment');

/** Process groups that still run; ended when the spec file ends, whatever happened. */
const groups = new Set();

/**
 * End a process group; one that has ended already is no error.
 * @param {number} pid leader of the group
 */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

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
function runNode(args, { cwd, env = childEnvironment(), limit = 60000, program = process.execPath } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd, env, stdio, detached: true });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
    }
    groups.add(child.pid);
    const timer = setTimeout(() => {
      output.stderr += `\nended after ${limit} ms`;
      endGroup(child.pid);
    }, limit);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      endGroup(child.pid);
      groups.delete(child.pid);
      resolve({ code, signal, ...output });
    });
  });
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

afterAll(() => {
  for (const pid of groups) endGroup(pid);
});

module.exports = { runNode, succeed };
