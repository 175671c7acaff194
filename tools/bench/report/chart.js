'use strict';

const { drawing, escape, label: smallText } = require('../../lib/svg');
const { METRICS, formatMetric, formatRatio } = require('./format');

const WIDTH = 900;
const LEFT = 330;
const RIGHT = 190;
const TOP = 66;
const BAR = 12;
const GAP = 12;
/** Letters of a title that fit into one line, and how far apart lines are. */
const LETTERS = 46;
const LINE = 14;
/** Ratios beyond this are cut off at the chart's edge; the label tells them. */
const MOST = 6;

/** Colours by kind; where there are several, by Node. */
const COLORS = {
  rsnet: ['#c2410c', '#f59e0b', '#7c2d12'],
  'rsnet-uv': ['#ea580c', '#fdba74'],
  'rsnet-tokio': ['#be185d', '#f472b6'],
  'rsnet-bun': ['#a16207'],
  'rsnet-deno': ['#ca8a04'],
  bun: ['#8b5e83'],
  deno: ['#3b6ea5'],
  limit: ['#9ca3af'],
};

/** Where the built-in compared with itself lies. */
const NOISE = '#d1d5db';

/**
 * How many times better than the built-in, with its spread: for what should be small, the other way round.
 * @param {import('./summary').Ratio} ratio
 * @param {string} metric
 * @returns {import('./summary').Ratio}
 */
function better(ratio, metric) {
  if (!METRICS[metric].less) return ratio;
  return { median: 1 / ratio.median, least: 1 / ratio.most, most: 1 / ratio.least, best: 1 / ratio.best };
}

/**
 * A scenario's title beside its bars, in as many lines as it needs.
 * @param {string} title
 * @param {number} middle height of its middle
 * @returns {string} SVG
 */
function caption(title, middle) {
  const lines = [];
  for (const word of title.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length === 0 || longer.length > LETTERS) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  const top = middle + 4 - ((lines.length - 1) * LINE) / 2;
  return lines.map((line, index) =>
    `<text x="${LEFT - 10}" y="${top + index * LINE}" text-anchor="end">${escape(line)}</text>`).join('');
}

/**
 * The peers that get bars: not the built-in, which is 1x.
 * @param {import('../peers').PeerFacts[]} peers
 * @returns {(import('../peers').PeerFacts & {color: string})[]}
 */
function drawn(peers) {
  const counts = {};
  return peers.filter(({ kind, congestion }) => COLORS[kind] && congestion === undefined).map((peer) => {
    const colors = COLORS[peer.kind];
    counts[peer.kind] = (counts[peer.kind] ?? 0) + 1;
    return { ...peer, color: colors[(counts[peer.kind] - 1) % colors.length] };
  });
}

/**
 * One bar.
 * @typedef {object} Bar
 * @property {string} color
 * @property {import('./summary').Ratio} ratio
 * @property {import('./summary').Ratio} [noise] the built-in compared with itself
 * @property {string} label
 */

/**
 * The bars of one scenario.
 * @param {import('./table').Report} report
 * @param {import('../scenarios').Scenario} scenario
 * @returns {Bar[]}
 */
function barsOf({ summaries, peers }, scenario) {
  const metric = scenario.metric ?? 'rate';
  const found = summaries[scenario.id];
  const bars = [];
  for (const { id, node, color } of drawn(peers)) {
    const ratio = found?.[id]?.ratios[metric];
    if (!ratio) continue;
    const name = metric === 'rate' ? '' : `${METRICS[metric].name} `;
    const value = name + formatMetric(scenario, metric, found[id].medians[metric]);
    const shown = better(ratio, metric);
    const noise = found[`again-${node}`]?.ratios[metric];
    bars.push({
      color, ratio: shown, noise: noise && better(noise, metric), label: `${value}, ${formatRatio(shown.median)}`,
    });
  }
  return bars;
}

/**
 * Draws a chart: for each scenario a bar for each peer, as long as it is better than the built-in, with a thin line
 * from the worst to the best turn, and behind it the same of the built-in compared with itself.
 * @param {import('./table').Report} report
 * @param {import('../scenarios').Scenario[]} scenarios
 * @param {string} title
 * @returns {string|undefined} SVG; undefined if there is nothing to show
 */
function renderChart(report, scenarios, title) {
  const groups = scenarios
    .map((scenario) => ({ scenario, bars: barsOf(report, scenario) }))
    .filter(({ bars }) => bars.length > 0);
  if (groups.length === 0) return undefined;
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio.median)));
  const scale = Math.min(MOST, Math.max(2, Math.ceil(largest * 2) / 2));
  const x = (ratio) => LEFT + (Math.min(ratio, scale) / scale) * (WIDTH - LEFT - RIGHT);
  const parts = [];
  let y = TOP;
  for (const { scenario, bars } of groups) {
    parts.push(caption(scenario.title, y + (bars.length * BAR) / 2));
    for (const { color, ratio, noise, label } of bars) {
      const line = y + BAR / 2;
      const end = x(ratio.median);
      if (noise) {
        parts.push(`<rect x="${x(noise.least).toFixed(1)}" y="${y}" ` +
          `width="${(x(noise.most) - x(noise.least)).toFixed(1)}" height="${BAR}" fill="${NOISE}"/>`);
      }
      parts.push(
        `<rect x="${LEFT}" y="${y + 1}" width="${(end - LEFT).toFixed(1)}" height="${BAR - 2}" fill="${color}"/>`,
        `<path d="M${x(ratio.least).toFixed(1)} ${line}H${x(ratio.most).toFixed(1)}" stroke="#111827"/>`,
        smallText((Math.max(x(ratio.most), end) + 5).toFixed(1), y + BAR - 2, label),
      );
      y += BAR;
    }
    y += GAP;
  }
  const height = y + 24;
  const ticks = [];
  for (let tick = 0; tick <= scale; tick += scale > 3 ? 1 : 0.5) {
    const at = x(tick).toFixed(1);
    ticks.push(`<path d="M${at} ${TOP - 6}V${y}" stroke="${tick === 1 ? '#6b7280' : '#e5e7eb'}"/>`,
      smallText(at, y + 14, `${tick}x`, 'middle'));
  }
  let at = 20;
  const shown = drawn(report.peers).map(({ color, title: name }) => ({ color, name }));
  if (report.peers.some(({ kind }) => kind === 'again')) shown.push({ color: NOISE, name: 'built-in beside itself' });
  const legend = shown.map(({ color, name }) => {
    const text = `<rect x="${at}" y="36" width="10" height="10" fill="${color}"/>` +
      `<text x="${at + 14}" y="45">${escape(name)}</text>`;
    at += 28 + name.length * 6.4;
    return text;
  });
  const heading = `<text class="title" x="20" y="22">${escape(title)}</text>`;
  return drawing(WIDTH, height, [heading, ...legend, ...ticks, ...parts]);
}

module.exports = { renderChart };
