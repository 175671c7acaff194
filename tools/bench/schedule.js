'use strict';

const { setCongestionControl } = require('./network');
const { KNOWN } = require('./peers');
const { Standing, rhythmOf } = require('./standing');
const { beginTurns, runTurn } = require('./turn');

/** Failed turns after which a peer is not tried again in a scenario. */
const FAILURES = 2;

/** Turns of a peer in a scenario whose programs do not stay up. */
const TURNS = 7;

/** Turns of the peers that are there for orientation: other runtimes, another congestion control. */
const ORIENTATION = 3;

/**
 * Milliseconds by suite. After 0.4 s a program is not yet what it is in service: rsnet's https POST of 1 MB came to
 * 0.77x of the built-in then, and to 1.14x after 2 s.
 */
const FULL = { net: { warm: 700, time: 2000 }, programs: { warm: 1500, time: 600 } };
/** perf needs some thousand samples, of a program that has warmed up. */
const PROFILE = { warm: 2500, time: 3000 };
const QUICK = { warm: 300, time: 500 };
/** Node's own benchmark has no warm-up but what it measures, and more than 60 configurations. */
const SUITE_TIME = 1000;

/**
 * How long a scenario warms up and is measured.
 * @param {import('./scenarios').Scenario} scenario
 * @param {{suite: string, quick: boolean, profile?: boolean, time?: number}} options
 * @returns {import('./turn').Times}
 */
function timesOf(scenario, { suite, quick, profile, time: asked }) {
  const { warm, time } = profile ? PROFILE : quick ? QUICK : FULL[suite];
  const own = quick ? scenario.quickTime : scenario.time;
  const usual = quick || profile ? time : rhythmOf(scenario)?.time ?? time;
  return { warm, time: own ?? asked ?? (scenario.kind === 'suite' ? SUITE_TIME : usual) };
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
  if ((scenario.tested?.file || scenario.command) && !script) return false;
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
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {number} [asked]
 * @returns {number}
 */
function turnsOf(scenario, { kind, congestion }, asked) {
  if (KNOWN[kind].runtime !== 'node' || congestion !== undefined) return Math.min(asked ?? TURNS, ORIENTATION);
  return asked ?? rhythmOf(scenario)?.turns ?? TURNS;
}

/**
 * The order of the peers in a turn. Those that are compared with one another stay together, each time another one
 * first, so that whatever the machine does meanwhile meets them all.
 * @param {import('./peers').Peer[]} peers
 * @param {number} turn
 * @returns {import('./peers').Peer[]}
 */
function orderOf(peers, turn) {
  const bases = [...new Set(peers.map(({ base }) => base))];
  const groups = bases.map((name) => peers.filter(({ base }) => base === name));
  const rotate = (list) => list.map((_, place) => list[(place + turn) % list.length]);
  return rotate(groups).flatMap(rotate);
}

/**
 * Runs one scenario: in every turn each peer once.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer[]} peers
 * @param {object} options
 * @param {string} options.suite
 * @param {number} [options.turns] of each peer
 * @param {boolean} options.quick
 * @param {number} [options.time] milliseconds
 * @param {Record<string, string>} options.benchmarks folders of Node's benchmark by Node
 * @param {string} [options.control] the congestion control, if it can be chosen
 * @param {boolean} [options.profile] whether perf watches the programs under test
 * @param {import('./services').Services} options.services
 * @param {import('./progress').Progress} options.progress
 * @returns {Promise<Outcome>}
 */
async function runScenario(scenario, peers, options) {
  const { turns, benchmarks, control, profile, services, progress } = options;
  const able = peers.filter((peer) => takesPart(scenario, peer, benchmarks));
  const times = timesOf(scenario, options);
  const outcome = { id: scenario.id, results: {}, failures: {} };
  for (const { id } of able) outcome.results[id] = [];
  // A busy machine may take several times as long.
  const { life, wake } = rhythmOf(scenario) ?? { life: 0, wake: 0 };
  const standing = new Standing(60 + (3 * able.length * (times.warm + life * (wake + times.time))) / 1000);
  const { address: server, stop } = await services.start(scenario);

  /**
   * @param {import('./peers').Peer} peer
   * @param {typeof runTurn|typeof beginTurns} act
   * @returns {Promise<object|null>} null if it fails
   */
  async function attempt(peer, act) {
    if (control) setCongestionControl(peer.congestion ?? control);
    const { folder, paths } = services;
    const setting = { benchmark: benchmarkOf(peer, benchmarks), folder, paths, server, profile };
    try {
      return await act(scenario, peer, times, setting, standing);
    } catch (error) {
      outcome.failures[peer.id] = [...outcome.failures[peer.id] ?? [], error.message];
      progress.notice(`${scenario.title}: ${peer.title} failed: ${error.message.slice(0, 600)}`);
      return null;
    }
  }

  const most = Math.max(...able.map((peer) => turnsOf(scenario, peer, turns)));
  try {
    for (let turn = 0; turn < most; turn++) {
      const isIn = (peer) => turn < turnsOf(scenario, peer, turns) &&
        (outcome.failures[peer.id] ?? []).length < FAILURES;
      const those = orderOf(able, turn);
      if (Standing.isBegin(scenario, turn)) {
        await standing.stopAll();
        for (const peer of those.filter(isIn)) await attempt(peer, beginTurns);
      }
      for (const peer of those) {
        outcome.results[peer.id][turn] = null;
        if (!isIn(peer)) continue;
        progress.turn(scenario, peer, turn, most);
        const result = await attempt(peer, runTurn);
        outcome.results[peer.id][turn] = result;
        if (result) progress.result(scenario, peer, result);
      }
    }
  } finally {
    await standing.stopAll();
    await stop();
    if (control) setCongestionControl(control);
  }
  return outcome;
}

module.exports = { TURNS, runScenario };
