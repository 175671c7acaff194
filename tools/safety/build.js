'use strict';

// Builds that a sanitizer instruments, by the stable toolchain: its `-Z` options are opened by RUSTC_BOOTSTRAP, the
// standard library is the one that comes with it, hence not instrumented itself.

const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { Failure, run } = require('../../scripts/lib/run');
const { ROOT } = require('../lib/paths');

/** Where the instrumented builds stand, apart from the others. */
const TARGET = process.env.CARGO_TARGET_DIR || path.join(ROOT, 'target', 'safety');

const NO_CARGO = 'cargo was not found: install a Rust toolchain (https://rustup.rs)';

/**
 * The platform that this machine's compiler builds for.
 * @returns {string} for example `x86_64-unknown-linux-gnu`
 * @throws {Failure} when it is not Linux
 */
function hostTriple() {
  const text = execFileSync('rustc', ['-vV'], { encoding: 'utf8' });
  const triple = /^host: (.*)$/m.exec(text)[1];
  if (!triple.includes('linux')) throw new Failure(`the sanitizers are set up for Linux only, not for ${triple}`);
  return triple;
}

/**
 * The environment for cargo.
 * @param {string} sanitizer `address` or `thread`
 * @returns {object} variables
 */
function cargoEnvironment(sanitizer) {
  const flags = [`-Zsanitizer=${sanitizer}`, '-Cforce-frame-pointers=yes', '-Cdebuginfo=line-tables-only'];
  if (sanitizer === 'thread') flags.push('-Cunsafe-allow-abi-mismatch=sanitizer');
  return {
    ...process.env,
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: flags.join(' '),
    CARGO_TARGET_DIR: path.join(TARGET, sanitizer),
    CARGO_PROFILE_RELEASE_LTO: 'off',
    CARGO_PROFILE_RELEASE_STRIP: 'none',
  };
}

/**
 * Build the addon with AddressSanitizer.
 * @returns {string} path of the shared library
 */
function buildAddon() {
  const triple = hostTriple();
  const env = cargoEnvironment('address');
  run('cargo', ['build', '--locked', '--quiet', '--release', '--lib', '--target', triple], {
    cwd: ROOT, env, missing: NO_CARGO, name: 'cargo build',
  });
  return path.join(env.CARGO_TARGET_DIR, triple, 'release', 'librsnet.so');
}

/**
 * The runtime of AddressSanitizer as a library that can be loaded before node: gcc's, which the code of rustc's works
 * with.
 * @returns {string} path
 * @throws {Failure} when there is no gcc, or none of its libraries
 */
function addressRuntime() {
  const file = run('gcc', ['-print-file-name=libasan.so'], {
    stdio: ['ignore', 'pipe', 'inherit'], missing: 'gcc was not found: AddressSanitizer\'s runtime comes with it',
  }).trim();
  if (!path.isAbsolute(file)) throw new Failure('gcc has no libasan.so: install libasan (Debian: libgcc-*-dev)');
  return file;
}

module.exports = { NO_CARGO, TARGET, addressRuntime, buildAddon, cargoEnvironment, hostTriple };
