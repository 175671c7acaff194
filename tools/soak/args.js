'use strict';

const { parseArgs } = require('node:util');
const path = require('node:path');
const { backendOf, numberOf, wholeNumberOf } = require('../lib/options');
const { cacheOf } = require('../lib/paths');

const USAGE = `npm run soak -- [OPTIONS]

  --connections N    connections opened and closed (default 1000000)
  --open N           open at once (default 10000, or half of the connections)
  --minutes M        stop opening after that long (default 120)
  --threads N        instead: start and terminate N worker threads under traffic
  --relay            a third process between them, which relays each connection by net.relay()
  --backend NAME     uv or tokio (default: the one rsnet chooses)
  --net              the built-in net on both sides, for comparison
  --seed N           another order of things (default random)
  --out FOLDER       where report.md, report.json and plot.svg go (default .cache/soak/last)
  --json FILE        write the report's JSON there, too
  --help

Ends with 1 if a byte, a session, a descriptor or memory does not add up.`;

/**
 * @typedef {object} Options
 * @property {number} connections
 * @property {number} open
 * @property {number} minutes
 * @property {number} threads 0 for the sessions
 * @property {boolean} relay
 * @property {'uv'|'tokio'|undefined} backend
 * @property {boolean} net
 * @property {number} seed
 * @property {string} out
 * @property {string|undefined} json
 * @property {boolean} help
 */

/**
 * Read the command line.
 *
 * @param {string[]} args
 * @returns {Options}
 * @throws {Error} which says what is wrong
 */
function readArgs(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    args,
    options: {
      connections: text, open: text, minutes: text, threads: text, backend: text, seed: text, out: text, json: text,
      net: flag, relay: flag, help: flag,
    },
  });
  const connections = wholeNumberOf('connections', values.connections ?? '1000000', 1);
  const open = wholeNumberOf('open', values.open ?? String(Math.min(10000, Math.ceil(connections / 2))), 1);
  const minutes = numberOf('minutes', values.minutes ?? '120', 0);
  const threads = wholeNumberOf('threads', values.threads ?? '0', 0);
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 32));
  const out = path.resolve(values.out ?? path.join(cacheOf('soak'), 'last'));
  return {
    ...values, connections, minutes, open, out, threads,
    backend: backendOf(values.backend),
    seed: wholeNumberOf('seed', seed, 0) >>> 0,
  };
}

module.exports = { USAGE, readArgs };
