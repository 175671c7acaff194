'use strict';

const { fit } = require('./slope');

/** Memory may grow by so much for each 100,000 connections, in bytes: the noise of what V8 keeps for itself. */
const GROWTH = { rss: 4e6, external: 5e5, arrayBuffers: 5e5 };
/** Connections from which on memory is judged: fewer show what starting up takes. */
const ENOUGH = 200000;

/**
 * @typedef {object} Verdict
 * @property {Record<string, Record<string, import('./slope').Fit|null>>} slopes bytes for each 100,000
 *   connections, over the second half of the run
 * @property {string[]} faults what does not add up; empty if all does
 */

/**
 * @param {import('./run').Side} side
 * @param {number} sessions of the whole run
 * @param {number} open wanted at once
 * @returns {import('./monitor').Sample[]} of the second half, as long as the wanted number was open
 */
function secondHalf({ samples }, sessions, open) {
  return samples.filter((one) => one.done >= sessions / 2 && one.open >= open * 0.9);
}

/**
 * Judge a run.
 *
 * @param {import('./run').Outcome} outcome
 * @param {import('./args').Options} options
 * @returns {Verdict}
 */
function judge(outcome, { open }) {
  const { counts, problems, sides } = outcome;
  const faults = [];
  if (counts.problems > 0) faults.push(`${counts.problems} problems in the books, the first: ${problems[0].text}`);
  if (counts.sessions !== outcome.started) faults.push(`${outcome.started - counts.sessions} sessions never ended`);
  const slopes = {};
  for (const [name, side] of Object.entries(sides)) {
    slopes[name] = {};
    for (const [what, most] of Object.entries(GROWTH)) {
      const points = secondHalf(side, counts.sessions, open).map((one) => [one.done / 1e5, one[what]]);
      const line = fit(points);
      slopes[name][what] = line;
      // Two standard errors, so that a few samples of a sawtooth are not taken for a trend.
      if (line && counts.sessions >= ENOUGH && line.slope - 2 * line.error > most) {
        faults.push(`${name}: ${what} grows by ${(line.slope / 1e6).toFixed(2)} MB for each 100,000 connections`);
      }
    }
    if (!side.after) continue;
    if (side.after.fds !== side.before.fds) {
      faults.push(`${name}: ${side.after.fds - side.before.fds} descriptors more than at the start`);
    }
    if (side.after.open !== 0) faults.push(`${name}: ${side.after.open} sessions are open at the end`);
    const { code, signal, errors } = side.end;
    if (code !== 0 || signal) faults.push(`${name}: did not end by itself (${signal ?? code})`);
    if (errors) faults.push(`${name}: printed ${errors}`);
  }
  return { slopes, faults };
}

module.exports = { ENOUGH, judge };
