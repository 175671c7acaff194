'use strict';

const { METRICS, formatMetric, formatNumber, formatRatio } = require('./format');
const { findWorse, judge } = require('./summary');

/** A load that was busy for more than this part of the time may have been the slow end. */
const FULL = 0.95;

/**
 * Everything that a run knows.
 * @typedef {object} Report
 * @property {import('../machine').Machine} machine
 * @property {string} suite
 * @property {import('../peers').PeerFacts[]} peers
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
 * The columns of a table: the peers that took part in one of its rows.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @param {(peer: import('../peers').PeerFacts) => boolean} isShown
 * @returns {import('../peers').PeerFacts[]}
 */
function columns({ peers, outcomes }, scenarios, isShown) {
  return peers.filter((peer) => isShown(peer) && scenarios.some(({ id }) => outcomes[id].results[peer.id]));
}

/** The columns of most tables: those with the run's own congestion control. */
const usual = ({ congestion }) => congestion === undefined;

/** The same without the built-in's second run. */
const once = (peer) => usual(peer) && peer.kind !== 'again';

/**
 * A ratio with its spread.
 * @param {import('./summary').Ratio} ratio
 * @param {string} [mark] around the median
 * @returns {string}
 */
function spreadOf({ median, least, most }, mark = '') {
  return `${mark}${formatRatio(median)}${mark} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

/**
 * A peer's cell: its median, and for others than the built-in the ratio.
 * @param {Report} report
 * @param {import('../scenarios').Scenario} scenario
 * @param {import('../peers').PeerFacts} peer
 * @param {string} metric
 * @returns {string}
 */
function cell(report, scenario, { id, base }, metric) {
  const summary = report.summaries[scenario.id]?.[id];
  if (!summary) return report.outcomes[scenario.id]?.failures[id] ? 'fails' : '';
  const value = formatMetric(scenario, metric, summary.medians[metric]);
  const ratio = summary.ratios[metric];
  return id === base || !ratio ? value : `${value} (${formatRatio(ratio.median)})`;
}

/**
 * A peer's cell in the main table: for rsnet with the ratio's spread, the ratio of processor time, and both of the best
 * turns, for the built-in's second run with these alone.
 * @param {Report} report
 * @param {import('../scenarios').Scenario} scenario
 * @param {import('../peers').PeerFacts} peer
 * @returns {string}
 */
function mainCell(report, scenario, peer) {
  const metric = scenario.metric ?? 'rate';
  const summary = report.summaries[scenario.id]?.[peer.id];
  const ratio = summary?.ratios[metric];
  if (!ratio || !['rsnet', 'again'].includes(peer.kind)) return cell(report, scenario, peer, metric);
  const { cpu } = summary.ratios;
  const rest = `CPU ${formatRatio(cpu?.median)}; best ${formatRatio(ratio.best)}, CPU ${formatRatio(cpu?.best)}`;
  if (peer.kind === 'again') return `${spreadOf(ratio)}, ${rest}`;
  const value = formatMetric(scenario, metric, summary.medians[metric]);
  return `${value}, ${spreadOf(ratio, '**')}, ${rest}`;
}

/**
 * The targets of a scenario, each with whether rsnet reached it, Node by Node.
 * @param {Report} report
 * @param {import('../scenarios').Scenario} scenario
 * @param {import('../peers').PeerFacts[]} shown
 * @returns {string}
 */
function targets(report, scenario, shown) {
  const verdicts = shown.filter(({ kind }) => kind === 'rsnet')
    .map((peer) => ({ node: peer.node, found: judge(scenario, report.summaries, peer) }));
  return scenario.targets.map((_, index) => {
    const parts = verdicts.filter(({ found }) => found[index].reached !== undefined)
      .map(({ node, found }) => `${node} ${found[index].reached === 'no' ? '**no**' : found[index].reached}`);
    const text = verdicts[0]?.found[index].text ?? '';
    return parts.length > 0 ? `${text}: ${parts.join(', ')}` : text;
  }).join('; ');
}

/**
 * The main table: what each scenario is compared by.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @param {(peer: import('../peers').PeerFacts) => boolean} [isShown]
 * @returns {string}
 */
function rateTable(report, scenarios, isShown = usual) {
  const shown = columns(report, scenarios, isShown);
  // Targets are for the run's own congestion control.
  const judged = shown.every(usual);
  const head = [report.suite === 'programs' ? 'program' : 'scenario', ...shown.map(({ title }) => title)];
  const rows = scenarios.map((scenario) => [
    scenario.title,
    ...shown.map((peer) => mainCell(report, scenario, peer)),
    ...judged ? [targets(report, scenario, shown)] : [],
  ]);
  return markdown(judged ? [...head, 'target'] : head, rows);
}

/**
 * A table of some metrics, each a row for the scenarios that have it.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @param {[string, string][]} metrics id and what to call it
 * @returns {string}
 */
function metricTable(report, scenarios, metrics) {
  const shown = columns(report, scenarios, once);
  const rows = [];
  for (const scenario of scenarios) {
    for (const [metric, name] of metrics) {
      if (metric === 'mean' && scenario.metric !== 'mean') continue;
      const cells = shown.map((peer) => cell(report, scenario, peer, metric));
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
 * Says where rsnet is worse than the built-in.
 * @param {Report} report
 * @returns {string[]}
 */
function worse({ scenarios, summaries, peers }) {
  const lines = [];
  for (const scenario of scenarios) {
    for (const peer of peers.filter(({ kind }) => kind === 'rsnet').filter(usual)) {
      const found = findWorse(scenario, summaries, peer)
        .map(({ metric, ratio }) => `${METRICS[metric].name} ${spreadOf(ratio)}`);
      if (found.length > 0) lines.push(`${scenario.title}, Node ${peer.node}: ${found.join(', ')}`);
    }
  }
  return lines;
}

/** What the sections are called: each heading occurs once in the document. */
const HEADINGS = {
  net: {
    rate: 'Results', latency: 'Latency', usage: 'Processor time and peak memory of the program under test',
    suite: 'Node\'s own benchmark/net', suiteUsage: 'Node\'s own benchmark/net: processor time and peak memory',
    bulk: 'Bulk', behind: 'Behind the built-in', busy: 'Held back by the load',
  },
  programs: {
    rate: 'Programs: rate and processor time', latency: 'Programs: latency',
    usage: 'Programs: processor time and peak memory', suite: 'Programs: Node\'s own benchmark/net',
    suiteUsage: 'Programs: processor time and peak memory of benchmark/net', bulk: 'Programs: bulk',
    behind: 'Programs behind the built-in', busy: 'Programs held back by the load',
  },
};

/**
 * The tables of scenarios that are no files of Node's benchmark.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @returns {string[]}
 */
function ownTables(report, scenarios) {
  if (scenarios.length === 0) return [];
  const latencies = scenarios.filter(({ latency }) => latency);
  const memory = scenarios.filter(({ metric }) => metric === 'memory');
  const names = HEADINGS[report.suite];
  const parts = [`### ${names.rate}`, rateTable(report, scenarios)];
  if (latencies.length > 0) {
    parts.push(`### ${names.latency}`, metricTable(report, latencies, [
      ['mean', 'mean'], ['p50', 'p50'], ['p99', 'p99'], ['beside', 'transfer beside it'],
    ]));
  }
  parts.push(`### ${names.usage}`,
    metricTable(report, scenarios, [['cpu', 'CPU'], ['peak', 'peak memory']]));
  if (memory.length > 0) {
    parts.push('### Accepting idle connections',
      metricTable(report, memory, [['acceptMs', 'time to accept']]));
  }
  return parts;
}

