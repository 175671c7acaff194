'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { CACHE } = require('./paths');
const { fetchFromDebian } = require('./debian');
const { fetchTarball } = require('./tarball');
const { parse } = require('./version');

/**
 * @typedef {object} Suite
 * @property {string} folder holds test/ and benchmark/
 * @property {string} version that of the Node it belongs to; 'given' for a folder named by NODE_SUITE
 */

/**
 * Tells whether a folder holds Node's test suite.
 * @param {string} folder
 * @returns {boolean}
 */
function isSuite(folder) {
  return fs.existsSync(path.join(folder, 'test', 'common', 'index.js'));
}

/**
 * The file that says which suite in the cache goes with a Node's major version. A Node without a suite of its
 * own major is tested with that of an earlier one, so the folder's name alone does not tell.
 * @param {string} version the Node's version
 * @returns {string}
 */
function noteFor(version) {
  return path.join(CACHE, `suite-for-${parse(version)[0]}`);
}

/**
 * Notes which suite was fetched for a Node.
 * @param {string} version the Node's version
 * @param {string} suite the suite's version
 */
function remember(version, suite) {
  fs.writeFileSync(noteFor(version), `${suite}\n`);
}

/**
 * The suite in the cache that fits.
 * @param {string} version the Node's version
 * @returns {Suite|undefined}
 */
function cached(version) {
  if (!fs.existsSync(noteFor(version))) return undefined;
  const suite = fs.readFileSync(noteFor(version), 'utf8').trim();
  const folder = path.join(CACHE, suite);
  return isSuite(folder) ? { folder, version: suite } : undefined;
}

/**
 * Finds the suite for a Node: the folder named by NODE_SUITE, else the cache, else Node's release tarball,
 * else Debian's source package.
 * @param {{version: string, sourceUrl?: string}} node
 * @param {(text: string) => void} say told what goes on
 * @returns {Promise<Suite>}
 * @throws {Error} which says what was tried and what to do
 */
async function findSuite(node, say) {
  const given = process.env.NODE_SUITE;
  if (given) {
    if (!isSuite(given)) throw new Error(`NODE_SUITE=${given}: no test/common/index.js in this folder`);
    return { folder: path.resolve(given), version: 'given' };
  }
  const ready = cached(node.version);
  if (ready) return ready;
  const ways = {
    'Node\'s release tarball': () => fetchTarball(node.sourceUrl, parse(node.version).join('.'), say),
    'Debian\'s source package nodejs': () => fetchFromDebian(node.version, say),
  };
  const tried = [];
  for (const [name, way] of Object.entries(ways)) {
    try {
      const folder = await way();
      const version = path.basename(folder);
      remember(node.version, version);
      return { folder, version };
    } catch (error) {
      tried.push(`${name}: ${error.stderr?.toString().trim() || error.message}`);
    }
  }
  throw new Error([
    `Node's test suite for ${node.version} is not here and could not be fetched:`,
    ...tried.map((line) => `- ${line}`),
    'Unpack the source of this Node version (its folders test and benchmark) and set NODE_SUITE to it.',
  ].join('\n'));
}

module.exports = { findSuite };
