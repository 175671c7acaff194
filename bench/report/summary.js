'use strict';

const { METRICS } = require('./format');

/**
 * The middle of some numbers.
 * @param {number[]} values
 * @returns {number} NaN if there are none
 */
function median(values) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * A peer compared with the built-in, turn by turn.
 * @typedef {object} Ratio
 * @property {number} median
 * @property {number} least
 * @property {number} most
 */

/**
 * What came out for one peer in one scenario: the median of each metric over the turns, and its ratio to the
 * built-in.
 * @typedef {object} PeerSummary
 * @property {Record<string, number>} medians
 * @property {Record<string, Ratio>} ratios
 * @property {number} [loadBusy] median of how busy the load was
 */

/**
 * @typedef {object} TargetSummary
 * @property {import('../scenarios').Target} target
 * @property {string} text
 * @property {boolean|undefined} reached undefined if it was not measured
 */

/**
 * The ratios of two peers in the same turns.
 * @param {(object|null)[]} results
 * @param {(object|null)[]} base
 * @param {string} metric
 * @returns {Ratio|undefined}
 */
function ratioOf(results, base, metric) {
  const ratios = [];
  for (let turn = 0; turn < Math.min(results.length, base.length); turn++) {
    const ratio = results[turn]?.[metric] / base[turn]?.[metric];
    if (Number.isFinite(ratio)) ratios.push(ratio);
  }
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/**
 * Sums up one scenario.
 * @param {import('../schedule').Outcome} outcome
 * @param {string} baseId the peer that the others are compared with
 * @returns {Record<string, PeerSummary>}
 */
function summarize(outcome, baseId) {
  const peers = {};
  for (const [id, results] of Object.entries(outcome.results)) {
    const good = results.filter((result) => result !== null);
    if (good.length === 0) continue;
    const summary = { medians: {}, ratios: {} };
    for (const metric of Object.keys(METRICS)) {
      const values = good.map((result) => result[metric]).filter(Number.isFinite);
      if (values.length > 0) summary.medians[metric] = median(values);
      const ratio = ratioOf(results, outcome.results[baseId] ?? [], metric);
      if (ratio) summary.ratios[metric] = ratio;
    }
    const busy = good.map((result) => result.loadBusy).filter(Number.isFinite);
    if (busy.length > 0) summary.loadBusy = median(busy);
    peers[id] = summary;
  }
  return peers;
}

/**
 * Says whether a scenario's targets were reached by a peer.
 * @param {import('../scenarios').Scenario} scenario
 * @param {Record<string, Record<string, PeerSummary>>} summaries by scenario and peer
 * @param {string} id the peer
 * @returns {TargetSummary[]}
 */
function judge(scenario, summaries, id) {
  const own = summaries[scenario.id]?.[id];
  return scenario.targets.map((target) => {
    const metric = target.metric ?? scenario.metric ?? 'rate';
    const name = metric === 'rate' ? '' : `${METRICS[metric].name} `;
    if (target.atLeastPeer) {
      const value = own?.medians[metric];
      const other = summaries[scenario.id]?.[target.atLeastPeer]?.medians[metric];
      const known = value !== undefined && other !== undefined;
      return { target, text: `at least ${target.atLeastPeer}`, reached: known ? value >= other : undefined };
    }
    if (target.ofScenario) {
      const ratio = own?.medians[metric] / summaries[target.ofScenario]?.[id]?.medians[metric];
      const reached = Number.isFinite(ratio) ? ratio <= target.atMost : undefined;
      return { target, text: `${name}at most ${target.atMost}x that of ${target.ofScenario}`, reached };
    }
    const ratio = own?.ratios[metric]?.median;
    const least = target.atLeast !== undefined;
    const text = `${name}${least ? '' : 'at most '}${least ? target.atLeast : target.atMost}x`;
    const reached = least ? ratio >= target.atLeast : ratio <= target.atMost;
    return { target, text, reached: ratio === undefined ? undefined : reached };
  });
}

module.exports = { median, summarize, judge };
