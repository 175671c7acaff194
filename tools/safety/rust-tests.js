'use strict';

// The Rust tests under ThreadSanitizer and under valgrind's memcheck.

const { spawnSync } = require('node:child_process');
const { Failure, run } = require('../../scripts/lib/run');
const { ROOT } = require('../lib/paths');
const { NO_CARGO, cargoEnvironment, hostTriple } = require('./build');

/** Seconds that all tests may take. */
const LIMIT = 1200;

/** A report in which the addon's own code did one of the two accesses. */
const OWN_ACCESS = /#0 [^\n]*\bsrc\/(?:engine|backend)\/[\w/]+\.rs:\d+/;

/**
 * Run the Rust tests with ThreadSanitizer. The standard library is not instrumented, so it sees races where one of its
 * locks stands: every report is shown as a count only, and the tests' own failures count.
 * @param {(line: string) => void} tell what happens
 * @returns {number} 1 if a test failed
 */
function runThreads(tell) {
  const triple = hostTriple();
  const args = ['test', '--locked', '--target', triple, '--no-fail-fast', '--', '--test-threads=1'];
  const result = spawnSync('timeout', ['--kill-after=5', String(LIMIT), 'cargo', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...cargoEnvironment('thread'), TSAN_OPTIONS: 'exitcode=0' },
  });
  if (result.error) throw new Failure(NO_CARGO);
  const output = `${result.stdout}${result.stderr}`;
  const reports = output.split('==================').filter((part) => part.includes('WARNING: ThreadSanitizer'));
  const own = reports.filter((report) => OWN_ACCESS.test(report));
  tell(`${result.status === 0 ? 'ok  ' : 'BAD '} tsan: ${reports.length} reports, all of them to be doubted: the ` +
    `standard library's locks are not instrumented; ${own.length} name the crate's own lines`);
  if (result.status === 0) return 0;
  tell(output.slice(-4000));
  return 1;
}

/**
 * Run the Rust tests under valgrind's memcheck.
 * @param {(line: string) => void} tell what happens
 * @returns {number} 0: an error ends the run by a Failure
 */
function runMemcheck(tell) {
  const triple = hostTriple();
  const variable = `CARGO_TARGET_${triple.replaceAll('-', '_').toUpperCase()}_RUNNER`;
  const options = ['--quiet', '--error-exitcode=66', '--leak-check=no', '--fair-sched=yes'];
  // valgrind takes descriptors for itself, so what a lowered limit does to others cannot be tested under it.
  const args = ['test', '--locked', '--target', triple, '--', '--test-threads=1', '--skip',
    'turns_connections_away_while_there_is_no_descriptor'];
  run('timeout', ['--kill-after=5', String(LIMIT), 'cargo', ...args], {
    cwd: ROOT,
    env: { ...process.env, [variable]: `valgrind ${options.join(' ')}` },
    name: 'cargo test under valgrind',
  });
  tell('ok   valgrind: no error');
  return 0;
}

module.exports = { runMemcheck, runThreads };
