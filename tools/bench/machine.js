'use strict';

const os = require('node:os');
const { KNOWN } = require('./peers');
const { TURNS } = require('./schedule');
const { standingTurns } = require('./standing');

/** A load average above this before the start means that something else runs. */
const QUIET = 0.5;

/**
 * Where and how the figures were measured.
 * @typedef {object} Machine
 * @property {string} text a sentence or two
 * @property {string} setting the part of it that is the same for all runs of these runtimes on this machine
 * @property {string} date
 * @property {number} load average of the last minute, before the start
 */

/**
 * The runtimes of some peers, each once.
 * @param {import('./peers').Peer[]} peers
 * @returns {string}
 */
function runtimesOf(peers) {
  const titles = peers.filter(({ kind, base, id }) => id === base || KNOWN[kind].runtime !== 'node')
    .filter(({ congestion }) => congestion === undefined);
  return titles.map(({ title }) => title).join(', ');
}

/**
 * @param {number} [turns]
 * @returns {string} how many, in words
 */
function countOf(turns) {
  if (turns === undefined) return `${TURNS} turns, ${standingTurns().join(', ')} of programs that stay up`;
  return turns === 1 ? '1 turn' : `${turns} turns`;
}

/**
 * Describes this machine and run.
 * @param {object} run
 * @param {number} [run.turns]
 * @param {boolean} run.quick
 * @param {import('./peers').Peer[]} run.peers
 * @param {string} [run.control] the congestion control that was chosen
 * @param {string} [run.system] that which there is
 * @param {number} [run.load] load average before the start, if not that of now
 * @returns {Machine}
 */
function describeMachine({ turns, quick, peers, control, system, load = os.loadavg()[0] }) {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  const settings = Object.keys(process.env).filter((name) => /^(RSNET|UV)_/.test(name)).sort()
    .map((name) => `${name}=${process.env[name]}`);
  const setting = [
    `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'},`,
    `${memory} GiB of memory,`,
    `${os.type()} ${os.release().split('-')[0]}, congestion control ${control ?? system}` +
      `${control ? ' in a network namespace of its own' : ''}; ${runtimesOf(peers)}`,
  ].join(' ');
  const text = [
    `Measured on ${date}: ${setting};`,
    `median of ${countOf(turns)}${quick ? ' of a quick run' : ''};`,
    `load average before the start ${load.toFixed(2)}.`,
    ...(load > QUIET ? ['The machine had other work: these figures are noisy.'] : []),
    ...(settings.length > 0 ? [`Settings: ${settings.join(', ')}.`] : []),
  ].join(' ');
  return { text, setting, date, load };
}

/**
 * Warns if the machine has other work.
 * @param {Machine} machine
 * @returns {string|undefined}
 */
function busyWarning({ load }) {
  if (load <= QUIET) return undefined;
  return `the machine is busy (load average ${load.toFixed(2)}): the figures will be noisy`;
}

module.exports = { describeMachine, busyWarning };
