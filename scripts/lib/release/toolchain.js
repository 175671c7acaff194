'use strict';

// Finds a Rust that can build for a platform: the machine's own, where it has the standard library for it (`rustup
// target add`), else Debian's, whose package rust-web-src has the source of the standard library, which cargo builds
// then.

const fs = require('node:fs');
const path = require('node:path');
const { Failure, run } = require('../run');
const { NO_CARGO } = require('../target');
const { Packages, hasDebian } = require('./debian');

/** The parts of the standard library that are built, with their dependencies. */
const BUILD_STD = ['-Zbuild-std=std,panic_unwind'];

/**
 * A Rust that builds for a platform.
 * @typedef {object} Toolchain
 * @property {string} what it is, in a few words
 * @property {string[]} args more arguments of cargo
 * @property {object} env more of its environment
 */

/**
 * @param {string} triple Rust's name for a platform
 * @returns {boolean} whether the machine's Rust has the standard library for it
 */
function hasStandardLibrary(triple) {
  const rustc = process.env.RUSTC || 'rustc';
  const folder = run(rustc, ['--print', 'target-libdir', '--target', triple], {
    stdio: ['ignore', 'pipe', 'inherit'], missing: NO_CARGO,
  }).trim();
  return fs.existsSync(folder) && fs.readdirSync(folder).some((name) => /^libstd-.*\.rlib$/.test(name));
}

/**
 * Unpacks Debian's newest Rust with the source of its standard library.
 * @returns {string} path of a program that is that rustc
 * @throws {Failure} when this is no Debian, or it lacks the packages
 */
function debianRustc() {
  // It works with the libraries of this machine, so it is of the same release.
  const packages = new Packages();
  const folder = packages.unpacked('rust', 'rustc-web 1', () => {
    const library = packages.dependency('libstd-rust-web-dev', /^libstd-rust-web-\d/);
    const llvm = packages.dependency(library, /^libllvm\d/);
    return ['rustc-web', 'libstd-rust-web-dev', 'rust-web-src', library, ...packages.withDependencies([llvm])];
  });
  const program = path.join(folder, 'rustc');
  const libraries = fs.readdirSync(path.join(folder, 'usr', 'lib')).filter((name) => /-linux-gnu$/.test(name))
    .flatMap((name) => [path.join(folder, 'usr', 'lib', name), path.join(folder, 'lib', name)]);
  fs.writeFileSync(program, `#!/bin/sh
LD_LIBRARY_PATH='${libraries.join(':')}' exec '${path.join(folder, 'usr', 'bin', 'rustc')}' "$@"
`, { mode: 0o755 });
  return program;
}

/**
 * Finds the Rust for a platform.
 * @param {import('../../../lib/addon/platform').Target} target
 * @returns {Toolchain}
 * @throws {Failure} when there is none, nor can be had
 */
function toolchainFor({ triple }) {
  if (hasStandardLibrary(triple)) return { what: 'this machine\'s Rust', args: [], env: {} };
  if (!hasDebian()) {
    throw new Failure(`this machine's Rust has no standard library for ${triple}: run "rustup target add ${triple}"`);
  }
  // The switch of cargo that builds the standard library is for nightly ones, or for who says that he knows.
  return {
    what: 'Debian\'s Rust, and its standard library from source',
    args: BUILD_STD,
    env: { RUSTC: debianRustc(), RUSTC_BOOTSTRAP: '1' },
  };
}

module.exports = { toolchainFor };
