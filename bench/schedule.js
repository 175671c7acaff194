'use strict';

const { runTurn } = require('./turn');

/** Failed turns after which a peer is not tried again in a scenario. */
const FAILURES = 2;

const FULL = { warm: 700, time: 2000 };
const QUICK = { warm: 300, time: 500 };
/** Node's own benchmark has no warm-up but what it measures, and more than 60 configurations. */
const SUITE_TIME = 1000;

/**
 * How long a scenario warms up and is measured.
 * @param {import('./scenarios').Scenario} scenario
 * @param {boolean} quick
 * @returns {import('./turn').Times}
 */
function timesOf(scenario, quick) {
  const { warm, time } = quick ? QUICK : FULL;
  const own = quick ? scenario.quickTime : scenario.time;
  return { warm, time: own ?? (scenario.kind === 'suite' ? SUITE_TIME : time) };
}

/**
 * The turns of one scenario: results and failures by peer. `results[id][n]` is what turn n gave, or null.
 * @typedef {object} Outcome
 * @property {string} id of the scenario
 * @property {Record<string, (import('./turn').Result|null)[]>} results
 * @property {Record<string, string[]>} failures
 */

/**
 * Runs one scenario: in every turn each peer once, each time another one first, so that whatever the machine
 * does
 * meanwhile meets them all.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer[]} peers
 * @param {{turns: number, quick: boolean, folder?: string, progress: import('./progress').Progress}} options
 * @returns {Promise<Outcome>}
 */
async function runScenario(scenario, peers, { turns, quick, folder, progress }) {
  const able = peers.filter(({ id }) => !scenario.without?.includes(id));
  const times = timesOf(scenario, quick);
  const outcome = { id: scenario.id, results: {}, failures: {} };
  for (const { id } of able) outcome.results[id] = [];
  for (let turn = 0; turn < turns; turn++) {
    for (let place = 0; place < able.length; place++) {
      const peer = able[(place + turn) % able.length];
      const results = outcome.results[peer.id];
      const failures = outcome.failures[peer.id] ?? [];
      results[turn] = null;
      if (failures.length >= FAILURES) continue;
      progress.turn(scenario, peer, turn, turns);
      try {
        results[turn] = await runTurn(scenario, peer, times, folder);
        progress.result(scenario, peer, results[turn]);
      } catch (error) {
        outcome.failures[peer.id] = [...failures, error.message];
        progress.notice(`${scenario.title}: ${peer.title} failed: ${error.message.slice(0, 600)}`);
      }
    }
  }
  return outcome;
}

module.exports = { runScenario };
