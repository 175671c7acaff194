'use strict';

// Checks that a binary is what its name says, and that it loads on the oldest system that docs/platforms.md names.

const fs = require('node:fs');
const { readElf, libcOf } = require('../elf');
const { readMachO } = require('./macho');

/** The oldest glibc that the release is built for: that of Debian 10, RHEL 8 and of Node's own builds from 20 on. */
const GLIBC = '2.28';
/** The oldest macOS that the release is built for: the first one on arm64. */
const MACOS = '11.0';
/**
 * In bytes. A binary far above has debug information, or two standard libraries. Those of Linux have 1.3 MB, those of
 * macOS 3.2, because zig keeps all functions of each library there, and their names.
 */
const LARGEST = { linux: 2 * 1024 * 1024, darwin: 4 * 1024 * 1024 };

/** What Node looks for in an addon. */
const ENTRY = 'napi_register_module_v1';

/** A symbol that musl lacks, and that the addon asks for (`require_glibc` of src/addon/bridge.rs). */
const ONLY_GLIBC = 'gnu_get_libc_version';

/** Libraries that every system of the kind has. */
const SYSTEM = {
  gnu: /^(lib(c|m|dl|rt|pthread|gcc_s)\.so\.\d|ld-linux-.*\.so\.\d)$/,
  // Without libgcc_s: Alpine installs it only with other packages.
  musl: /^libc\.(so|musl-.*\.so\.1)$/,
  darwin: /^\/usr\/lib\/lib(System\.B|iconv\.2|charset\.1)\.dylib$|^\/System\/Library\/Frameworks\/CoreFoundation\./,
};

/**
 * Compares versions such as `2.9` and `2.28`.
 * @param {string} one
 * @param {string} other
 * @returns {number} below, above or equal to 0
 */
function compareVersions(one, other) {
  const [left, right] = [one, other].map((text) => text.split('.').map(Number));
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * @param {string[]} versions of symbols
 * @returns {string | undefined} the highest of glibc: `2.28`
 */
function highestGlibc(versions) {
  return versions.filter((version) => /^GLIBC_\d/.test(version)).map((version) => version.slice(6))
    .sort(compareVersions).at(-1);
}

/**
 * Finds what is wrong with a binary.
 * @param {import('../../../lib/addon/platform').Target} target what its name says
 * @param {import('../elf').Elf | import('./macho').MachO | null} found what it is
 * @param {number} size in bytes
 * @returns {string[]} one line for each thing; none if all is well
 */
function judge(target, found, size) {
  if (found === null) return [`it is no shared library of ${target.platform}`];
  const wrong = [];
  const system = SYSTEM[target.libc ?? target.platform];
  const foreign = found.needed.filter((library) => !system.test(library));
  if (found.arch !== target.arch) wrong.push(`it is for ${found.arch}`);
  if (foreign.length > 0) wrong.push(`it needs ${foreign.join(', ')}`);
  if (!found.exports.includes(ENTRY)) wrong.push(`it has no ${ENTRY}`);
  const largest = LARGEST[target.platform];
  if (size > largest) wrong.push(`it has ${size} bytes, more than ${largest}`);
  if (target.libc) {
    const libc = libcOf(found);
    if (libc !== target.libc) wrong.push(`it is linked against ${libc ?? 'no C library'}`);
    const glibc = highestGlibc(found.versions);
    const most = target.libc === 'gnu' ? GLIBC : '0';
    if (glibc && compareVersions(glibc, most) > 0) wrong.push(`it needs symbols of glibc ${glibc}`);
    if (libc === 'gnu' && !found.imports.includes(ONLY_GLIBC)) wrong.push(`musl would load it: no ${ONLY_GLIBC}`);
    if (!found.nodelete) wrong.push('dlclose(3) would unmap it: it lacks -z nodelete');
  } else {
    if (found.minimum === '') wrong.push('it does not say which macOS it needs');
    if (compareVersions(found.minimum || '0', MACOS) > 0) wrong.push(`it needs macOS ${found.minimum}`);
    if (target.arch === 'arm64' && !found.signed) wrong.push('it has no signature');
  }
  return wrong;
}

/**
 * Checks a binary.
 * @param {import('../../../lib/addon/platform').Target} target what its name says
 * @param {string} file its path
 * @returns {{wrong: string[], summary: string}} what is wrong, and what it is, in one line
 */
function checkBinary(target, file) {
  const { size } = fs.statSync(file);
  const found = target.platform === 'linux' ? readElf(file) : readMachO(file);
  const parts = [`${Math.ceil(size / 1024)} KB`];
  if (found) {
    parts.unshift(found.arch);
    const oldest = found.minimum ? `macOS ${found.minimum}` : highestGlibc(found.versions ?? []);
    if (oldest) parts.push(found.minimum ? oldest : `symbols up to GLIBC_${oldest}`);
    parts.push(`needs ${found.needed.map((library) => library.split('/').at(-1)).join(' ') || 'nothing'}`);
  }
  return { wrong: judge(target, found, size), summary: parts.join(', ') };
}

module.exports = { GLIBC, MACOS, judge, checkBinary };
