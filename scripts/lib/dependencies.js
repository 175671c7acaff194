'use strict';

// Installs the development dependencies, unless those that are there are the ones the lock file names.

const fs = require('node:fs');
const path = require('node:path');
const { run, npmCommand } = require('./run');
const { ROOT } = require('./addon');

/**
 * The packages that a lock file names.
 * @param {string} file path of a package-lock.json
 * @returns {Record<string, {version?: string, optional?: boolean}> | null} by place; null without a file
 */
function packages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Whether node_modules holds what package-lock.json names. Optional packages may be missing: most of them are
 * for other platforms.
 * @returns {boolean} true if there is nothing to install
 */
function installed() {
  const wanted = packages(path.join(ROOT, 'package-lock.json'));
  const present = packages(path.join(ROOT, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([place, { version, optional }]) => {
    if (place === '') return true;
    const found = present[place];
    return found ? found.version === version : optional === true;
  });
}

/**
 * Make sure the development dependencies are there.
 * @throws {import('./run').Failure} when npm fails
 */
function ensureDependencies() {
  if (installed()) return;
  console.error('rsnet: installing the development dependencies');
  const [command, args] = npmCommand(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  run(command, args, { cwd: ROOT });
}

/**
 * Run the program of a development dependency in the package's folder.
 * @param {string} name of the package
 * @param {string} program the name in its `bin`
 * @param {string[]} args its arguments
 * @throws {import('./run').Failure} when it ends with anything but 0
 */
function runTool(name, program, args) {
  const folder = path.join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = path.join(folder, typeof bin === 'string' ? bin : bin[program]);
  run(process.execPath, [file, ...args], { cwd: ROOT, name: program });
}

module.exports = { ensureDependencies, runTool };
