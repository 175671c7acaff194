'use strict';

/**
 * What must hold: a ratio to the built-in's, or at least the figure of another peer, or a ratio to the same peer's
 * figure in another scenario.
 * @typedef {object} Target
 * @property {string} [metric] another than the scenario's own
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {string} [atLeastPeer] id of a peer
 * @property {string} [ofScenario] id of the scenario that `atMost` compares with, instead of the built-in
 */

/**
 * What makes the load; a Tool of ../tools.js, or a role of the Rust program (load/src).
 * @typedef {object} Load
 * @property {'wrk'|'h2load'|'script'} [tool]
 * @property {string} [role] of the Rust program, or of programs/load.cjs for `script`
 * @property {object} options
 * @property {boolean} [bulk] whether a bulk transfer runs beside it
 */

/**
 * One thing to measure; also has the fields of a Unit (units.js).
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} title
 * @property {'server'|'client'|'suite'|'tool'|'self'|'start'} kind which end is under test, and who measures it.
 *   `server`, `client`: the Rust load does; `suite`: a file of Node's own benchmark; `tool`: a server that `load.tool`
 *   drives; `self`: a client that measures itself; `start`: a process that ends at once
 * @property {string} [metric] what the peers are compared by: `rate` if not said
 * @property {boolean} [latency] whether latencies are shown
 * @property {boolean} [quick] whether it is part of a quick run
 * @property {boolean} [extra] whether it runs only when named
 * @property {boolean} [pinned] whether both ends share one processor
 * @property {boolean} [bulk] whether it runs with BBR, too
 * @property {boolean} [program] whether a row of Node's benchmark is part of the suite of programs
 * @property {string[]} [without] kinds of peers that have no such program
 * @property {{role: string, options: object, file?: string}} [tested] the program under test: a role of
 *   peers/program.cjs, or of a file in programs/
 * @property {Load} [load]
 * @property {{role: string, options?: object}} [upstream] a role of the Rust program that the one under test connects
 *   to while it is a server itself
 * @property {string} [service] what a client of kind `self` connects to: a server of clients/servers, or `answers` of
 *   programs/load.cjs
 * @property {string} [network] commands of a shell that set up the network namespace of a client of kind `self`
 * @property {string[]} [command] arguments of the runtime, of kind `start`
 * @property {string} [file] of Node's benchmark folder
 * @property {string[]} [args] its configuration
 * @property {number} [time] milliseconds measured, if not the default
 * @property {number} [quickTime] the same for a quick run
 * @property {Target[]} targets
 */

const transfer = require('./transfer');
const suite = require('./node-net');

/** @type {Record<string, Scenario[]>} */
const SUITES = {
  net: [
    ...require('./echo'),
    ...transfer,
    ...require('./connections'),
    ...require('./latency'),
    ...suite,
  ],
  programs: [
    ...require('./web'),
    ...require('./services'),
    ...require('./start'),
    ...transfer,
    ...suite.filter(({ program }) => program),
  ],
};

/**
 * Chooses what to run. A name that was asked for brings in what a plain or quick run leaves out.
 * @param {{suite: string, only?: RegExp, quick: boolean}} options
 * @returns {Scenario[]}
 */
function chooseScenarios({ suite: name, only, quick }) {
  const all = SUITES[name];
  if (only) return all.filter(({ id, title }) => only.test(id) || only.test(title));
  return all.filter((scenario) => !scenario.extra && (!quick || scenario.quick));
}

module.exports = { SUITES, chooseScenarios };
