'use strict';

// Builds the binary that is published for a platform. On Linux zig links, which has the C libraries of all platforms:
// the machine's own glibc would be too new for many users.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { binaryName } = require('../../../lib/addon/platform');
const { ROOT, cargoBuild } = require('../addon');
const { CACHE } = require('./cache');
const { GLIBC, MACOS } = require('./check');
const { ensureZig } = require('./pypi');
const { toolchainFor } = require('./toolchain');

/** @returns {string[]} flags of rustc that leave this machine's folders out of the messages of panics */
function withoutPaths() {
  const cargo = process.env.CARGO_HOME || path.join(os.homedir(), '.cargo');
  const names = [[cargo, '/cargo'], [ROOT, '/rsnet'], [CACHE, '/cache']];
  return names.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

/**
 * Builds the binary for a platform.
 * @param {import('../../../lib/addon/platform').Target} target
 * @returns {string} path of the binary, in the cache
 * @throws {import('../run').Failure} when it cannot be built
 */
function buildFor(target) {
  const { what, args, env } = toolchainFor(target);
  const isNative = target.platform === 'darwin' && process.platform === 'darwin';
  const environment = {
    ...process.env, ...env,
    CARGO_TARGET_DIR: path.join(CACHE, 'target'),
    CARGO_ZIGBUILD_CACHE_DIR: path.join(CACHE, 'zigbuild'),
    ZIG_GLOBAL_CACHE_DIR: path.join(CACHE, 'zig-objects'),
    RUSTFLAGS: [process.env.RUSTFLAGS, ...withoutPaths()].filter(Boolean).join(' '),
  };
  if (!isNative) environment.PATH = [ensureZig(), process.env.PATH].join(path.delimiter);
  if (target.platform === 'darwin') {
    environment.MACOSX_DEPLOYMENT_TARGET = MACOS;
    // Debian's Rust lacks the program that strips such a library, which has no debug information in itself anyway.
    if (!isNative) environment.CARGO_PROFILE_RELEASE_STRIP = 'none';
  }
  console.error(`rsnet: ${target.id}: ${what}${isNative ? '' : ', linked by zig'}`);
  const library = cargoBuild('release', target.triple, {
    command: isNative ? 'build' : 'zigbuild',
    args: ['--locked', ...args],
    env: environment,
    asked: target.libc === 'gnu' ? `${target.triple}.${GLIBC}` : target.triple,
  });
  const binaries = path.join(CACHE, 'binaries');
  fs.mkdirSync(binaries, { recursive: true });
  const file = path.join(binaries, binaryName(target.id));
  fs.copyFileSync(library, file);
  return file;
}

module.exports = { buildFor };
