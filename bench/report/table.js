'use strict';

const { formatMetric, formatNumber, formatRatio } = require('./format');
const { judge } = require('./summary');

/** A load that was busy for more than this part of the time may have been the slow end. */
const FULL = 0.95;

/**
 * Everything that a run knows.
 * @typedef {object} Report
 * @property {import('../machine').Machine} machine
 * @property {string} base id of the peer that the others are compared with
 * @property {{id: string, title: string}[]} peers
 * @property {import('../scenarios').Scenario[]} scenarios
 * @property {Record<string, import('../schedule').Outcome>} outcomes by scenario
 * @property {Record<string, Record<string, import('./summary').PeerSummary>>} summaries by scenario and peer
 */

/**
 * A Markdown table.
 * @param {string[]} head
 * @param {string[][]} rows
 * @returns {string}
 */
function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * The peers in the order of the columns: the built-in first.
 * @param {Report} report
 * @returns {{id: string, title: string}[]}
 */
function columns({ peers, base }) {
  return [...peers.filter(({ id }) => id === base), ...peers.filter(({ id }) => id !== base)];
}

/**
 * A peer's cell: its median, and for others than the built-in the ratio with its spread.
 * @param {Report} report
 * @param {import('../scenarios').Scenario} scenario
 * @param {string} id
 * @param {string} metric
 * @param {boolean} spread
 * @returns {string}
 */
function cell(report, scenario, id, metric, spread) {
  const summary = report.summaries[scenario.id]?.[id];
  if (!summary) return report.outcomes[scenario.id]?.failures[id] ? 'fails' : '';
  const value = formatMetric(scenario, metric, summary.medians[metric]);
  const ratio = summary.ratios[metric];
  if (id === report.base || !ratio) return value;
  if (!spread) return `${value} (${formatRatio(ratio.median)})`;
  return `${value}, **${formatRatio(ratio.median)}** (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`;
}

/**
 * The targets of a scenario, each with whether rsnet reached it.
 * @param {Report} report
 * @param {import('../scenarios').Scenario} scenario
 * @returns {string}
 */
function targets(report, scenario) {
  return judge(scenario, report.summaries, 'rsnet').map(({ text, reached }) => {
    if (reached === undefined) return text;
    return reached ? `${text}: yes` : `${text}: **no**`;
  }).join('; ');
}

/**
 * The main table: what each scenario is compared by.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @returns {string}
 */
function rateTable(report, scenarios) {
  const shown = columns(report);
  return markdown(
    ['scenario', ...shown.map(({ title }) => title), 'target'],
    scenarios.map((scenario) => [
      scenario.title,
      ...shown.map(({ id }) => cell(report, scenario, id, scenario.metric ?? 'rate', id === 'rsnet')),
      targets(report, scenario),
    ]),
  );
}

/**
 * A table of some metrics, each a row for the scenarios that have it.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @param {[string, string][]} metrics id and what to call it
 * @returns {string}
 */
function metricTable(report, scenarios, metrics) {
  const shown = columns(report);
  const rows = [];
  for (const scenario of scenarios) {
    for (const [metric, name] of metrics) {
      if (metric === 'mean' && scenario.metric !== 'mean') continue;
      const cells = shown.map(({ id }) => cell(report, scenario, id, metric, false));
      if (cells.some((text) => text && text !== '-' && text !== 'fails')) {
        rows.push([scenario.title, name, ...cells]);
      }
    }
  }
  return markdown(['scenario', '', ...shown.map(({ title }) => title)], rows);
}

/**
 * Says which rows were held back by the load, so that they tell too little.
 * @param {Report} report
 * @returns {string[]}
 */
function busyLoad({ scenarios, summaries, peers }) {
  const lines = [];
  for (const scenario of scenarios) {
    for (const { id, title } of peers) {
      const busy = summaries[scenario.id]?.[id]?.loadBusy;
      if (busy > FULL) lines.push(`${scenario.title}, ${title}: ${formatNumber(busy * 100)}% busy`);
    }
  }
  return lines;
}

/**
 * The whole report as Markdown, with headings of the third level.
 * @param {Report} report
 * @returns {string}
 */
function renderMarkdown(report) {
  const own = report.scenarios.filter(({ kind }) => kind !== 'suite');
  const node = report.scenarios.filter(({ kind }) => kind === 'suite');
  const parts = [report.machine.text];
  if (own.length > 0) {
    const latencies = own.filter(({ latency }) => latency);
    const memory = own.filter(({ metric }) => metric === 'memory');
    parts.push('### Results', rateTable(report, own));
    if (latencies.length > 0) {
      parts.push('### Latency', metricTable(report, latencies, [
        ['mean', 'mean'], ['p50', 'p50'], ['p99', 'p99'], ['beside', 'transfer beside it'],
      ]));
    }
    parts.push('### Processor time and peak memory of the program under test',
      metricTable(report, own, [['cpu', 'CPU'], ['peak', 'peak memory']]));
    if (memory.length > 0) {
      parts.push('### Accepting idle connections',
        metricTable(report, memory, [['acceptMs', 'time to accept']]));
    }
  }
  if (node.length > 0) {
    parts.push('### Node\'s own benchmark/net', rateTable(report, node),
      '### Node\'s own benchmark/net: processor time and peak memory',
      metricTable(report, node, [['cpu', 'CPU'], ['peak', 'peak memory']]));
  }
  const busy = busyLoad(report);
  if (busy.length > 0) {
    parts.push('### Held back by the load',
      'In these rows the load had no time left, so the true figure may be higher.',
      busy.map((line) => `- ${line}`).join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

module.exports = { renderMarkdown };
