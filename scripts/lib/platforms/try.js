'use strict';

// Tries the tarballs on a platform: installed as a user installs them, an echo, and a sample of the specs.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { binaryName, packageName } = require('../../../lib/addon/platform');
const { ROOT, recordProfile } = require('../addon');
const { childEnvironment } = require('../environment');
const { cached } = require('../release/cache');
const { Failure, npmCommand, run } = require('../run');

/** @typedef {import('../../../lib/addon/platform').Target} Target */

const BACKENDS = ['uv', 'tokio'];

/** Milliseconds that an echo may take, under qemu too. */
const ECHO_LIMIT = 120_000;
const SPECS_LIMIT = 570_000;

/** Specs that touch each part of the addon once: sockets, servers, reads, writes, descriptors, threads, children. */
const SAMPLE = [
  'connect/forms', 'connect/families', 'connect/timeout', 'descriptors/receiving', 'lifecycle/children',
  'process/threads', 'read/pause', 'read/pipe', 'send-file/socket', 'server/connections', 'server/listen',
  'socket/end', 'socket/kernel-options', 'socket/options', 'write/coalesced', 'write/kinds',
];

/**
 * Installs the tarballs in a new project.
 * @param {Target} target
 * @param {string} dist the folder with the tarballs
 * @param {string} folder of the project
 * @throws {Failure} when a tarball is missing, or npm fails
 */
function install(target, dist, folder) {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const tarballs = ['rsnet', packageName(target.id)].map((name) => path.join(dist, `${name}-${version}.tgz`));
  const missing = tarballs.find((file) => !fs.existsSync(file));
  if (missing) throw new Failure(`${missing} is not there: npm run release -- --target ${target.id}`);
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"app","private":true}\n');
  // npm takes a package for another platform by force only.
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--force', '--loglevel=error'];
  const platform = [`--os=${target.platform}`, `--cpu=${target.arch}`];
  if (target.libc) platform.push(`--libc=${target.libc === 'gnu' ? 'glibc' : target.libc}`);
  const [program, args] = npmCommand(['install', ...options, ...platform, ...tarballs]);
  run(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], name: 'npm install' });
}

/**
 * jest finds modules with an addon of its own, and node_modules has the one for this machine's C library.
 * @param {Target} target
 * @returns {object} what makes jest run on the platform, as environment
 */
function jestEnvironment(target) {
  const name = `@unrs/resolver-binding-${target.id}`;
  if (fs.existsSync(path.join(ROOT, 'node_modules', name))) return {};
  const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const wanted = `${name}@${packages['node_modules/unrs-resolver'].version}`;
  const folder = cached(`resolver-${target.id}`, wanted, (fresh) => {
    fs.writeFileSync(path.join(fresh, 'package.json'), '{"private":true}\n');
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--force', '--loglevel=error'];
    const [program, args] = npmCommand(['install', ...options, `--libc=${target.libc}`, wanted]);
    run(program, args, { cwd: fresh, stdio: ['ignore', 'ignore', 'inherit'], name: 'npm install' });
  });
  return { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(folder, 'node_modules', name, `resolver.${target.id}.node`) };
}

/**
 * Runs specs with the binary of a package, on both backends.
 * @param {Target} target
 * @param {import('./nodes').NodeCommand} node
 * @param {string} binary its path
 * @param {string[]} [specs] patterns of specs in place of the sample
 * @throws {Failure} when one fails
 */
function runSpecs(target, node, binary, specs) {
  const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const patterns = specs ?? SAMPLE.map((name) => `/${name}.spec.js`);
  // Where nothing is built, the binary lies for the time as if it had been. A developer's own build stays, and the
  // variable leads past it, which fails those specs that are about the variable.
  const built = path.join(ROOT, binaryName(target.id));
  const isBuilt = fs.existsSync(built);
  if (!isBuilt) {
    fs.copyFileSync(binary, built);
    recordProfile(path.basename(built), 'release');
  }
  const chosen = isBuilt ? { RSNET_BINARY_PATH: binary } : {};
  try {
    for (const backend of BACKENDS) {
      const env = { ...process.env, ...jestEnvironment(target), RSNET_BACKEND: backend, ...chosen };
      console.error(`rsnet: ${target.id}, ${backend}: specs, with the binary of the package`);
      const timeout = specs ? undefined : SPECS_LIMIT;
      run(node.program, [...node.args, jest, ...patterns], { cwd: ROOT, env, timeout, name: 'jest' });
    }
  } finally {
    if (!isBuilt) fs.rmSync(built);
  }
}

/**
 * Tries the tarballs on a platform.
 * @param {Target} target
 * @param {import('./nodes').NodeCommand} node
 * @param {string} dist the folder with the tarballs
 * @param {string[]} [specs] patterns of specs in place of the sample
 * @throws {Failure} at the first thing that goes wrong
 */
function tryPlatform(target, node, dist, specs) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-platform-'));
  try {
    install(target, dist, folder);
    fs.copyFileSync(path.join(__dirname, 'echo.js'), path.join(folder, 'echo.js'));
    for (const backend of BACKENDS) {
      const env = childEnvironment({ RSNET_BACKEND: backend });
      const text = run(node.program, [...node.args, 'echo.js'], {
        cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'], timeout: ECHO_LIMIT, name: 'the echo',
      });
      console.error(`rsnet: ${target.id}, ${backend}: ${node.what}: ${text.trim()}`);
    }
    const binary = path.join(folder, 'node_modules', packageName(target.id), binaryName(target.id));
    if (node.isWhole) runSpecs(target, node, binary, specs);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { tryPlatform };
