'use strict';

const path = require('node:path');
const { childEnvironment } = require('../../../scripts/lib/environment');
const { LOAD, PACKAGE, PROGRAM } = require('../paths');

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
 * @property {string} kind one of KNOWN
 * @property {string} title with its version
 * @property {string} base id of the peer that it is compared with
 * @property {string} [node] the Node that it runs on: its major version, or more of it where that is not enough
 * @property {string} [congestion] the congestion control that its connections get, if not the run's
 * @property {(role: string, options: object) => Command} program how it runs one of the roles of program.cjs
 * @property {((file: string, args: string[]) => Command)|undefined} script how it runs any other file; rsnet is
 *   registered in it
 */

/**
 * What there is of a peer in a file of results.
 * @typedef {Pick<Peer, 'id'|'kind'|'title'|'base'|'node'|'congestion'>} PeerFacts
 */

/** The peers by kind: which runtime, and whether rsnet takes the place of its `net`, on which backend. */
const KNOWN = {
  node: { runtime: 'node' },
  rsnet: { runtime: 'node', rsnet: true },
  'rsnet-uv': { runtime: 'node', rsnet: true, backend: 'uv' },
  'rsnet-tokio': { runtime: 'node', rsnet: true, backend: 'tokio' },
  again: { runtime: 'node' },
  bun: { runtime: 'bun' },
  deno: { runtime: 'deno' },
  'rsnet-bun': { runtime: 'bun', rsnet: true },
  'rsnet-deno': { runtime: 'deno', rsnet: true },
  limit: { runtime: 'rust' },
};

/** The kind that the others are compared with. */
const BASE = 'node';

/** The kinds that run with another congestion control, too, where a scenario asks for it. */
const WITH_CONGESTION = ['node', 'rsnet'];

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
  return childEnvironment({ NO_COLOR: '1', ...more });
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
 * How a peer runs the programs on bare tokio.
 * @returns {Pick<Peer, 'program'|'script'>}
 */
function limitCommands() {
  const program = (role, { ports = [], ...options }) => {
    const pairs = Object.entries(options).map(([key, value]) => `${key}=${Number(value)}`);
    if (ports.length > 0) pairs.push(`addr=${ports.map((port) => `127.0.0.1:${port}`)}`);
    return { file: LOAD, args: [`limit-${role}`, 'limit=180', ...pairs], env: environment({}) };
  };
  return { program, script: undefined };
}

/**
 * How a peer runs the programs in JavaScript.
 * @param {string} kind
 * @param {string} binary the runtime's path
 * @returns {Pick<Peer, 'program'|'script'>}
 */
function scriptCommands(kind, binary) {
  const { runtime, rsnet, backend } = KNOWN[kind];
  const env = environment({ BENCH_NET: rsnet ? path.join(PACKAGE, 'index.js') : '' });
  if (backend) env.RSNET_BACKEND = backend;
  const register = [runtime === 'bun' ? '--preload' : '--require', path.join(PACKAGE, 'register.js')];
  return {
    program: (role, options) =>
      unlimited(binary, [...FLAGS[runtime], PROGRAM, role, JSON.stringify(options)], env),
    script: (file, args) =>
      unlimited(binary, [...FLAGS[runtime], ...(rsnet ? register : []), file, ...args], env),
  };
}

/**
 * What a column is called.
 * @param {string} kind
 * @param {string} version the runtime's
 * @returns {string}
 */
function titleOf(kind, version) {
  const { runtime, rsnet, backend } = KNOWN[kind];
  if (runtime === 'rust') return 'bare tokio (the limit)';
  const title = `${TITLES[runtime]} ${version}`;
  if (kind === 'again') return `${title} again`;
  if (!rsnet) return title;
  return backend ? `rsnet (${backend} backend) on ${title}` : `rsnet on ${title}`;
}

/**
 * Makes the peers, in the order of the columns: Node by Node, the built-in first, then the other runtimes.
 * @param {string[]} kinds
 * @param {import('./prepare').Runtimes} runtimes
 * @param {string} [congestion] another congestion control that some of them run with, too
 * @returns {Peer[]}
 */
function makePeers(kinds, runtimes, congestion) {
  const order = Object.keys(KNOWN).filter((kind) => kinds.includes(kind));
  const peers = [];
  for (const [node, { path: binary, version }] of Object.entries(runtimes.nodes)) {
    for (const kind of order.filter((name) => KNOWN[name].runtime === 'node')) {
      peers.push({
        id: `${kind}-${node}`, kind, title: titleOf(kind, version), base: `${BASE}-${node}`, node,
        ...scriptCommands(kind, binary),
      });
    }
  }
  const { base } = peers[0];
  for (const kind of order.filter((name) => KNOWN[name].runtime !== 'node')) {
    const { runtime } = KNOWN[kind];
    const found = runtimes.others[runtime];
    if (runtime !== 'rust' && !found) continue;
    const commands = runtime === 'rust' ? limitCommands() : scriptCommands(kind, found.path);
    peers.push({ id: kind, kind, title: titleOf(kind, found?.version), base, ...commands });
  }
  if (!congestion) return peers;
  const more = peers.filter(({ kind }) => WITH_CONGESTION.includes(kind)).map((peer) => ({
    ...peer,
    id: `${peer.id}-${congestion}`,
    title: `${peer.title}, ${congestion.toUpperCase()}`,
    base: `${peer.base}-${congestion}`,
    congestion,
  }));
  return [...peers, ...more];
}

/**
 * What of a peer goes into a file of results.
 * @param {Peer} peer
 * @returns {PeerFacts}
 */
function factsOf({ id, kind, title, base, node, congestion }) {
  return { id, kind, title, base, node, congestion };
}

module.exports = { KNOWN, BASE, environment, unlimited, makePeers, factsOf };
