'use strict';

// Tries the tarballs on a platform: installed as a user installs them, an echo, and specs.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { binaryName, packageName } = require('../../../lib/addon/platform');
const { childEnvironment } = require('../environment');
const { since } = require('../release/release');
const { Failure, run } = require('../run');
const { copyCheckout, usePackage } = require('./checkout');
const { installTarballs } = require('./install');
const { BACKENDS, backendsFor, runSpecs } = require('./specs');

/** @typedef {import('../../../lib/addon/platform').Target} Target */

/** Milliseconds that an echo may take, under qemu too. */
const ECHO_LIMIT = 120_000;

/**
 * @param {string} folder with the installed tarballs
 * @param {import('./nodes').NodeCommand} node
 * @param {string[]} backends
 * @returns {string} the version of Node
 * @throws {Failure} when the echo fails
 */
function runEcho(folder, node, backends) {
  fs.copyFileSync(path.join(__dirname, 'echo.js'), path.join(folder, 'echo.js'));
  let text = '';
  for (const backend of backends) {
    text = run(node.program, [...node.args, 'echo.js'], {
      cwd: folder, env: childEnvironment({ RSNET_BACKEND: backend }), stdio: ['ignore', 'pipe', 'inherit'],
      timeout: ECHO_LIMIT, name: 'the echo',
    }).trim();
    console.error(`rsnet: ${backend}: ${node.what}: ${text}`);
  }
  return /Node (v\S+):/.exec(text)[1];
}

/**
 * Makes the two copies of the checkout that specs run in.
 * @param {Target} target
 * @param {string} folder with the installed tarballs
 * @returns {{folder: string, packed: string, sources: string}} their folders, and the one above
 */
function makeCopies(target, folder) {
  const modules = path.join(folder, 'node_modules');
  const binary = path.join(modules, packageName(target.id), binaryName(target.id));
  const copies = { folder, packed: path.join(folder, 'packed'), sources: path.join(folder, 'sources') };
  for (const copy of [copies.packed, copies.sources]) {
    fs.mkdirSync(copy);
    copyCheckout(target, binary, copy);
  }
  usePackage(copies.packed, path.join(modules, 'rsnet'));
  return copies;
}

/**
 * @param {import('./specs').Counts} counts
 * @returns {string} in one line
 */
function described({ files, failed, tests, skipped }) {
  const passed = `${files - failed.length} of ${files} files passed, ${tests} tests ran, ${skipped} were skipped`;
  return failed.length > 0 ? `${passed}; FAILED: ${failed.join(', ')}` : passed;
}

/**
 * Tries the tarballs on a platform. What fails on one Node does not keep the others from being tried.
 * @param {Target} target
 * @param {import('./nodes').Finder[]} nodes
 * @param {string} dist the folder with the tarballs
 * @param {import('./specs').Choice} choice
 * @returns {{line: string, isGood: boolean}[]} what ran, and what came of it
 * @throws {Failure} when the tarballs cannot be installed
 */
function tryPlatform(target, nodes, dist, choice) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-platform-'));
  const results = [];
  /**
   * @param {string} what runs
   * @param {() => string} work gives what came of it
   */
  const attempt = (what, work) => {
    const begun = Date.now();
    const result = { line: '', isGood: false };
    try {
      const text = work();
      result.isGood = !text.includes('FAILED');
      result.line = `${what}: ${text}, ${since(begun)}`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      result.line = `${what}: FAILED: ${error.message}, ${since(begun)}`;
    }
    console.error(`rsnet: ${result.line}`);
    results.push(result);
  };
  try {
    installTarballs(target, dist, folder);
    let copies;
    for (const [index, find] of nodes.entries()) {
      let node;
      let version = '';
      attempt(`${target.id}, the echo`, () => {
        node = find();
        version = runEcho(folder, node, choice.backends ?? BACKENDS);
        return `passed on Node ${version}`;
      });
      const isEchoOnly = choice.echo || (choice.sample && !node?.isWhole);
      if (version === '' || isEchoOnly) continue;
      for (const backend of backendsFor(choice, node, index)) {
        console.error(`\n==> ${target.id}, Node ${version}, ${backend}: specs`);
        attempt(`${target.id}, Node ${version}, ${backend}`, () => {
          copies ??= makeCopies(target, folder);
          return described(runSpecs(target, node, copies, backend, choice));
        });
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

module.exports = { tryPlatform };
