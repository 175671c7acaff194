'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { CACHE, ROOT } = require('../paths');
const { SCENARIOS } = require('../scenarios');
const { renderChart } = require('./chart');
const { summarize } = require('./summary');
const { renderMarkdown } = require('./table');

/** Where the results go if nothing is said. */
const DEFAULT_JSON = path.join(CACHE, 'last', 'results.json');
const DOCUMENT = path.join(ROOT, 'docs', 'performance.md');
const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/**
 * The results as they are kept in a file.
 * @typedef {object} Results
 * @property {import('../machine').Machine} machine
 * @property {string} base
 * @property {{id: string, title: string}[]} peers
 * @property {Record<string, import('../schedule').Outcome>} outcomes by scenario
 */

/**
 * Adds to new results what only older ones have. A scenario is taken over whole: turns of different runs are
 * not
 * compared with one another.
 * @param {Results} results
 * @param {Results} older
 * @returns {Results}
 */
function mergeResults(results, older) {
  const known = new Set(results.peers.map(({ id }) => id));
  const taken = Object.keys(older.outcomes).some((id) => !results.outcomes[id]);
  const { text: own } = results.machine;
  const text = taken ? `${own}\n\nThe other rows: ${older.machine.text}` : own;
  return {
    ...results,
    machine: { ...results.machine, text },
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
  const scenarios = SCENARIOS.filter(({ id }) => results.outcomes[id]);
  const summaries = {};
  for (const { id } of scenarios) summaries[id] = summarize(results.outcomes[id], results.base);
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
  const charts = [
    { file: 'chart.svg', title: 'Times better than the built-in net', suite: false },
    { file: 'chart-node.svg', title: 'Node\'s own benchmark/net: times the built-in', suite: true },
  ];
  return charts.filter(({ file, title, suite }) => {
    const scenarios = report.scenarios.filter(({ kind }) => (kind === 'suite') === suite);
    const svg = renderChart(report, scenarios, title);
    if (svg) write(path.join(folder, file), svg);
    return svg !== undefined;
  });
}

/**
 * Writes results as JSON, with charts and a table beside it.
 * @param {Results} results
 * @param {string} [json] the file
 * @returns {{report: import('./table').Report, markdown: string, files: string[]}}
 */
function writeReport(results, json = DEFAULT_JSON) {
  const report = makeReport(results);
  const folder = path.dirname(path.resolve(json));
  const markdown = renderMarkdown(report);
  const table = path.join(folder, 'table.md');
  const { machine, base, peers, outcomes, summaries } = report;
  write(json, `${JSON.stringify({ machine, base, peers, outcomes, summaries }, null, 1)}\n`);
  write(table, markdown);
  const charts = writeCharts(report, folder).map(({ file }) => path.join(folder, file));
  return { report, markdown, files: [path.resolve(json), table, ...charts] };
}

/**
 * Puts the table and the charts into docs/performance.md, between its two marks.
 * @param {import('./table').Report} report
 * @param {string} markdown
 * @throws {Error} if the marks are missing
 */
function publish(report, markdown) {
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md lacks the marks ${BEGIN} and ${END}`);
  const charts = writeCharts(report, path.join(path.dirname(DOCUMENT), 'performance'));
  const images = charts.map(({ file, title }) => `![${title}](performance/${file})`).join('\n\n');
  const body = `${BEGIN}\n\n${images}\n\n${markdown}\n${END}`;
  write(DOCUMENT, text.slice(0, begin) + body + text.slice(end + END.length));
}

module.exports = { mergeResults, writeReport, publish };
