'use strict';

const { setCongestionControl } = require('./network');
const { KNOWN } = require('./peers');
const { STANDING_TURNS, Standing } = require('./standing');
const { runTurn } = require('./turn');

/** Failed turns after which a peer is not tried again in a scenario. */
const FAILURES = 2;

/** Turns of the peers that are there for orientation: other runtimes, another congestion control. */
const ORIENTATION = 3;

/**
 * Milliseconds by suite. After 0.4 s a program is not yet what it is in service: rsnet's https POST of 1 MB came to
 * 0.77x of the built-in then, and to 1.14x after 2 s. A web server has that in its second turn.
 */
const FULL = { net: { warm: 700, time: 2000 }, programs: { warm: 1500, time: 1000 } };
/** A client that measures itself keeps its connections from its warm-up. */
const SELF_WARM = 1000;
const QUICK = { warm: 300, time: 500 };
/** Node's own benchmark has no warm-up but what it measures, and more than 60 configurations. */
const SUITE_TIME = 1000;

/**
 * How long a scenario warms up and is measured.
 * @param {import('./scenarios').Scenario} scenario
 * @param {{suite: string, quick: boolean, time?: number}} options
 * @returns {import('./turn').Times}
 */
function timesOf(scenario, { suite, quick, time: asked }) {
  const { warm, time } = quick ? QUICK : FULL[suite];
  const own = quick ? scenario.quickTime : scenario.time;
  const isSelf = scenario.kind === 'self';
  return {
    warm: isSelf ? Math.min(warm, SELF_WARM) : warm,
    time: own ?? asked ?? (scenario.kind === 'suite' ? SUITE_TIME : time),
  };
}

/**
 * The turns of one scenario: results and failures by peer. `results[id][n]` is what turn n gave, or null.
 * @typedef {object} Outcome
 * @property {string} id of the scenario
 * @property {Record<string, (import('./turn').Result|null)[]>} results
 * @property {Record<string, string[]>} failures
 */

/**
 * Whether a peer takes part in a scenario.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {Record<string, string>} benchmarks folders of Node's benchmark by Node
 * @returns {boolean}
 */
function takesPart(scenario, { kind, node, congestion, script }, benchmarks) {
  if (scenario.without?.includes(kind)) return false;
  if (congestion && !scenario.bulk) return false;
  if (scenario.tested?.file && !script) return false;
  return scenario.kind !== 'suite' || benchmarkOf({ node }, benchmarks) !== undefined;
}

/**
 * The folder of Node's benchmark that belongs to a peer: other runtimes take that of the first Node.
 * @param {{node?: string}} peer
 * @param {Record<string, string>} benchmarks
 * @returns {string|undefined}
 */
function benchmarkOf({ node }, benchmarks) {
  return node === undefined ? Object.values(benchmarks)[0] : benchmarks[node];
}

/**
 * How many turns a peer has.
 * @param {import('./peers').Peer} peer
 * @param {number} turns
 * @returns {number}
 */
function turnsOf({ kind, congestion }, turns) {
  const counts = KNOWN[kind].runtime === 'node' && congestion === undefined;
  return counts ? turns : Math.min(turns, ORIENTATION);
}

/**
 * Runs one scenario: in every turn each peer once, each time another one first, so that whatever the machine does
 * meanwhile meets them all.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer[]} peers
 * @param {object} options
 * @param {string} options.suite
 * @param {number} options.turns
 * @param {boolean} options.quick
 * @param {number} [options.time] milliseconds
 * @param {Record<string, string>} options.benchmarks folders of Node's benchmark by Node
 * @param {string} [options.control] the congestion control, if it can be chosen
 * @param {import('./services').Services} options.services
 * @param {import('./progress').Progress} options.progress
 * @returns {Promise<Outcome>}
 */
async function runScenario(scenario, peers, options) {
  const { turns, benchmarks, control, services, progress } = options;
  const able = peers.filter((peer) => takesPart(scenario, peer, benchmarks));
  const times = timesOf(scenario, options);
  const outcome = { id: scenario.id, results: {}, failures: {} };
  for (const { id } of able) outcome.results[id] = [];
  // A busy machine may take several times as long.
  const standing = new Standing(60 + (STANDING_TURNS * able.length * 3 * (times.warm + times.time)) / 1000);
  const { address: server, stop } = await services.start(scenario);
  try {
    for (let turn = 0; turn < turns; turn++) {
      for (let place = 0; place < able.length; place++) {
        const peer = able[(place + turn) % able.length];
        const results = outcome.results[peer.id];
        const failures = outcome.failures[peer.id] ?? [];
        results[turn] = null;
        if (failures.length >= FAILURES || turn >= turnsOf(peer, turns)) continue;
        progress.turn(scenario, peer, turn, turns);
        if (control) setCongestionControl(peer.congestion ?? control);
        const { folder, paths } = services;
        const setting = { benchmark: benchmarkOf(peer, benchmarks), folder, paths, server };
        try {
          results[turn] = await runTurn(scenario, peer, times, setting, standing);
          progress.result(scenario, peer, results[turn]);
        } catch (error) {
          outcome.failures[peer.id] = [...failures, error.message];
          progress.notice(`${scenario.title}: ${peer.title} failed: ${error.message.slice(0, 600)}`);
        }
      }
    }
  } finally {
    await standing.stopAll();
    await stop();
    if (control) setCongestionControl(control);
  }
  return outcome;
}

module.exports = { runScenario };
