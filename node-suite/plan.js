'use strict';

const path = require('node:path');
const { findBinary } = require('./binary');
const { CACHE } = require('./paths');
const { selectFiles } = require('./select');
const { findSuite } = require('./source');
const { parse } = require('./version');
const exclusions = require('./exclusions.json');

/**
 * @typedef {object} Plan what a run does; plain data, since it crosses into jest as JSON
 * @property {import('./binary').NodeBinary} node
 * @property {import('./source').Suite} suite
 * @property {import('./select').TestFile[]} files
 * @property {Record<string, string>} excluded reasons by file name
 * @property {string} [lane]
 * @property {number} repeat
 * @property {number} jobs
 * @property {number} limit milliseconds for one test process
 * @property {boolean} compare whether the built-in runs as well
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
  if (options.lane) parts.push(options.lane);
  if (options.group) parts.push(options.group.source.replace(/\W+/g, '-').slice(0, 60));
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
  const files = selectFiles(suite.folder, options);
  if (files.length === 0) throw new Error('no file of the suite matches');
  const excluded = exclusions.filter(({ nodes }) => nodes.includes(parse(node.version)[0]));
  return {
    node,
    suite,
    files,
    excluded: Object.fromEntries(excluded.map(({ file, reason }) => [file, reason])),
    lane: options.lane,
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
