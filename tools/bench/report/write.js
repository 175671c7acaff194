'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { CACHE } = require('../paths');
const { SUITES } = require('../scenarios');
const { renderChart } = require('./chart');
const { DOCUMENT, putBetween } = require('./document');
const { summarize } = require('./summary');
const { renderMarkdown } = require('./table');

/** Where the results go if nothing is said. */
const DEFAULT_FOLDER = path.join(CACHE, 'last');

/** The charts of a suite. Those of Node's own benchmark have one of their own where they are most of a suite. */
const CHARTS = {
  net: [
    { name: 'chart', title: 'Times better than the built-in net', has: ({ kind }) => kind !== 'suite' },
    { name: 'chart-node', title: 'Node\'s own benchmark/net: times the built-in', has: ({ kind }) => kind === 'suite' },
  ],
  programs: [{ name: 'programs', title: 'Programs with rsnet registered: times the built-in', has: () => true }],
};

/**
 * When and where an outcome was measured.
 * @typedef {Pick<import('../machine').Machine, 'setting'|'date'|'load'>} Measured
 */

/**
 * The results as they are kept in a file.
 * @typedef {object} Results
 * @property {import('../machine').Machine} machine
 * @property {string} suite
 * @property {import('../peers').PeerFacts[]} peers
 * @property {Record<string, import('../schedule').Outcome & {measured: Measured}>} outcomes by scenario
 */

/**
 * @param {import('../machine').Machine} machine
 * @returns {Measured} what an outcome of that run is marked with
 */
function whenMeasured({ setting, date, load }) {
  return { setting, date, load };
}

/**
 * @param {Measured[]} rows of one setting
 * @returns {string} how many, when, and how busy the machine was
 */
function describeRows(rows) {
  const days = new Map();
  for (const { date, load } of rows) days.set(date, [...(days.get(date) ?? []), load]);
  return [...days].sort().map(([date, loads]) => {
    const bounds = new Set([Math.min(...loads), Math.max(...loads)].map((load) => load.toFixed(2)));
    return `${loads.length} on ${date} (load average before the start ${[...bounds].join(' to ')})`;
  }).join(', ');
}

/**
 * @param {string} setting of the new run
 * @param {Measured[]} rows that earlier runs have measured
 * @returns {string[]} a paragraph for each setting
 */
function describeEarlier(setting, rows) {
  return [...new Set(rows.map((row) => row.setting))].map((other) => {
    const text = describeRows(rows.filter((row) => row.setting === other));
    return `Other rows: ${text}${other === setting ? '' : `; ${other}`}.`;
  });
}

/**
 * Adds to new results what only older ones have. A scenario is taken over whole: turns of different runs are not
 * compared with one another.
 * @param {Results} results
 * @param {Results} older
 * @returns {Results}
 */
function mergeResults(results, older) {
  const known = new Set(results.peers.map(({ id }) => id));
  const taken = Object.values(older.outcomes).filter(({ id }) => !results.outcomes[id])
    .map(({ measured }) => measured ?? whenMeasured(older.machine));
  const { machine } = results;
  return {
    ...results,
    machine: { ...machine, text: [machine.text, ...describeEarlier(machine.setting, taken)].join('\n\n') },
    peers: [...results.peers, ...older.peers.filter(({ id }) => !known.has(id))],
    outcomes: { ...older.outcomes, ...results.outcomes },
  };
}

/**
 * Makes the report of some results.
 * @param {Results} results
 * @returns {import('./table').Report}
 */
function makeReport(results) {
  const scenarios = SUITES[results.suite].filter(({ id }) => results.outcomes[id]);
  const summaries = {};
  for (const { id } of scenarios) summaries[id] = summarize(results.outcomes[id], results.peers);
  return { ...results, scenarios, summaries };
}

/**
 * Writes a file and the folders it needs.
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

/**
 * Writes the charts.
 * @param {import('./table').Report} report
 * @param {string} folder
 * @returns {{file: string, title: string}[]} those there was something for
 */
function writeCharts(report, folder) {
  const written = [];
  for (const { name, title, has } of CHARTS[report.suite]) {
    const svg = renderChart(report, report.scenarios.filter(has), title);
    if (svg === undefined) continue;
    const file = `${name}.svg`;
    write(path.join(folder, file), svg);
    written.push({ file, title });
  }
  return written;
}

/**
 * Writes results as JSON, with charts and a table beside it.
 * @param {Results} results
 * @param {string} [json] the file
 * @returns {{report: import('./table').Report, markdown: string, files: string[]}}
 */
function writeReport(results, json = path.join(DEFAULT_FOLDER, `${results.suite}.json`)) {
  const report = makeReport(results);
  const folder = path.dirname(path.resolve(json));
  const markdown = renderMarkdown(report);
  const table = path.join(folder, `${path.basename(json, '.json')}.md`);
  const { machine, suite, peers, outcomes, summaries } = report;
  write(json, `${JSON.stringify({ machine, suite, peers, outcomes, summaries }, null, 1)}\n`);
  write(table, markdown);
  const charts = writeCharts(report, folder).map(({ file }) => path.join(folder, file));
  return { report, markdown, files: [path.resolve(json), table, ...charts] };
}

/**
 * Puts the table and the charts into docs/performance.md, between the two marks of the suite, and the results beside
 * the charts, so that a later run of some rows can take the others from there.
 * @param {import('./table').Report} report
 * @param {string} markdown
 * @returns {string} the document
 * @throws {Error} if the marks are missing
 */
function publish(report, markdown) {
  const folder = path.join(path.dirname(DOCUMENT), 'performance');
  const { machine, suite, peers, outcomes } = report;
  write(path.join(folder, `${suite}.json`), `${JSON.stringify({ machine, suite, peers, outcomes })}\n`);
  const charts = writeCharts(report, folder);
  const images = charts.map(({ file, title }) => `![${title}](performance/${file})`).join('\n\n');
  return putBetween(suite === 'net' ? 'bench' : suite, `${images}\n\n${markdown}`);
}

module.exports = { mergeResults, publish, whenMeasured, writeReport };
