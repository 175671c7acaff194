'use strict';

// Runs the specs on a Node, with what was packed: jest in full, the sample, or what can be emulated.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../addon');
const { Failure, run } = require('../run');
const { jestEnvironment } = require('./install');

/** Specs that touch each part of the addon once: sockets, servers, reads, writes, descriptors, threads, children. */
const SAMPLE = [
  'connect/forms', 'connect/families', 'connect/timeout', 'descriptors/receiving', 'lifecycle/children',
  'process/threads', 'read/pause', 'read/pipe', 'send-file/socket', 'server/connections', 'server/listen',
  'socket/end', 'socket/kernel-options', 'socket/options', 'write/coalesced', 'write/kinds',
];

/**
 * Specs that start no children, which an emulated Node cannot do, and that end soon. Those of descriptors are left out:
 * the engine finds where a message begins by memory that the kernel cannot write to, and qemu shortens such a read.
 */
const EMULATED = [
  'connect/families', 'connect/forms', 'errors/peer', 'server/listen', 'server/path', 'socket/end', 'socket/properties',
  'write/kinds',
];

/** Specs of the repository: of its sources, pages, tools and of what packs it. They need the sources of the package. */
const OF_REPOSITORY = '{install,package,tools}/**';

/** All specs take one backend on each Node, by turns: what differs between the backends is the same for all Nodes. */
const BACKENDS = ['uv', 'tokio'];

/**
 * Options of jest. Node runs the specs as they are: Babel would look through each file of each copy, and takes a minute
 * to load under qemu.
 */
const OPTIONS = ['--transform={}', '--watchman=false', '--passWithNoTests', '--json'];

/** Milliseconds. */
const SAMPLE_LIMIT = 570_000;
const FULL_LIMIT = 5_400_000;
const EMULATED_LIMIT = 1_800_000;
/** Of one test, under qemu. */
const EMULATED_TEST_LIMIT = 240_000;

/**
 * What runs.
 * @typedef {object} Choice
 * @property {boolean} [echo] no specs
 * @property {boolean} [sample] the sample in place of all
 * @property {string[]} [specs] patterns of specs in place of all
 * @property {string[]} [backends] those that were asked for
 */

/**
 * What came of a run of jest.
 * @typedef {object} Counts
 * @property {number} files that ran
 * @property {string[]} failed files, by their place in __test__
 * @property {number} tests that ran
 * @property {number} skipped tests
 */

/**
 * @param {Choice} choice
 * @param {import('./nodes').NodeCommand} node
 * @param {number} index of the Node among those of the platform
 * @returns {string[]} the backends that run specs
 */
function backendsFor(choice, node, index) {
  if (choice.backends) return choice.backends;
  return choice.sample || choice.specs || !node.isWhole ? BACKENDS : [BACKENDS[index % BACKENDS.length]];
}

/**
 * @param {string} file jest's report
 * @param {string} copy the folder that the specs are in
 * @returns {Counts}
 */
function readCounts(file, copy) {
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  const place = (name) => path.relative(path.join(fs.realpathSync(copy), '__test__'), name);
  return {
    files: report.numTotalTestSuites - report.numPendingTestSuites,
    failed: report.testResults.filter(({ status }) => status === 'failed').map(({ name }) => place(name)),
    tests: report.numPassedTests + report.numFailedTests,
    skipped: report.numPendingTests,
  };
}

/**
 * @param {import('./nodes').NodeCommand} node
 * @param {Choice} choice
 * @returns {{patterns: string[], args: string[], timeout: number}} what jest is told, and how long it may take
 */
function jestArguments(node, choice) {
  const named = (names) => names.map((name) => `/${name}.spec.js`);
  if (!node.isWhole) {
    const patterns = choice.specs ?? named(EMULATED);
    const args = ['--runInBand', `--testTimeout=${EMULATED_TEST_LIMIT}`];
    return { patterns, args, timeout: EMULATED_LIMIT };
  }
  if (choice.specs) return { patterns: choice.specs, args: [], timeout: FULL_LIMIT };
  if (choice.sample) return { patterns: named(SAMPLE), args: [], timeout: SAMPLE_LIMIT };
  return { patterns: [], args: [], timeout: FULL_LIMIT };
}

/**
 * A folder whose `node` is the one that runs the specs, as npm and other programs look it up.
 * @param {import('./nodes').NodeCommand} node
 * @param {string} folder for it
 * @returns {string} a PATH with it
 */
function pathWith(node, folder) {
  if (!node.isWhole) return process.env.PATH;
  fs.mkdirSync(folder, { recursive: true });
  const link = path.join(folder, 'node');
  fs.rmSync(link, { force: true });
  fs.symlinkSync(node.file, link);
  return [folder, process.env.PATH].join(path.delimiter);
}

/**
 * Runs jest in both copies of the checkout: the specs of the package with the packed package, those of the repository
 * with its sources and the packed binary.
 * @param {import('../../../lib/addon/platform').Target} target
 * @param {import('./nodes').NodeCommand} node
 * @param {{folder: string, packed: string, sources: string}} copies their folders, and the one above
 * @param {string} backend
 * @param {Choice} choice
 * @returns {Counts} of both
 * @throws {import('../run').Failure} when jest does not run to its end
 */
function runSpecs(target, node, copies, backend, choice) {
  const { patterns, args, timeout } = jestArguments(node, choice);
  const { RSNET_BINARY_PATH: _other, ...own } = process.env;
  const env = {
    ...own, ...jestEnvironment(target), RSNET_BACKEND: backend, PATH: pathWith(node, path.join(copies.folder, 'bin')),
  };
  const total = { files: 0, failed: [], tests: 0, skipped: 0 };
  const parts = [
    { copy: copies.packed, files: ['**/__test__/**/*.spec.js', `!**/__test__/${OF_REPOSITORY}`] },
    { copy: copies.sources, files: [`**/__test__/${OF_REPOSITORY}/*.spec.js`] },
  ];
  for (const part of parts) {
    const report = path.join(copies.folder, 'report.json');
    fs.rmSync(report, { force: true });
    const chosen = [...part.files.map((glob) => `--testMatch=${glob}`), ...args];
    // The patterns come last, behind an option that takes one value: jest would take them for globs.
    const all = [...chosen, ...OPTIONS, `--outputFile=${report}`, ...patterns];
    const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    let failure;
    try {
      run(node.program, [...node.args, jest, ...all], {
        cwd: part.copy, env, timeout, stdio: ['ignore', 'ignore', 'inherit'], name: 'jest',
      });
    } catch (error) {
      failure = error;
    }
    // Failed specs are in the report; else jest itself has failed.
    if (!fs.existsSync(report)) throw failure ?? new Failure('jest made no report');
    const counts = readCounts(report, part.copy);
    if (failure && counts.failed.length === 0) throw failure;
    for (const name of ['files', 'tests', 'skipped']) total[name] += counts[name];
    total.failed.push(...counts.failed);
  }
  if (total.files === 0) throw new Failure(`no spec ran: none has a path with ${patterns.join(', ')}`);
  return total;
}

module.exports = { BACKENDS, backendsFor, runSpecs };
