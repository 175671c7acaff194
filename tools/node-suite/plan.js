'use strict';

const path = require('node:path');
const { findBinary } = require('./binary');
const { CACHE } = require('./paths');
const { listFiles, selectFiles } = require('./select');
const { findSuite } = require('./source');
const { parse } = require('./version');
const { wholeGroups, widerPattern } = require('./wider');
const exclusions = require('./exclusions.json');
const samples = require('./samples.json');

/** rsnet's backend on Node, where none is asked for. */
const DEFAULT_BACKEND = 'uv';

/**
 * @typedef {object} Plan what a run does; plain data, since it crosses into jest as JSON
 * @property {import('./binary').NodeBinary} node
 * @property {import('./source').Suite} suite
 * @property {import('./select').TestFile[]} files
 * @property {Record<string, string>} excluded reasons by file name
 * @property {import('./wider').Share[]} shares what must pass of which groups
 * @property {string} [backend]
 * @property {number} repeat
 * @property {number} jobs
 * @property {number} limit milliseconds for one test process
 * @property {boolean} compare whether the built-in runs everything as well
 * @property {boolean} refresh
 * @property {string} baselineFile what the built-in passed
 * @property {string} resultsFile
 * @property {string} scratch a folder for the run's temporary files; its path is short, as Unix sockets need it
 */

/**
 * Makes a name for the results that tells runs of different kinds apart.
 * @param {string} version the Node's
 * @param {object} options those of the command line
 * @returns {string}
 */
function resultsName(version, options) {
  const parts = ['results', version.slice(1)];
  if (options.backend) parts.push(options.backend);
  if (options.group) parts.push(String(options.group.source ?? options.group).replace(/\W+/g, '-').slice(0, 60));
  if (options.sample) parts.push(`sample-${options.sample}`);
  if (options.filter) parts.push('filtered');
  return `${parts.join('-')}.json`;
}

/**
 * Finds or fetches what a run needs.
 * @param {object} options those of the command line
 * @param {(text: string) => void} say told what goes on
 * @param {string} scratch a folder for the run's temporary files
 * @returns {Promise<Plan>}
 * @throws {Error} with a text for the user
 */
async function makePlan(options, say, scratch) {
  const node = findBinary(options.node, say);
  const suite = await findSuite(node, say);
  const all = listFiles(suite.folder);
  const group = options.group === 'wider' ? widerPattern() : options.group;
  const sample = options.sample && samples[options.sample];
  const files = selectFiles(all, { group, sample, filter: options.filter });
  if (files.length === 0) throw new Error('no file of the suite matches');
  const [major] = parse(node.version);
  const backend = options.backend ?? DEFAULT_BACKEND;
  const excluded = exclusions.filter(({ nodes, backends = [backend] }) => (
    nodes.includes(major) && backends.includes(backend)));
  return {
    node,
    suite,
    files,
    excluded: Object.fromEntries(excluded.map(({ file, reason }) => [file, reason])),
    shares: wholeGroups(all.map(({ name }) => name), files.map(({ name }) => name)),
    backend: options.backend,
    repeat: options.repeat,
    jobs: options.jobs,
    limit: options.limit,
    compare: options.jest,
    // What is in a folder given by the user may have changed since.
    refresh: options.refresh || suite.version === 'given',
    baselineFile: path.join(CACHE, `builtin-${node.version.slice(1)}-suite-${suite.version}.json`),
    resultsFile: path.join(CACHE, resultsName(node.version, options)),
    scratch,
  };
}

module.exports = { makePlan };
