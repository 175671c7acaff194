'use strict';

const { parseArgs } = require('node:util');
const { KNOWN, DEFAULT, BASE } = require('./peers');

const USAGE = `npm run bench -- [OPTIONS]

  --quick            one short turn of the main scenarios, to see that all works
  --only REGEX       the scenarios whose id or title it matches, those left out by default too
  --peers LIST       of ${Object.keys(KNOWN).join(', ')}
                     (default ${DEFAULT.join(',')})
  --turns N          turns of each peer in each scenario (default 5; 1 with --quick)
  --node PATH|MAJOR  run on this Node binary, or on this major version from npm
  --json FILE        where the results go (default .cache/bench/last/results.json); chart.svg and
                     table.md are written beside it
  --merge FILE       take what is not run now from the results of an earlier run
  --publish          write the table and the charts into docs/
  --list             print the scenarios and end
  --help`;

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {RegExp} [only]
 * @property {string[]} peers
 * @property {number} turns
 * @property {string} [node]
 * @property {string} [json]
 * @property {string} [merge]
 * @property {boolean} publish
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
      quick: flag, only: text, peers: text, turns: text, node: text, json: text, merge: text,
      publish: flag, list: flag, help: flag,
    },
  });
  const peers = values.peers ? values.peers.split(',') : [...DEFAULT];
  for (const id of peers) {
    if (!Object.hasOwn(KNOWN, id)) {
      throw new Error(`--peers: "${id}" is none of ${Object.keys(KNOWN).join(', ')}`);
    }
  }
  if (!peers.includes(BASE)) peers.push(BASE);
  const turns = Number(values.turns ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(turns) || turns < 1) {
    throw new Error(`--turns must be a whole number from 1 on, got "${values.turns}"`);
  }
  let only;
  try {
    only = values.only === undefined ? undefined : new RegExp(values.only, 'i');
  } catch (error) {
    throw new Error(`--only: ${error.message}`, { cause: error });
  }
  return { ...values, peers: [...new Set(peers)], turns, only };
}

module.exports = { USAGE, parseOptions };
