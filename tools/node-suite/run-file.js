'use strict';

const { spawn } = require('node:child_process');
const { randomInt } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { endGroup } = require('../lib/group');
const { noteGroup } = require('./groups');
const { childEnvironment } = require('../../scripts/lib/environment');
const { PRELOAD } = require('./paths');
const { readDirectives } = require('./select');

const KEPT_OUTPUT = 64 * 1024;

/**
 * @typedef {object} Outcome
 * @property {boolean} ok
 * @property {boolean} skipped the file itself said that it can't run here
 * @property {string} reason why not ok, in a few words; empty if ok
 * @property {number} seconds
 * @property {string} output the beginning of what it wrote to stdout and stderr; empty if ok
 */

/**
 * Finds a free TCP port, for the tests that take theirs from the environment. It lies below the ports that
 * the system gives to outgoing connections, so that none of these takes it meanwhile.
 * @returns {Promise<number>}
 */
async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = net.createServer().listen(port);
    try {
      await once(server, 'listening');
    } catch (error) {
      if (error.code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/**
 * The environment of a test process.
 * @param {object} setup
 * @param {boolean} setup.rsnet whether `net` is rsnet
 * @param {string} [setup.backend] rsnet's backend
 * @param {string} setup.folder the process' own folder, for its temporary files
 * @param {Record<string, string>} setup.env what the file asks for
 * @returns {Promise<Record<string, string>>}
 */
async function environment({ rsnet, backend, folder, env }) {
  const port = await freePort();
  const result = childEnvironment({
    RSNET_BACKEND: undefined, ...env, NODE_TEST_DIR: folder, TEST_THREAD_ID: '0', NODE_COMMON_PORT: `${port}`,
  });
  if (rsnet) {
    const given = env.NODE_OPTIONS ? ` ${env.NODE_OPTIONS}` : '';
    result.NODE_OPTIONS = `--require=${JSON.stringify(PRELOAD)}${given}`;
    if (backend) result.RSNET_BACKEND = backend;
  }
  return result;
}

/**
 * Reads the beginning of a file.
 * @param {string} file
 * @returns {string}
 */
function head(file) {
  const text = fs.readFileSync(file, 'utf8');
  return text.length > KEPT_OUTPUT ? `${text.slice(0, KEPT_OUTPUT)}\n[cut]\n` : text;
}

/**
 * Waits for a process, no longer than its time limit.
 * @param {import('node:child_process').ChildProcess} child leader of its own process group
 * @param {number} limit milliseconds
 * @returns {Promise<string>} why it failed, in a few words; empty if it did not
 */
async function ending(child, limit) {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, limit);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  // What the test left running must not disturb the next one.
  endGroup(child.pid);
  if (late) return `time limit of ${limit / 1000} s`;
  if (signal) return signal;
  return code === 0 ? '' : `exit code ${code}`;
}

/**
 * Runs one test file in a process of its own.
 * @param {import('./select').TestFile} file
 * @param {object} setup
 * @param {string} setup.node the Node binary
 * @param {string} setup.suite the suite's folder
 * @param {boolean} setup.rsnet whether `net` is rsnet
 * @param {string} [setup.backend] rsnet's backend
 * @param {string} setup.scratch a folder for temporary files
 * @param {number} setup.limit milliseconds
 * @returns {Promise<Outcome>}
 */
async function runFile(file, setup) {
  const folder = fs.mkdtempSync(path.join(setup.scratch, 't'));
  const { flags, env } = readDirectives(file.path);
  const outputs = ['out', 'err'].map((name) => path.join(folder, name));
  const descriptors = outputs.map((name) => fs.openSync(name, 'w'));
  try {
    const options = {
      cwd: setup.suite,
      detached: true,
      env: await environment({ ...setup, folder, env }),
      // Files, as in Node's own runner: what a test writes must not pass through the `net` under test.
      stdio: ['ignore', ...descriptors],
    };
    const start = performance.now();
    const child = spawn(setup.node, [...flags, file.path], options);
    noteGroup(folder, child.pid);
    const reason = await ending(child, setup.limit);
    const seconds = (performance.now() - start) / 1000;
    const skipped = !reason && /^1\.\.0 # Skipped/m.test(head(outputs[0]));
    return { ok: !reason, skipped, reason, seconds, output: reason ? outputs.map(head).join('') : '' };
  } finally {
    for (const descriptor of descriptors) fs.closeSync(descriptor);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { runFile };
