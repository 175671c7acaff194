'use strict';

const { once } = require('node:events');
const path = require('node:path');
const { childEnvironment } = require('../../scripts/lib/environment');
const { endGroup, startGroup } = require('./processes');

/** Seconds that a program has. */
const LIMIT = 120;

const REGISTER = path.join(__dirname, '..', '..', 'register.js');
const COUNT = path.join(__dirname, 'count.js');

/**
 * @typedef {object} Outcome
 * @property {string[]} lines what was reported
 * @property {string} problem why the run itself is no good; empty if it is
 * @property {{connect: number, listen: number}} builtin connections begun and servers listening on the built-in
 * @property {{connect: number, listen: number}} rsnet the same on rsnet
 * @property {number} seconds
 */

/**
 * The environment of a program.
 * @param {object} setup see `runScript`
 * @returns {Record<string, string>}
 */
function environment({ implementation, backend, servers, tls, folder }) {
  const addresses = Object.fromEntries([...servers].map(([name, server]) => [name, server.address]));
  return childEnvironment({
    RSNET_BACKEND: backend,
    CLIENT_IMPLEMENTATION: implementation,
    CLIENT_SERVERS: JSON.stringify(addresses),
    CLIENT_TLS: JSON.stringify(tls),
    TMPDIR: folder,
  });
}

/**
 * Do what a program asks for, and answer.
 * @param {import('node:child_process').ChildProcess} child
 * @param {Map<string, import('./server').Server>} servers
 * @param {{id: number, action: string, server: string}} request
 */
async function serve(child, servers, { id, action, server }) {
  let error;
  try {
    if (!servers.has(server)) throw new Error(`"servers:" does not name ${server}`);
    await (action === 'stop' ? servers.get(server).stop() : servers.get(server).start());
  } catch (failure) {
    error = failure.message;
  }
  if (child.connected) child.send({ id, error });
}

/**
 * Gather what a stream gives.
 * @param {import('node:stream').Readable} stream
 * @returns {() => string} what it has given so far
 */
function gather(stream) {
  let text = '';
  stream.setEncoding('utf8').on('data', (more) => { text += more; });
  return () => text;
}

/**
 * Say what is wrong with a run that has ended.
 * @param {object} end
 * @param {string} end.implementation
 * @param {number|null} end.code
 * @param {string|null} end.signal
 * @param {boolean} end.late
 * @param {object} end.counts
 * @param {string} end.stderr
 * @returns {string} empty if nothing is
 */
function judge({ implementation, code, signal, late, counts, stderr }) {
  const errors = stderr.trim() === '' ? '' : `\n${stderr.trim().slice(0, 3000)}`;
  if (late) return `still running after ${LIMIT} s${errors}`;
  if (code !== 0) return `ended with ${signal ?? `status ${code}`}${errors}`;
  if (errors !== '') return `wrote to stderr:${errors}`;
  const sum = (count) => count.connect + count.listen;
  const other = implementation === 'rsnet' ? 'builtin' : 'rsnet';
  if (sum(counts[implementation]) === 0) return `no connection went through ${implementation}`;
  if (sum(counts[other]) > 0) return `${sum(counts[other])} sockets went through ${other}`;
  return '';
}

/**
 * Run a program once.
 * @param {object} setup
 * @param {string} setup.file
 * @param {'builtin'|'rsnet'} setup.implementation
 * @param {string} setup.node path of the Node that runs it
 * @param {string} [setup.backend] rsnet's
 * @param {Map<string, import('./server').Server>} setup.servers running, by name
 * @param {{ca: string, cert: string, key: string}} setup.tls paths
 * @param {string} setup.folder for temporary files
 * @returns {Promise<Outcome>}
 */
async function runScript(setup) {
  const { file, implementation, node, servers, folder } = setup;
  const preloads = implementation === 'rsnet' ? ['-r', REGISTER, '-r', COUNT] : ['-r', COUNT];
  const begun = performance.now();
  const child = startGroup(node, [...preloads, file], {
    cwd: folder,
    env: environment(setup),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
  });
  const [stdout, stderr, counted] = [child.stdout, child.stderr, child.stdio[3]].map(gather);
  child.on('message', (request) => serve(child, servers, request));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, LIMIT * 1000);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  const counts = counted() === '' ? { builtin: {}, rsnet: {} } : JSON.parse(counted());
  return {
    lines: stdout().split('\n').filter(Boolean),
    problem: judge({ implementation, code, signal, late, counts, stderr: stderr() }),
    builtin: counts.builtin,
    rsnet: counts.rsnet,
    seconds: (performance.now() - begun) / 1000,
  };
}

module.exports = { runScript };
