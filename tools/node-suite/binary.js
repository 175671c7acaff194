'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { childEnvironment } = require('../../scripts/lib/environment');
const { CACHE } = require('./paths');

/**
 * @typedef {object} NodeBinary
 * @property {string} path
 * @property {string} version such as 'v20.19.2'
 * @property {string} [sourceUrl] the release tarball that belongs to it
 */

/**
 * Installs the newest Node of a major version from npm, unless it is in the cache.
 * @param {string} major
 * @param {(text: string) => void} say told what goes on
 * @returns {string} the binary's path
 * @throws {Error} if npm fails
 */
function install(major, say) {
  const folder = path.join(CACHE, 'node', major);
  const name = `node-${process.platform}-${process.arch}`;
  const binary = path.join(folder, 'node_modules', name, 'bin', 'node');
  if (fs.existsSync(binary)) return binary;
  say(`installing ${name}@${major} from npm`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${major}`];
  execFileSync('npm', args, { cwd: folder, timeout: 300_000, stdio: ['ignore', 'ignore', 'pipe'] });
  return binary;
}

/**
 * Finds the Node that runs the tests.
 * @param {string|undefined} wanted a path, a major version to be had from npm, or nothing for the running one
 * @param {(text: string) => void} say told what goes on
 * @returns {NodeBinary}
 * @throws {Error} if there is no such Node
 */
function findBinary(wanted, say) {
  let file = process.execPath;
  if (wanted && /^\d+$/.test(wanted) && process.versions.node.split('.')[0] !== wanted) file = install(wanted, say);
  else if (wanted && !/^\d+$/.test(wanted)) file = fs.realpathSync(wanted);
  const script = 'JSON.stringify({ version: process.version, sourceUrl: process.release.sourceUrl })';
  const answer = execFileSync(file, ['-p', script], { encoding: 'utf8', env: childEnvironment(), timeout: 30_000 });
  return { path: file, ...JSON.parse(answer) };
}

module.exports = { findBinary };
