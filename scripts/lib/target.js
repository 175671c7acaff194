'use strict';

// For which platform the addon is built: always under Rust's name for it. A toolchain for another C library than that
// of the running Node would build for its own otherwise, under this one's name.

const { TARGETS, hostId, libc } = require('../../lib/addon/platform');
const { Failure, run } = require('./run');

const NO_CARGO = 'cargo was not found: install a Rust toolchain (https://rustup.rs) and a C linker, ' +
  'and make sure that cargo is in the PATH';

/** How Rust's names of processors begin, by Node's. */
const PROCESSORS = {
  arm: 'arm', arm64: 'aarch64', ia32: 'i686', loong64: 'loongarch64', ppc64: 'powerpc64', x64: 'x86_64',
};

/**
 * @returns {string} Rust's name for the platform of its toolchain
 * @throws {Failure} when there is none
 */
function toolchainTriple() {
  const options = { stdio: ['ignore', 'pipe', 'inherit'], missing: NO_CARGO };
  return /^host: (.*)$/m.exec(run(process.env.RUSTC || 'rustc', ['-vV'], options))[1];
}

/**
 * @returns {string} Rust's name for the platform that this process runs on
 * @throws {Failure} when the toolchain is for another one, and it is not known what to ask it for
 */
function machineTriple() {
  const id = hostId();
  const known = TARGETS.find((target) => target.id === id);
  if (known && known.libc !== 'musl') return known.triple;
  const clib = libc();
  const processor = PROCESSORS[process.arch] ?? process.arch;
  const toolchain = toolchainTriple();
  // Distributions have names of their own for theirs, such as x86_64-alpine-linux-musl.
  const isOurs = toolchain.startsWith(processor) && (clib === null || toolchain.includes(`-linux-${clib}`));
  if (isOurs) return toolchain;
  if (known) return known.triple;
  if (clib !== null && process.arch in PROCESSORS) return `${processor}-unknown-linux-${clib}`;
  throw new Failure(`the Rust toolchain is for ${toolchain}, and this Node for ${id}`);
}

/**
 * The platform to build for.
 * @param {string} [triple] Rust's name for it; this machine when left out
 * @returns {{id: string, triple: string}} its short name, and Rust's
 * @throws {Failure} when there is no such platform
 */
function buildTarget(triple) {
  if (!triple) {
    if (process.platform === 'win32') throw new Failure('rsnet does not support Windows');
    return { id: hostId(), triple: machineTriple() };
  }
  const target = TARGETS.find((known) => known.triple === triple);
  if (!target) {
    throw new Failure(`${triple} is not one of ${TARGETS.map((known) => known.triple).join(', ')}`);
  }
  return target;
}

/**
 * @param {string} triple Rust's name for a platform
 * @param {object} [env] the environment to begin with
 * @returns {object} the environment in which cargo builds for it
 */
function cargoEnvironment(triple, env = process.env) {
  if (!triple.includes('-musl')) return env;
  // A shared library is nothing that links the C library statically, which Rust does there if not told.
  const flags = [env.RUSTFLAGS, '-Ctarget-feature=-crt-static'];
  return { ...env, RUSTFLAGS: flags.filter(Boolean).join(' ') };
}

module.exports = { NO_CARGO, buildTarget, cargoEnvironment };