/**
 * The tables of Node's own benchmark.
 * @param {Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @returns {string[]}
 */
function suiteTables(report, scenarios) {
  if (scenarios.length === 0) return [];
  const names = HEADINGS[report.suite];
  return [`### ${names.suite}`, rateTable(report, scenarios), `### ${names.suiteUsage}`,
    metricTable(report, scenarios, [['cpu', 'CPU'], ['peak', 'peak memory']])];
}

/**
 * The tables of rows that ran with another congestion control, too, one for each.
 * @param {Report} report
 * @returns {string[]}
 */
function congestionTables(report) {
  const names = new Set(report.peers.map(({ congestion }) => congestion).filter((name) => name !== undefined));
  return [...names].flatMap((name) => {
    const ids = report.peers.filter(({ congestion }) => congestion === name).map(({ id }) => id);
    const scenarios = report.scenarios.filter(({ id }) => ids.some((peer) => report.outcomes[id].results[peer]));
    if (scenarios.length === 0) return [];
    const heading = `### ${HEADINGS[report.suite].bulk} with ${name.toUpperCase()}`;
    return [heading, rateTable(report, scenarios, ({ id }) => ids.includes(id))];
  });
}

/**
 * The whole report as Markdown, with headings of the third level.
 * @param {Report} report
 * @returns {string}
 */
function renderMarkdown(report) {
  const parts = [
    report.machine.text,
    ...ownTables(report, report.scenarios.filter(({ kind }) => kind !== 'suite')),
    ...suiteTables(report, report.scenarios.filter(({ kind }) => kind === 'suite')),
    ...congestionTables(report),
  ];
  const behind = worse(report);
  if (behind.length > 0) {
    parts.push(`### ${HEADINGS[report.suite].behind}`,
      'In these rows rsnet has a lower rate or needs more processor time, by more than the built-in ever differed ' +
        'from itself, or its peak memory is more than 1.1x.',
      behind.map((line) => `- ${line}`).join('\n'));
  }
  const busy = busyLoad(report);
  if (busy.length > 0) {
    parts.push(`### ${HEADINGS[report.suite].busy}`,
      'In these rows the load had no time left, so the true figure may be higher: there processor time tells more.',
      busy.map((line) => `- ${line}`).join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

module.exports = { renderMarkdown };
