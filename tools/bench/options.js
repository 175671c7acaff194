'use strict';

const { parseArgs } = require('node:util');
const { UsageError, oneOf, patternOf, wholeNumberOf } = require('../lib/options');
const { KNOWN, BASE } = require('./peers');
const { SUITES } = require('./scenarios');
const { TURNS } = require('./schedule');
const { standingTurns } = require('./standing');

/** The peers that run when nothing else is said. */
const PEERS = {
  net: ['node', 'rsnet', 'again', 'bun', 'deno', 'limit'],
  programs: ['node', 'rsnet', 'again', 'bun', 'deno'],
};

/** Those whose profile is of interest. */
const PROFILED = ['node', 'rsnet'];

/** The Nodes. */
const NODES = ['24', '26'];

const USAGE = `npm run bench -- [OPTIONS]

  --suite NAME       net: sockets alone (default); programs: web servers, databases, proxies and more,
                     with and without rsnet registered
  --quick            one short turn of the main scenarios, to see that all works
  --rows REGEX       the scenarios whose id or title it matches, those left out by default too (also: --only)
  --node LIST        Node binaries by path, or major versions from npm (default ${NODES.join(',')})
  --peers LIST       of ${Object.keys(KNOWN).join(', ')}
                     (default ${PEERS.programs.join(',')}; net: ${PEERS.net.at(-1)}, too)
  --turns N          turns of each peer in each scenario (default ${TURNS}, of programs that stay up
                     ${standingTurns().join(', ')}; 1 with --quick)
  --time MS          measured time of a turn, where a scenario has none of its own
  --congestion NAME  the congestion control of all connections (default reno, in a network namespace of the bench's
                     own); "system": as the machine has it, without a namespace
  --json FILE        where the results go (default .cache/bench/last/NAME.json); charts and a table are
                     written beside it
  --merge FILE       take what is not run now from the results of an earlier run
  --publish          write the table, the charts and the results (docs/performance/SUITE.json) into docs/
  --profile          where the processor time of each program under test goes, by perf(1): one turn of --suite programs;
                     with --publish, into docs/
  --report FILE      measure nothing: make the report of an earlier run's results (with --publish: publish it)
  --list             print the scenarios and end
  --help             this text`;

/**
 * @typedef {object} Options
 * @property {'net'|'programs'} suite
 * @property {boolean} quick
 * @property {RegExp} [only]
 * @property {string[]} nodes
 * @property {string[]} peers
 * @property {number} [turns]
 * @property {number} [time] milliseconds
 * @property {string} congestion
 * @property {string} [json]
 * @property {string} [merge]
 * @property {boolean} publish
 * @property {boolean} profile
 * @property {string} [report]
 * @property {boolean} list
 * @property {boolean} help
 */

/**
 * Reads the command line.
 * @param {string[]} args
 * @returns {Options}
 * @throws {Error} which says what is wrong
 */
function parseOptions(args) {
  const flag = { type: 'boolean', default: false };
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      suite: { ...text, default: 'net' }, quick: flag, rows: text, only: text, node: text, peers: text, turns: text,
      time: text, congestion: { ...text, default: 'reno' }, json: text, merge: text, publish: flag,
      profile: flag, report: text, list: flag, help: flag,
    },
  });
  oneOf('suite', values.suite, Object.keys(SUITES));
  const usual = values.profile ? PROFILED : PEERS[values.suite];
  const peers = values.peers ? values.peers.split(',') : [...usual];
  for (const kind of peers) oneOf('peers', kind, Object.keys(KNOWN));
  if (!/^\w+$/.test(values.congestion)) throw new UsageError('--congestion must be a name such as reno');
  const turns = values.turns ?? (values.quick || values.profile ? '1' : undefined);
  if (values.profile && values.suite !== 'programs') throw new UsageError('--profile is of --suite programs');
  return {
    ...values,
    only: patternOf('rows', values.rows ?? values.only, 'i'),
    nodes: values.node ? values.node.split(',') : NODES,
    peers: [...new Set([BASE, ...peers])],
    turns: turns === undefined ? undefined : wholeNumberOf('turns', turns),
    time: values.time === undefined ? undefined : wholeNumberOf('time', values.time),
  };
}

module.exports = { USAGE, parseOptions };
