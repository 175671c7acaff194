'use strict';

// Which platforms rsnet is built for, and how their binaries are named. Used by the loader and by the
// build scripts, so that both always agree; requires nothing that an installed package lacks.

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
  target('linux-arm64-gnu', 'aarch64-unknown-linux-gnu'),
  target('darwin-x64', 'x86_64-apple-darwin'),
  target('darwin-arm64', 'aarch64-apple-darwin'),
];

/**
 * Describe one target from its two names.
 * @param {string} id short name
 * @param {string} triple Rust's name
 * @returns {Target} the description
 */
function target(id, triple) {
  const [platform, arch, clib = null] = id.split('-');
  return { id, triple, platform, arch, libc: clib };
}

/**
 * Which C library this process runs on. Takes a few milliseconds: ask only where the answer matters.
 * @returns {'gnu'|'musl'|null} null on anything but Linux
 */
function libc() {
  if (process.platform !== 'linux') return null;
  const { report } = process;
  if (report) {
    const before = report.excludeNetwork;
    // Without this the report looks up the name of every peer of every open socket.
    report.excludeNetwork = true;
    try {
      return report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl';
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
 * The short name of the machine this process runs on, whether or not rsnet has a package for it.
 * @param {'gnu'|'musl'|null} [clib] the C library; asked of the process when left out
 * @returns {string} for example `linux-x64-gnu`, `linux-x64-musl`, `darwin-arm64`, `freebsd-x64`
 */
function hostId(clib = libc()) {
  return [process.platform, process.arch, clib].filter(Boolean).join('-');
}

/**
 * The name of the file in the package's folder that holds the addon for a platform.
 * @param {string} id short name of the platform
 * @returns {string} for example `rsnet.linux-x64-gnu.node`
 */
function binaryName(id) {
  return `rsnet.${id}.node`;
}

/**
 * The name of the npm package that brings the binary for a platform.
 * @param {string} id short name of the platform
 * @returns {string} for example `rsnet-linux-x64-gnu`
 */
function packageName(id) {
  return `rsnet-${id}`;
}

module.exports = { TARGETS, libc, hostId, binaryName, packageName };
