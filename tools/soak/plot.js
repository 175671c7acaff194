'use strict';

const { drawing, escape, label } = require('../lib/svg');

const WIDTH = 900;
const LEFT = 70;
const RIGHT = 110;
const TOP = 50;
const PANEL = 130;
const GAP = 34;
const COLORS = {
  client: '#c2410c', server: '#3b6ea5', threads: '#c2410c', 'client external': '#fb923c', 'server external': '#93c5fd',
};

/**
 * The smallest round number above a value.
 *
 * @param {number} value
 * @returns {number} 1, 2 or 5 times a power of ten
 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 2, 5, 10].find((factor) => factor * power >= value) * power;
}

/**
 * @typedef {object} Panel
 * @property {string} title with the unit
 * @property {Record<string, [time: number, value: number][]>} lines by name; times in seconds
 */

/**
 * One diagram.
 *
 * @param {Panel} panel
 * @param {number} top
 * @param {number} seconds at the right edge
 * @returns {string} SVG
 */
function renderPanel({ title, lines }, top, seconds) {
  const points = Object.values(lines).flat();
  const highest = roundUp(points.reduce((most, [, value]) => Math.max(most, value), 0) || 1);
  const x = (time) => (LEFT + time / seconds * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value) => (top + PANEL - value / highest * PANEL).toFixed(1);
  const parts = [`<text x="${LEFT}" y="${top - 8}">${escape(title)}</text>`];
  for (const share of [0, 0.5, 1]) {
    const height = y(highest * share);
    parts.push(`<path d="M${LEFT} ${height}H${WIDTH - RIGHT}" stroke="#e5e7eb"/>`,
      label(LEFT - 6, Number(height) + 4, (highest * share).toLocaleString('en'), 'end'));
  }
  let line = top + 10;
  for (const [name, values] of Object.entries(lines)) {
    const path = values.map(([time, value], index) => `${index ? 'L' : 'M'}${x(time)} ${y(value)}`).join('');
    if (path) parts.push(`<path d="${path}" fill="none" stroke="${COLORS[name]}" stroke-width="1.3"/>`);
    parts.push(`<text class="small" x="${WIDTH - RIGHT + 8}" y="${line}" style="fill:${COLORS[name]}">${name}</text>`);
    line += 14;
  }
  return parts.join('\n');
}

/**
 * How many of a thing came in each second.
 *
 * @param {[time: number, done: number][]} counts in seconds, and how many there were by then
 * @returns {[time: number, rate: number][]} over about a hundredth of the run each
 */
function rates(counts) {
  const step = Math.max(1, Math.floor(counts.length / 100));
  const result = [];
  for (let i = step; i < counts.length; i += step) {
    const [from, to] = [counts[i - step], counts[i]];
    if (to[0] > from[0]) result.push([to[0], (to[1] - from[1]) / (to[0] - from[0])]);
  }
  return result;
}

/**
 * Draw diagrams over one another, with one time axis.
 *
 * @param {Panel[]} panels
 * @param {number} seconds at the right edge
 * @param {string} about what ran
 * @returns {string} SVG
 */
function renderPlot(panels, seconds, about) {
  const height = TOP + panels.length * (PANEL + GAP) + 10;
  const bottom = height - GAP - 10;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = LEFT + share * (WIDTH - LEFT - RIGHT);
    return label(at, bottom + 16, `${Math.round(seconds * share).toLocaleString('en')} s`, 'middle');
  });
  return drawing(WIDTH, height, [
    `<text x="20" y="20">${escape(about)}</text>`,
    ...panels.map((panel, index) => renderPanel(panel, TOP + index * (PANEL + GAP), seconds)),
    ...ticks,
  ]);
}

module.exports = { rates, renderPlot };
