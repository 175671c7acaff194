'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { main, readOptions, run } = require('../../scripts/lib/run');
const { wholeNumberOf } = require('../lib/options');
const { NO_CARGO, TARGET, hostTriple } = require('./build');

const CRATE = path.join(__dirname, 'fuzz');

const USAGE = `npm run fuzz:parse -- [OPTIONS]

libFuzzer over the Rust code that parses.

  --seconds S   how long (30)
  --runs N      how many inputs at most (0: no bound)
  --help        this text`;

/** What libFuzzer needs of the compiler: counters of the edges that were taken, and the comparisons made. */
const FLAGS = [
  '-Cpasses=sancov-module', '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters', '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares', '-Ccodegen-units=1', '-Zsanitizer=address', '--cfg', 'fuzzing',
];

main(() => {
  const given = readOptions(USAGE, {
    seconds: { type: 'string', default: '30' }, runs: { type: 'string', default: '0' },
  });
  if (given === null) return;
  const { values } = given;
  for (const [name, value] of Object.entries(values)) wholeNumberOf(name, value, 0);
  const triple = hostTriple();
  const folder = path.join(TARGET, 'fuzz');
  run('cargo', ['build', '--quiet', '--locked', '--release', '--target', triple], {
    cwd: CRATE,
    env: { ...process.env, RUSTC_BOOTSTRAP: '1', RUSTFLAGS: FLAGS.join(' '), CARGO_TARGET_DIR: folder },
    missing: NO_CARGO,
    name: 'cargo build',
  });
  const corpus = path.join(folder, 'corpus');
  fs.mkdirSync(corpus, { recursive: true });
  const bounds = [`-max_total_time=${values.seconds}`];
  if (values.runs !== '0') bounds.push(`-runs=${values.runs}`);
  run(path.join(folder, triple, 'release', 'addresses'), [
    ...bounds, '-max_len=160', '-print_final_stats=1', `-artifact_prefix=${folder}/`, corpus, path.join(CRATE, 'seeds'),
  ], { name: 'the fuzzer', env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
});
