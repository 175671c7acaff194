'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ENOUGH } = require('./judge');
const { rates, renderPlot } = require('./plot');
const { count, megabytes } = require('./progress');

/**
 * @param {import('./args').Options} options
 * @returns {string} what ran and where
 */
function describe({ backend, net, relay, seed }) {
  const between = relay ? ', a relay' : '';
  const what = net ? 'the built-in net' : `rsnet, ${backend ?? 'its own choice of'} backend`;
  const day = new Date().toISOString().slice(0, 10);
  const cpus = os.cpus();
  return `${day}, ${what}${between}, Node ${process.versions.node}, ${cpus.length} × ` +
    `${cpus[0]?.model.trim() ?? 'unknown processor'}, ${os.type()} ${os.release().split('-')[0]}, seed ${seed}`;
}

/**
 * @param {import('./slope').Fit|null} line
 * @returns {string} slope with its standard error
 */
function slope(line) {
  if (!line) return 'too few samples';
  return `${(line.slope / 1e6).toFixed(2)} ± ${(line.error / 1e6).toFixed(2)} MB`;
}

/**
 * @param {import('./run').Outcome} outcome
 * @param {import('./judge').Verdict} verdict
 * @param {import('./args').Options} options
 * @returns {string} Markdown
 */
function render(outcome, verdict, options) {
  const { codes, counts, seconds, sides } = outcome;
  const most = Math.max(0, ...sides.client.samples.map(({ open }) => open));
  const lines = [
    '# Soak', '', `${describe(options)}.`, '',
    `${count(counts.sessions)} connections opened and closed in ${count(seconds)} s ` +
      `(${count(counts.sessions / seconds)}/s), up to ${count(most)} open at once; ` +
      `${megabytes(counts.bytes)} compared byte by byte.`, '',
    '| sessions | |', '| --- | ---: |',
    `| ended by both sides, all bytes there | ${count(counts.clean)} |`,
    `| aborted by one side | ${count(counts.aborted)} |`,
    `| ended by a timeout | ${count(counts.timedOut)} |`,
    `| left before the server knew which one it was | ${count(counts.unaccepted)} |`,
    `| errors seen in aborted ones | ${Object.entries(codes).map(([code, n]) => `${code} ${count(n)}`).join(', ')} |`,
    `| problems | ${count(counts.problems)} |`, '',
    '| process | descriptors before, after | RSS before, highest, after | RSS | external | ArrayBuffers | ' +
      'left active | exit |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |',
  ];
  for (const [name, { after, before, end, handles, samples }] of Object.entries(sides)) {
    const { arrayBuffers, external, rss } = verdict.slopes[name];
    const highest = Math.max(0, ...samples.map((one) => one.rss));
    lines.push(`| ${name} | ${before?.fds}, ${after?.fds} | ${megabytes(before?.rss ?? 0)}, ${megabytes(highest)}, ` +
      `${megabytes(after?.rss ?? 0)} | ${slope(rss)} | ${slope(external)} | ${slope(arrayBuffers)} | ` +
      `${[...new Set(handles)].join(', ')} | ${end.signal ?? end.code} |`);
  }
  const few = counts.sessions < ENOUGH ? ' (too few connections to judge)' : '';
  lines.push('', 'RSS, external and ArrayBuffers: fitted slope over the second half, for each 100,000 connections' +
    `${few}. Left active: the channel to this program.`, '',
  verdict.faults.length === 0 ? 'Everything adds up.' : `**Does not add up:** ${verdict.faults.join('; ')}`, '');
  return lines.join('\n');
}

/**
 * @param {import('./run').Outcome} outcome
 * @param {string} about what ran
 * @returns {string} SVG: what both processes took over the time
 */
function plot({ rate, sides }, about) {
  const all = [...sides.client.samples, ...sides.server.samples];
  const start = all.reduce((least, { time }) => Math.min(least, time), Infinity);
  const seconds = Math.max(1, (all.reduce((most, { time }) => Math.max(most, time), 0) - start) / 1000);
  const of = (side, value) => sides[side].samples.map((one) => [(one.time - start) / 1000, value(one)]);
  const both = (value) => ({ client: of('client', value), server: of('server', value) });
  const external = ({ external: bytes }) => bytes / 1e6;
  const memory = {
    ...both(({ rss }) => rss / 1e6),
    'client external': of('client', external),
    'server external': of('server', external),
  };
  const ended = rates(rate.map(([time, done]) => [(time - start) / 1000, done]));
  return renderPlot([
    { title: 'Memory (RSS) and external memory, MB', lines: memory },
    { title: 'Open connections', lines: both(({ open }) => open) },
    { title: 'Descriptors', lines: both(({ fds }) => fds) },
    { title: 'Connections ended, 1/s', lines: { client: ended } },
  ], seconds, about);
}

/**
 * Write the files of a report.
 *
 * @param {{markdown: string, results: object, svg: string}} report
 * @param {import('./args').Options} options
 * @returns {string[]} the files
 */
function writeFiles({ markdown, results, svg }, options) {
  const json = `${JSON.stringify(results, null, 1)}\n`;
  fs.mkdirSync(options.out, { recursive: true });
  const files = [];
  const write = (file, text) => {
    fs.writeFileSync(file, text);
    files.push(file);
  };
  write(path.join(options.out, 'report.md'), `${markdown}\n![What it took](plot.svg)\n`);
  write(path.join(options.out, 'report.json'), json);
  write(path.join(options.out, 'plot.svg'), svg);
  if (options.json) write(path.resolve(options.json), json);
  return files;
}

/**
 * Make and write the report of a run.
 *
 * @param {import('./run').Outcome} outcome
 * @param {import('./judge').Verdict} verdict
 * @param {import('./args').Options} options
 * @returns {{markdown: string, files: string[]}}
 */
function writeReport(outcome, verdict, options) {
  const markdown = render(outcome, verdict, options);
  const about = describe(options);
  const results = { about, options, ...outcome, ...verdict };
  return { markdown, files: writeFiles({ markdown, results, svg: plot(outcome, about) }, options) };
}

module.exports = { describe, slope, writeFiles, writeReport };
