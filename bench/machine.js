'use strict';

const os = require('node:os');

/** A load average above this before the start means that something else runs. */
const QUIET = 0.5;

/**
 * Where and how the figures were measured.
 * @typedef {object} Machine
 * @property {string} text a sentence or two
 * @property {string} date
 * @property {number} load average of the last minute, before the start
 */

/**
 * Describes this machine and run.
 * @param {{turns: number, quick: boolean, peers: {title: string}[]}} run
 * @returns {Machine}
 */
function describeMachine({ turns, quick, peers }) {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  const load = os.loadavg()[0];
  const settings = Object.keys(process.env).filter((name) => /^(RSNET|UV)_/.test(name)).sort()
    .map((name) => `${name}=${process.env[name]}`);
  const text = [
    `Measured on ${date}: ${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'},`,
    `${memory} GiB of memory,`,
    `${os.type()} ${os.release().split('-')[0]}; ${peers.map(({ title }) => title).join(', ')};`,
    `median of ${turns} ${turns === 1 ? 'turn' : 'turns'}${quick ? ' of a quick run' : ''};`,
    `load average before the start ${load.toFixed(2)}.`,
    ...(settings.length > 0 ? [`Settings: ${settings.join(', ')}.`] : []),
  ].join(' ');
  return { text, date, load };
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
