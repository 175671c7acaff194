'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { findBinary } = require('../../node-suite/binary');
const { ROOT, LOAD, PROGRAM } = require('../paths');
const { run } = require('../process');
const { fetchRuntime } = require('./fetch');

/** Seconds that a build may take. */
const BUILD_LIMIT = 900;

/**
 * @typedef {object} Command
 * @property {string} file
 * @property {string[]} args
 * @property {object} env
 */

/**
 * One competitor, ready to run.
 * @typedef {object} Peer
 * @property {string} id
 * @property {string} title with its version
 * @property {(role: string, options: object) => Command} program how it runs one of the programs under test
 * @property {((file: string, args: string[]) => Command)|undefined} script how it runs a file of Node's
 *   benchmark
 */

/** The peers by id: which runtime, and whether rsnet takes the place of its `net`, on which lane. */
const KNOWN = {
  rsnet: { runtime: 'node', rsnet: true },
  'rsnet-inline': { runtime: 'node', rsnet: true, lane: 'inline' },
  'rsnet-worker': { runtime: 'node', rsnet: true, lane: 'worker' },
  node: { runtime: 'node' },
  bun: { runtime: 'bun' },
  deno: { runtime: 'deno' },
  'rsnet-bun': { runtime: 'bun', rsnet: true },
  'rsnet-deno': { runtime: 'deno', rsnet: true },
  limit: { runtime: 'rust' },
};

/** Those that run when nothing else is said. */
const DEFAULT = ['rsnet', 'node', 'bun', 'deno', 'limit'];

/** The peer that the others are compared with. */
const BASE = 'node';

/** What a runtime's command line needs before the file. */
const FLAGS = {
  node: ['--expose-gc'],
  bun: [],
  deno: ['run', '--allow-all', '--quiet', '--unstable-detect-cjs', '--v8-flags=--expose-gc'],
};

const TITLES = { node: 'Node', bun: 'Bun', deno: 'Deno' };

/**
 * The environment of a program under test: ours, without what would change the runtime.
 * @param {object} more
 * @returns {object}
 */
function environment(more) {
  const env = { ...process.env, NO_COLOR: '1', ...more };
  delete env.NODE_OPTIONS;
  return env;
}

/**
 * Wraps a command so that it may open as many descriptors as the machine allows; the process id stays.
 * @param {string} file
 * @param {string[]} args
 * @param {object} env
 * @returns {Command}
 */
function unlimited(file, args, env) {
  return { file: '/bin/sh', args: ['-c', 'ulimit -n "$(ulimit -Hn)"; exec "$@"', 'sh', file, ...args], env };
}

/**
 * The programs under test on bare tokio.
 * @returns {Peer}
 */
function limitPeer() {
  const program = (role, { ports = [], ...options }) => {
    const pairs = Object.entries(options).map(([key, value]) => `${key}=${Number(value)}`);
    if (ports.length > 0) pairs.push(`addr=${ports.map((port) => `127.0.0.1:${port}`)}`);
    return { file: LOAD, args: [`limit-${role}`, 'limit=180', ...pairs], env: environment({}) };
  };
  return { id: 'limit', title: 'bare tokio (the limit)', program, script: undefined };
}

/**
 * A JavaScript peer.
 * @param {string} id
 * @param {string} binary the runtime's path
 * @param {string} version the runtime's version
 * @returns {Peer}
 */
function scriptPeer(id, binary, version) {
  const { runtime, rsnet, lane } = KNOWN[id];
  const env = environment(rsnet ? { BENCH_NET: path.join(ROOT, 'index.js') } : { BENCH_NET: '' });
  if (lane) env.RSNET_LANE = lane;
  const register = [runtime === 'bun' ? '--preload' : '--require', path.join(ROOT, 'lib', 'register.js')];
  const runtimeTitle = `${TITLES[runtime]} ${version}`;
  const own = lane ? `rsnet (${lane} lane)` : 'rsnet';
  return {
    id,
    title: rsnet ? `${own} on ${runtimeTitle}` : `${runtimeTitle} net`,
    program: (role, options) =>
      unlimited(binary, [...FLAGS[runtime], PROGRAM, role, JSON.stringify(options)], env),
    script: (file, args) =>
      ({ file: binary, args: [...FLAGS[runtime], ...(rsnet ? register : []), file, ...args], env }),
  };
}

/**
 * Builds the load, and the addon if it takes part.
 * @param {string[]} ids
 * @param {(text: string) => void} say told what goes on
 * @returns {Promise<void>}
 * @throws {Error} if something cannot be built
 */
async function build(ids, say) {
  say('building the load');
  const args = ['build', '--release', '--locked'];
  await run({ file: 'cargo', args, cwd: path.join(__dirname, '..', 'load') }, BUILD_LIMIT);
  if (!ids.some((id) => KNOWN[id].rsnet)) return;
  say('building the addon');
  await run({ file: process.execPath, args: ['scripts/build.js'], cwd: ROOT }, BUILD_LIMIT);
  if (!fs.existsSync(path.join(ROOT, 'index.js'))) throw new Error('index.js is missing');
}

/**
 * Makes the peers ready: builds, installs, asks for versions.
 * @param {string[]} ids
 * @param {{node?: string, say: (text: string) => void, notice: (text: string) => void}} options `node`:
 *   another Node
 *   than the running one, as a path or a major version; `notice` is told what is left out
 * @returns {Promise<Peer[]>} those that can run
 * @throws {Error} if rsnet, Node or the load cannot be had
 */
async function preparePeers(ids, { node, say, notice }) {
  await build(ids, say);
  const binaries = { node: findBinary(node, say).path };
  const peers = [];
  for (const id of ids) {
    const { runtime } = KNOWN[id];
    try {
      if (runtime === 'rust') {
        peers.push(limitPeer());
        continue;
      }
      binaries[runtime] ??= await fetchRuntime(runtime, say);
      const version = await run({ file: binaries[runtime], args: ['--version'] }, 30);
      peers.push(scriptPeer(id, binaries[runtime], version.match(/\d+\.\d+\.\d+/)[0]));
    } catch (error) {
      if (runtime === 'node') throw error;
      notice(`${id} is left out: ${error.message.slice(0, 500)}`);
    }
  }
  return peers;
}

module.exports = { KNOWN, DEFAULT, BASE, preparePeers };
