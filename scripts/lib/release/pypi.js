'use strict';

// Tools from PyPI: zig, which has a linker and the C libraries of all platforms, and cargo-zigbuild, which has cargo
// link with it; also a Node for musl. They go into the cache.

const fs = require('node:fs');
const path = require('node:path');
const { Failure, run } = require('../run');
const { CACHE, cached } = require('./cache');

const TOOLS = ['ziglang==0.17.1', 'cargo-zigbuild==0.24.1'];

/** pip's own settings, which say where the packages come from, stay as they are. */
const QUIET = ['--quiet', '--disable-pip-version-check', '--only-binary=:all:'];

/**
 * Makes an environment of Python with these packages.
 * @param {string} name of its folder in the cache
 * @param {string[]} packages with their versions
 * @returns {string} the folder with the programs
 * @throws {Failure} when Python is not there, or pip fails
 */
function environment(name, packages) {
  const folder = cached(name, packages.join(' '), (fresh) => {
    console.error(`rsnet: installing ${packages.join(', ')} from PyPI into ${path.relative(process.cwd(), fresh)}`);
    run('python3', ['-m', 'venv', fresh], {
      name: 'python3 -m venv (on Debian, the package python3-venv)',
      missing: 'python3 was not found: zig and cargo-zigbuild are installed with it',
    });
    run(path.join(fresh, 'bin', 'pip'), ['install', ...QUIET, ...packages], { name: 'pip install' });
  });
  return path.join(folder, 'bin');
}

/** @returns {string} the folder with the program cargo-zigbuild */
function ensureZig() {
  return environment('zig', TOOLS);
}

/**
 * Unpacks a package for another platform.
 * @param {string} name of the package, with its version
 * @param {string} platform PyPI's name for it: `musllinux_1_2_x86_64`
 * @param {string} folder an empty one
 */
function unpackWheel(name, platform, folder) {
  const pip = path.join(environment('zig', TOOLS), 'pip');
  const wheels = fs.mkdtempSync(path.join(CACHE, 'wheel-'));
  try {
    run(pip, ['download', ...QUIET, '--no-deps', '--platform', platform, '--dest', wheels, name], {
      name: 'pip download',
    });
    const [wheel] = fs.readdirSync(wheels);
    if (!wheel) throw new Failure(`pip found no ${name} for ${platform}`);
    run('python3', ['-m', 'zipfile', '-e', path.join(wheels, wheel), folder]);
  } finally {
    fs.rmSync(wheels, { recursive: true });
  }
}

module.exports = { environment, ensureZig, unpackWheel };
