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
 * @property {number} best of its best turn and the built-in's best one
 */

/**
 * What came out for one peer in one scenario: the median of each metric over the turns, and its ratio to the
 * built-in.
 * @typedef {object} PeerSummary
 * @property {Record<string, number>} medians
 * @property {Record<string, Ratio>} ratios
 * @property {number} [loadBusy] median of how busy the load was
 */

/** Undefined if it was not measured. @typedef {'yes'|'no'|'within noise'|undefined} Verdict */

/**
 * @typedef {object} TargetSummary
 * @property {string} text
 * @property {Verdict} reached
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
  const own = [];
  const other = [];
  for (let turn = 0; turn < Math.min(results.length, base.length); turn++) {
    const ratio = results[turn]?.[metric] / base[turn]?.[metric];
    if (!Number.isFinite(ratio)) continue;
    ratios.push(ratio);
    own.push(results[turn][metric]);
    other.push(base[turn][metric]);
  }
  if (ratios.length === 0) return undefined;
  const best = METRICS[metric].less ? Math.min : Math.max;
  return {
    median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios), best: best(...own) / best(...other),
  };
}

/**
 * Sums up one scenario.
 * @param {import('../schedule').Outcome} outcome
 * @param {import('../peers').PeerFacts[]} peers
 * @returns {Record<string, PeerSummary>} by peer
 */
function summarize(outcome, peers) {
  const summaries = {};
  for (const { id, base } of peers) {
    const good = outcome.results[id]?.filter((result) => result !== null) ?? [];
    if (good.length === 0) continue;
    const summary = { medians: {}, ratios: {} };
    for (const metric of Object.keys(METRICS)) {
      const values = good.map((result) => result[metric]).filter(Number.isFinite);
      if (values.length > 0) summary.medians[metric] = median(values);
      const ratio = ratioOf(outcome.results[id], outcome.results[base] ?? [], metric);
      if (ratio) summary.ratios[metric] = ratio;
    }
    const busy = good.map((result) => result.loadBusy).filter(Number.isFinite);
    if (busy.length > 0) summary.loadBusy = median(busy);
    summaries[id] = summary;
  }
  return summaries;
}

/**
 * Whether a ratio is as good as wanted. What should be no worse than the built-in is so, too, where the built-in
 * compared with itself is as far off.
 * @param {Ratio|undefined} ratio
 * @param {Ratio|undefined} noise the built-in compared with itself
 * @param {import('../scenarios').Target} target
 * @returns {Verdict}
 */
function judgeRatio(ratio, noise, { atLeast, atMost }) {
  if (ratio === undefined) return undefined;
  if (atLeast !== undefined) {
    if (ratio.median >= atLeast) return 'yes';
    return atLeast === 1 && ratio.median >= noise?.least ? 'within noise' : 'no';
  }
  if (ratio.median <= atMost) return 'yes';
  return atMost === 1 && ratio.median <= noise?.most ? 'within noise' : 'no';
}

/**
 * The built-in compared with itself, on the Node of a peer.
 * @param {Record<string, PeerSummary>|undefined} summaries of one scenario
 * @param {import('../peers').PeerFacts} peer
 * @returns {PeerSummary|undefined}
 */
function noiseOf(summaries, { node }) {
  return summaries?.[`again-${node}`];
}

/**
 * Says whether a scenario's targets were reached by a peer.
 * @param {import('../scenarios').Scenario} scenario
 * @param {Record<string, Record<string, PeerSummary>>} summaries by scenario and peer
 * @param {import('../peers').PeerFacts} peer
 * @returns {TargetSummary[]}
 */
function judge(scenario, summaries, peer) {
  const { id } = peer;
  const own = summaries[scenario.id]?.[id];
  return scenario.targets.map((target) => {
    const metric = target.metric ?? scenario.metric ?? 'rate';
    const name = metric === 'rate' ? '' : `${METRICS[metric].name} `;
    if (target.atLeastPeer) {
      const value = own?.medians[metric];
      const other = summaries[scenario.id]?.[target.atLeastPeer]?.medians[metric];
      const reached = value >= other ? 'yes' : 'no';
      const isKnown = value !== undefined && other !== undefined;
      return { text: `at least ${target.atLeastPeer}`, reached: isKnown ? reached : undefined };
    }
    if (target.ofScenario) {
      const ratio = own?.medians[metric] / summaries[target.ofScenario]?.[id]?.medians[metric];
      const reached = ratio <= target.atMost ? 'yes' : 'no';
      const text = `${name}at most ${target.atMost}x that of ${target.ofScenario}`;
      return { text, reached: Number.isFinite(ratio) ? reached : undefined };
    }
    const { atLeast, atMost } = target;
    const text = `${name}${atLeast === undefined ? `at most ${atMost}` : atLeast}x`;
    const noise = noiseOf(summaries[scenario.id], peer)?.ratios[metric];
    return { text, reached: judgeRatio(own?.ratios[metric], noise, target) };
  });
}

/** What holds for each scenario beside its own targets. */
const GENERAL = [
  { metric: 'rate', atLeast: 1 },
  { metric: 'cpu', atMost: 1 },
  { metric: 'peak', atMost: 1.1 },
];

/**
 * In what a peer is worse than the built-in, beyond what the built-in differs from itself.
 * @param {import('../scenarios').Scenario} scenario
 * @param {Record<string, Record<string, PeerSummary>>} summaries by scenario and peer
 * @param {import('../peers').PeerFacts} peer
 * @returns {{metric: string, ratio: Ratio}[]}
 */
function findWorse(scenario, summaries, peer) {
  const own = summaries[scenario.id]?.[peer.id];
  const noise = noiseOf(summaries[scenario.id], peer);
  return GENERAL.filter((target) => {
    const { metric } = target;
    return judgeRatio(own?.ratios[metric], noise?.ratios[metric], target) === 'no';
  }).map(({ metric }) => ({ metric, ratio: own.ratios[metric] }));
}

module.exports = { median, summarize, judge, findWorse };
