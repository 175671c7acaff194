'use strict';

/** Fetches what is missing: the npm packages of this folder, and servers of Debian's packages. */

const fs = require('node:fs');
const path = require('node:path');
const { runToEnd } = require('./processes');

/** Where Debian puts servers, beside PATH. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

let listsAreFresh = false;

/**
 * Find a program.
 * @param {string} name
 * @param {string[]} [folders] to search besides
 * @returns {string|undefined} its path
 */
function findProgram(name, folders = []) {
  return [...folders, ...FOLDERS].map((folder) => path.join(folder, name)).find((file) => {
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return fs.statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/**
 * Install the npm packages of a folder, unless those of the lock file are there.
 * @param {string} [folder]
 */
async function installPackages(folder = __dirname) {
  const lock = fs.readFileSync(path.join(folder, 'package-lock.json'));
  const mark = path.join(folder, 'node_modules', '.installed-lock.json');
  if (fs.existsSync(mark) && fs.readFileSync(mark).equals(lock)) return;
  process.stdout.write(`installing the npm packages of ${path.basename(folder)}/\n`);
  await runToEnd('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, limit: 300 });
  fs.writeFileSync(mark, lock);
}

/**
 * Install Debian packages. Their services are not started: a policy-rc.d says so while apt-get runs.
 * @param {string[]} names
 */
async function aptInstall(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !fs.existsSync(policy);
  if (ours) fs.writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    if (!listsAreFresh) await runToEnd('apt-get', ['update', '-q'], { env, limit: 300 });
    listsAreFresh = true;
    await runToEnd('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], { env, limit: 600 });
  } finally {
    if (ours) fs.rmSync(policy, { force: true });
  }
}

/**
 * Make sure that a server's program is there.
 * @param {string} name the server's
 * @param {{program: string, packages: string[], folders?: () => string[]}} server
 * @returns {Promise<string|undefined>} why it is not; undefined when it is
 */
async function provide(name, server) {
  const isThere = () => findProgram(server.program, server.folders?.()) !== undefined;
  if (isThere()) return undefined;
  const wanted = server.packages.join(' ');
  if (process.getuid() !== 0 || findProgram('apt-get') === undefined) return `${name}: install ${wanted}`;
  process.stdout.write(`installing ${wanted}\n`);
  try {
    await aptInstall(server.packages);
  } catch (error) {
    return `${name}: ${error.message}`;
  }
  return isThere() ? undefined : `${name}: ${wanted} has no ${server.program}`;
}

module.exports = { findProgram, installPackages, provide };
