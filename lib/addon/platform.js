'use strict';

// Which platforms rsnet is built for, and how their binaries and packages are named. The loader and the build scripts
// both use this file, so it requires nothing that an installed package lacks.

const { readFileSync } = require('node:fs');

/**
 * A platform with a package of its own.
 * @typedef {object} Target
 * @property {string} id short name, as in the package's and the binary's name: `linux-x64-gnu`
 * @property {string} triple Rust's name for it
 * @property {string} platform value of `process.platform`
 * @property {string} arch value of `process.arch`
 * @property {'gnu'|'musl'|null} libc the C library, null where there is only one
 */

/** @type {readonly Target[]} */
const TARGETS = [
  target('linux-x64-gnu', 'x86_64-unknown-linux-gnu'),
  target('linux-x64-musl', 'x86_64-unknown-linux-musl'),
  target('linux-arm64-gnu', 'aarch64-unknown-linux-gnu'),
  target('linux-arm64-musl', 'aarch64-unknown-linux-musl'),
  target('darwin-x64', 'x86_64-apple-darwin'),
  target('darwin-arm64', 'aarch64-apple-darwin'),
];

/**
 * @param {string} id
 * @param {string} triple
 * @returns {Target}
 */
function target(id, triple) {
  const [platform, arch, clib = null] = id.split('-');
  return { id, triple, platform, arch, libc: /** @type {Target['libc']} */ (clib) };
}

/**
 * Finds out which C library this process runs on, which takes some milliseconds.
 * @returns {'gnu'|'musl'|null} null on anything but Linux
 */
function libc() {
  if (process.platform !== 'linux') return null;
  const { report } = process;
  if (report) {
    const before = report.excludeNetwork;
    // Otherwise the report resolves the name of the peer of each open socket.
    report.excludeNetwork = true;
    try {
      return /** @type {*} */ (report.getReport()).header.glibcVersionRuntime ? 'gnu' : 'musl';
    } finally {
      report.excludeNetwork = before;
    }
  }
  try {
    return readFileSync('/usr/bin/ldd', 'latin1').includes('musl') ? 'musl' : 'gnu';
  } catch {
    return 'gnu';
  }
}

/**
 * Names this machine, also where rsnet has no package for it.
 * @param {'gnu'|'musl'|null} [clib] the C library; by default that of this process
 * @returns {string} for example `linux-x64-gnu`, `linux-x64-musl`, `darwin-arm64`, `freebsd-x64`
 */
function hostId(clib = libc()) {
  return [process.platform, process.arch, clib].filter(Boolean).join('-');
}

/**
 * @param {string} id short name of a platform
 * @returns {string} for example `rsnet.linux-x64-gnu.node`
 */
function binaryName(id) {
  return `rsnet.${id}.node`;
}

/**
 * @param {string} id short name of a platform
 * @returns {string} for example `rsnet-linux-x64-gnu`
 */
function packageName(id) {
  return `rsnet-${id}`;
}

module.exports = { TARGETS, libc, hostId, binaryName, packageName };
