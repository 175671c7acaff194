'use strict';

/**
 * What must hold: a ratio to the built-in's, or at least the figure of another peer, or a ratio to the same
 * peer's
 * figure in another scenario.
 * @typedef {object} Target
 * @property {string} [metric] another than the scenario's own
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {string} [atLeastPeer] id of a peer
 * @property {string} [ofScenario] id of the scenario that `atMost` compares with, instead of the built-in
 */

/**
 * One thing to measure; also has the fields of a Unit (units.js).
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} title
 * @property {'server'|'client'|'suite'} kind which end is under test; `suite`: a file of Node's own benchmark
 * @property {string} [metric] what the peers are compared by: `rate` if not said
 * @property {boolean} [latency] whether latencies are shown
 * @property {boolean} [quick] whether it is part of a quick run
 * @property {boolean} [extra] whether it runs only when named
 * @property {boolean} [pinned] whether both ends share one processor
 * @property {string[]} [without] peers that have no such program
 * @property {{role: string, options: object}} [tested] the program under test (peers/program.cjs)
 * @property {{role: string, options: object, bulk?: boolean}} [load] the load (load/src)
 * @property {string} [file] of Node's benchmark folder
 * @property {string[]} [args] its configuration
 * @property {number} [time] milliseconds measured, if not the default
 * @property {number} [quickTime] the same for a quick run
 * @property {Target[]} targets
 */

/** @type {Scenario[]} */
const SCENARIOS = [
  ...require('./echo'),
  ...require('./transfer'),
  ...require('./connections'),
  ...require('./latency'),
  ...require('./node-net'),
];

/**
 * Chooses what to run. A name that was asked for brings in what a plain or quick run leaves out.
 * @param {{only?: RegExp, quick: boolean}} options
 * @returns {Scenario[]}
 */
function chooseScenarios({ only, quick }) {
  if (only) return SCENARIOS.filter(({ id, title }) => only.test(id) || only.test(title));
  return SCENARIOS.filter((scenario) => !scenario.extra && (!quick || scenario.quick));
}

module.exports = { SCENARIOS, chooseScenarios };
