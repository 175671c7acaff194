'use strict';

// npm run soak -- --threads N: the process that starts and ends worker threads, its judgement and its report.

const { ROOT } = require('../lib/paths');
const { rates, renderPlot } = require('./plot');
const { Running } = require('./process');
const { Progress, count, megabytes } = require('./progress');
const { describe, slope, writeFiles } = require('./report');
const { fit } = require('./slope');

/** Milliseconds without a thread that ends after which the run counts as hung. */
const HUNG = 60000;
/** Memory may grow by so much for each 100 threads, in bytes, and from how many threads on that is judged. */
const GROWTH = 4e6;
const ENOUGH = 500;

/**
 * @typedef {object} Ended
 * @property {object} counts threads by how they ended, bytes, callbacks that came late
 * @property {(import('./monitor').Sample & {done: number})[]} samples
 * @property {object|null} done what the process told at its end
 * @property {{code: number|null, signal: string|null, errors: string}} end
 * @property {number} seconds
 */

/**
 * @param {import('./args').Options} options
 * @returns {Promise<Ended>}
 */
async function run({ backend, net, seed, threads }) {
  const start = Date.now();
  const result = { counts: { threads: 0, bytes: 0, late: 0 }, samples: [], done: null };
  let last = start;
  const given = { module: net ? 'node:net' : ROOT, interval: threads > 200 ? 1000 : 250, seed, threads };
  const running = new Running('threads-main.js', given, {
    open: 1000,
    env: backend ? { RSNET_BACKEND: backend } : {},
    onMessage: ({ counts, done, sample }) => {
      if (counts) {
        if (counts.threads > result.counts.threads) last = Date.now();
        result.counts = counts;
      }
      if (sample) result.samples.push(sample);
      if (done) result.done = done;
    },
  });
  const hung = setInterval(() => {
    if (Date.now() - last > HUNG) running.kill();
  }, 1000);
  const progress = new Progress(() => {
    const { bytes, threads: ended } = result.counts;
    return `${((Date.now() - start) / 1000).toFixed(0)} s: ${count(ended)} threads ended, ` +
      `${megabytes(result.samples.at(-1)?.rss ?? 0)}, ${megabytes(bytes)} checked`;
  });
  const end = await running.ended;
  progress.stop();
  clearInterval(hung);
  return { ...result, end, seconds: (Date.now() - start) / 1000 };
}

/**
 * @param {Ended} ended
 * @param {number} threads wanted
 * @returns {{line: import('./slope').Fit|null, faults: string[]}} memory for each 100 threads, what does not add up
 */
function judge({ counts, done, end, samples }, threads) {
  const faults = [];
  const line = fit(samples.filter((one) => one.done >= threads / 2).map((one) => [one.done / 100, one.rss]));
  if (counts.threads !== threads) faults.push(`${threads - counts.threads} threads did not end`);
  if (counts.late > 0) faults.push(`${counts.late} callbacks after the end of their thread`);
  if (end.code !== 0 || end.signal) faults.push(`did not end by itself (${end.signal ?? end.code})`);
  if (end.errors) faults.push(`printed ${end.errors}`);
  if (done) {
    faults.push(...done.problems);
    const more = done.after.fds - done.before.fds;
    if (more !== 0) faults.push(`${more} descriptors more than at the start`);
    if (done.after.open !== 0) faults.push(`${done.after.open} connections are open at the end`);
  }
  if (line && threads >= ENOUGH && line.slope - 2 * line.error > GROWTH) faults.push('memory grows');
  return { line, faults };
}

/**
 * Run, judge, report.
 *
 * @param {import('./args').Options} options
 * @returns {Promise<{markdown: string, files: string[], faults: string[]}>}
 */
async function runThreads(options) {
  const ended = await run(options);
  const { counts, done, end, samples, seconds } = ended;
  const { faults, line } = judge(ended, options.threads);
  const about = describe(options);
  const markdown = [
    '# Worker threads under traffic', '', `${about}.`, '',
    `${count(counts.threads)} worker threads started and ended in ${count(seconds)} s, four at a time, each ` +
      `a server and a client of the main thread; ${megabytes(counts.bytes)} compared byte by byte.`, '',
    '| | |', '| --- | ---: |',
    `| terminated in the middle of traffic | ${counts.terminate} |`,
    `| terminated while starting | ${counts.start} |`,
    `| process.exit() in a listener | ${counts.exit} |`,
    `| an exception in a listener | ${counts.throw} |`,
    `| closed everything and ended | ${counts.close} |`,
    `| callbacks after the end of their thread | ${counts.late} |`,
    `| descriptors before, after | ${done?.before.fds}, ${done?.after.fds} |`,
    `| RSS before, after | ${megabytes(done?.before.rss ?? 0)}, ${megabytes(done?.after.rss ?? 0)} |`,
    `| RSS for each 100 threads, second half | ${slope(line)} |`,
    `| exit | ${end.signal ?? end.code} |`, '',
    faults.length === 0 ? 'Everything adds up.' : `**Does not add up:** ${faults.join('; ')}`, '',
  ].join('\n');
  const start = samples[0]?.time ?? 0;
  const of = (value) => ({ threads: samples.map((one) => [(one.time - start) / 1000, value(one)]) });
  const svg = renderPlot([
    { title: 'Memory (RSS), MB', lines: of(({ rss }) => rss / 1e6) },
    { title: 'Descriptors', lines: of(({ fds }) => fds) },
    { title: 'Threads ended, 1/s', lines: { threads: rates(of(({ done: all }) => all).threads) } },
  ], Math.max(1, seconds), about);
  const results = { about, options, ...ended, faults };
  return { markdown, faults, files: writeFiles({ markdown, svg, results }, options) };
}

module.exports = { runThreads };
