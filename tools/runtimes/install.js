'use strict';

/** Fetches the runtimes of this folder, which weigh too much to be development dependencies of rsnet itself. */

const fs = require('node:fs');
const path = require('node:path');
const { libc } = require('../../lib/addon/platform');
const { installPackages } = require('../clients/install');

/** The npm packages that hold a runtime's binary, by platform. On Linux they are for glibc. */
const BINARIES = {
  bun: {
    'linux-x64': { name: '@oven/bun-linux-x64', file: 'bin/bun' },
    'linux-arm64': { name: '@oven/bun-linux-aarch64', file: 'bin/bun' },
  },
  deno: {
    'linux-x64': { name: '@deno/linux-x64-glibc', file: 'deno' },
    'linux-arm64': { name: '@deno/linux-arm64-glibc', file: 'deno' },
  },
};

/**
 * Find what the packages of this folder have for this platform.
 * @param {'bun'|'deno'} id
 * @returns {{file: string, version: string}} the runtime's binary, and its version
 * @throws {Error} if there is none for this platform
 */
function runtime(id) {
  const platform = `${process.platform}-${process.arch}`;
  const binary = BINARIES[id][platform];
  if (!binary) throw new Error(`no package of ${id} for ${platform} is known`);
  const { name, file } = binary;
  const version = require('./package.json').optionalDependencies[name];
  return { file: path.join(__dirname, 'node_modules', name, file), version };
}

/** @returns {boolean} whether the binaries are for the C library of the Node that asks */
function hasRuntimes() {
  return libc() !== 'musl';
}

/** Install the runtimes, unless they are there. */
async function installRuntimes() {
  await installPackages(__dirname);
  // npm drops the execute permission of files that the package does not list as programs.
  for (const id of Object.keys(BINARIES)) fs.chmodSync(runtime(id).file, 0o755);
}

module.exports = { BINARIES, hasRuntimes, installRuntimes, runtime };

if (require.main === module) installRuntimes();
