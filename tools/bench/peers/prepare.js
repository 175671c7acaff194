'use strict';

const path = require('node:path');
const fs = require('node:fs');
const { findBinary } = require('../../node-suite/binary');
const { hostId, packageName } = require('../../../lib/addon/platform');
const { CACHE, INSTALLED, ROOT } = require('../paths');
const { run } = require('../process');
const { fetchRuntime } = require('./fetch');
const { KNOWN } = require('.');

/** Seconds that a build may take. */
const BUILD_LIMIT = 900;

/**
 * @typedef {object} Runtime
 * @property {string} path
 * @property {string} version as digits and dots
 * @property {string} [sourceUrl] of a Node
 */

/**
 * @typedef {object} Runtimes
 * @property {Record<string, Runtime>} nodes by their major version, or more of it where that is not enough
 * @property {Record<string, Runtime>} others by name
 */

/**
 * Packs rsnet and this platform's package, and unpacks them as npm does.
 * @returns {Promise<void>}
 */
async function install() {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const tarballs = path.join(CACHE, 'tarballs');
  await run({ file: process.execPath, args: ['scripts/pack.js', '--out', tarballs], cwd: ROOT }, BUILD_LIMIT);
  for (const name of ['rsnet', packageName(hostId())]) {
    const folder = path.join(INSTALLED, name);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    const args = ['-xzf', path.join(tarballs, `${name}-${version}.tgz`), '-C', folder, '--strip-components=1'];
    await run({ file: 'tar', args }, BUILD_LIMIT);
  }
}

/**
 * Builds and packs rsnet, and the load if it takes part.
 * @param {string[]} kinds of the peers
 * @param {boolean} load whether the Rust load is needed
 * @param {(text: string) => void} say told what goes on
 * @returns {Promise<void>}
 * @throws {Error} if something cannot be built
 */
async function build(kinds, load, say) {
  if (load) {
    say('building the load');
    const args = ['build', '--release', '--locked'];
    await run({ file: 'cargo', args, cwd: path.join(ROOT, 'tools', 'bench', 'load') }, BUILD_LIMIT);
  }
  if (!kinds.some((kind) => KNOWN[kind].rsnet)) return;
  say('building the addon');
  await install();
}

/**
 * Finds or installs the Nodes.
 * @param {string[]} wanted paths and major versions
 * @param {(text: string) => void} say told what goes on
 * @returns {Record<string, Runtime>}
 * @throws {Error} if one cannot be had
 */
function prepareNodes(wanted, say) {
  const nodes = {};
  for (const one of wanted) {
    const { path: file, version, sourceUrl } = findBinary(one, say);
    const digits = version.slice(1);
    const major = digits.split('.')[0];
    nodes[Object.hasOwn(nodes, major) ? digits : major] = { path: file, version: digits, sourceUrl };
  }
  return nodes;
}

/**
 * Finds or installs what the peers run on.
 * @param {string[]} kinds of the peers
 * @param {string[]} wanted Nodes: paths and major versions
 * @param {(text: string) => void} notice told what goes on, and what is left out
 * @returns {Promise<Runtimes>}
 * @throws {Error} if a Node cannot be had
 */
async function prepareRuntimes(kinds, wanted, notice) {
  const nodes = prepareNodes(wanted, notice);
  const others = {};
  const names = new Set(kinds.map((kind) => KNOWN[kind].runtime).filter((name) => !['node', 'rust'].includes(name)));
  for (const name of names) {
    try {
      const file = await fetchRuntime(name, notice);
      const version = await run({ file, args: ['--version'] }, 30);
      others[name] = { path: file, version: version.match(/\d+\.\d+\.\d+/)[0] };
    } catch (error) {
      notice(`${name} is left out: ${error.message.slice(0, 500)}`);
    }
  }
  return { nodes, others };
}

module.exports = { build, prepareRuntimes };
