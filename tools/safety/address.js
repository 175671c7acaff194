'use strict';

// AddressSanitizer over the addon in node: the specs run as they are, each file in a process of its own, with the
// runtime loaded before node. They run in a copy of the package that has the instrumented addon in place of the usual
// one, so children find both.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { binaryName, hostId } = require('../../lib/addon/platform');
const { childEnvironment } = require('../../scripts/lib/environment');
const { ROOT } = require('../lib/paths');
const { addressRuntime, buildAddon } = require('./build');
const { errorsOf, leaksOf, takeReports } = require('./reports');

/** Milliseconds that one spec file may take. */
const LIMIT = 300000;

const JEST = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');

/** What the copy of the package has; `node_modules` is a link. */
const COPIED = [
  '__test__', 'examples', 'lib', 'scripts', 'tools', 'index.js', 'index.mjs', 'index.d.ts',
  'index.d.mts', 'register.js', 'jest.config.js', 'package.json',
];

/**
 * Run node with AddressSanitizer.
 * @param {object} build what `prepare` gave
 * @param {string[]} args for node
 * @param {object} [options] how
 * @param {boolean} [options.leaks] look for leaks when a process ends
 * @param {string} [options.backend] `uv` or `tokio`
 * @returns {{status: number | null, output: string, reports: string[]}} how it ended, and what the runtimes wrote
 */
function runNode(build, args, { leaks = false, backend = 'uv' } = {}) {
  // A process group of its own, ended with everything that it started.
  const limit = ['--kill-after=5', String(LIMIT / 1000)];
  const result = spawnSync('timeout', [...limit, process.execPath, ...args], {
    cwd: build.copy,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: childEnvironment({
      RSNET_BACKEND: backend,
      RSNET_SPEC_ONLY: 'rsnet',
      LD_PRELOAD: build.runtime,
      ASAN_OPTIONS: `detect_leaks=${leaks ? 1 : 0}:log_path=${path.join(build.logs, 'report')}:exitcode=66`,
      LSAN_OPTIONS: 'exitcode=0',
    }),
  });
  return { status: result.status, output: `${result.stdout}${result.stderr}`, reports: takeReports(build.logs) };
}

/**
 * Build the addon, find the runtime, and copy the package.
 * @returns {{copy: string, runtime: string, logs: string}} paths; `copy` and `logs` are folders that `finish` removes
 */
function prepare() {
  const library = buildAddon();
  const runtime = addressRuntime();
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-sanitize-'));
  const logs = path.join(copy, 'logs');
  fs.mkdirSync(logs);
  for (const name of COPIED) fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  fs.copyFileSync(library, path.join(copy, binaryName(hostId('gnu'))));
  return { copy, runtime, logs };
}

/**
 * @param {object} build what `prepare` gave
 */
function finish(build) {
  fs.rmSync(build.copy, { recursive: true, force: true });
}

/**
 * Run spec files.
 * @param {object} build what `prepare` gave
 * @param {string[]} specs names in `__test__`
 * @param {string} backend `uv` or `tokio`
 * @param {(line: string) => void} tell what happens
 * @returns {number} how many files failed or had a report
 */
function runSpecs(build, specs, backend, tell) {
  let bad = 0;
  for (const spec of specs) {
    const begun = Date.now();
    const args = [JEST, '--runInBand', '--silent', '--testTimeout=120000', path.join('__test__', spec)];
    const { status, output, reports } = runNode(build, args, { backend });
    const errors = reports.flatMap(errorsOf);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    const fine = status === 0 && errors.length === 0;
    tell(`${fine ? 'ok  ' : 'BAD '} ${backend} ${spec} ${seconds} s`);
    if (fine) continue;
    bad++;
    for (const error of errors) tell(error);
    if (status !== 0) tell(`ended with ${status}\n${output.slice(-4000)}`);
  }
  return bad;
}

/**
 * Look for memory that the addon does not free.
 * @param {object} build what `prepare` gave
 * @param {string} backend `uv` or `tokio`
 * @param {(line: string) => void} tell what happens
 * @returns {number} how many leaks were found that are not known
 */
function runLeaks(build, backend, tell) {
  const program = path.join('tools', 'safety', 'leak-program.js');
  const { status, output, reports } = runNode(build, [program], { leaks: true, backend });
  const found = reports.map(leaksOf);
  const leaks = found.flatMap((one) => one.leaks);
  const known = found.reduce((sum, one) => sum + one.known, 0);
  const fine = status === 0 && leaks.length === 0;
  tell(`${fine ? 'ok  ' : 'BAD '} ${backend} leaks: ${leaks.length} new, ${known} known`);
  for (const leak of leaks) tell(leak);
  if (status !== 0) tell(`ended with ${status}\n${output.slice(-4000)}`);
  return leaks.length + (status === 0 ? 0 : 1);
}

module.exports = { finish, prepare, runLeaks, runSpecs };
