'use strict';

// Runs a program on the built-in and on rsnet, and says whether the traces are equal.

const net = require('node:net');
const { compare } = require('./compare');
const { putsBack } = require('./normalise');
const { runProgram } = require('./run');
const { PACES } = require('./settle');
const { untangleThreads } = require('./untangle');

/** Which implementation is on which side, by name. 'self' compares the built-in with itself. */
const PAIRINGS = {
  self: ['net', 'net'],
  both: ['rsnet', 'rsnet'],
  server: ['rsnet', 'net'],
  client: ['net', 'rsnet'],
};

/** Whether rsnet is on the tokio backend in this process. */
const on_tokio = process.env.RSNET_BACKEND === 'tokio';

/**
 * @param {string} name 'net' or 'rsnet'
 * @returns {object} its exports
 */
function load(name) {
  return name === 'rsnet' ? require('../..') : net;
}

/**
 * @param {object} program see generate.js
 * @param {string} pairing a key of PAIRINGS
 * @param {number} pace index of PACES
 * @returns {Promise<object[]>} trace
 */
function trace(program, pairing, pace) {
  const [server, client] = PAIRINGS[pairing];
  return runProgram(program, { server: load(server), client: load(client) }, PACES[pace]);
}

/**
 * Whether bytes arrived that were not written like that, while the built-in delivered them well. No pace excuses it,
 * unless bytes are put back: those arrive if the end of the stream came later than it did for the built-in.
 *
 * @param {object} program see generate.js
 * @param {object[]} expected trace of the built-in
 * @param {object[]} actual
 * @returns {boolean}
 */
function isCorrupted(program, expected, actual) {
  if (putsBack(program)) return false;
  return actual.some((entry) => entry.intact === false) && !expected.some((entry) => entry.intact === false);
}

/**
 * Compares one pairing with the built-in, more patiently each time that the traces differ.
 *
 * @param {object} program see generate.js
 * @param {string} pairing a key of PAIRINGS
 * @param {{known: object[], hasty?: boolean, take: typeof trace}} options `known` is the built-in's trace at the first
 *   pace; `hasty` spares the last pace; `take` takes traces
 * @returns {Promise<{verdict: string, retaken: number, difference?: object, excused?: boolean, corrupted?: boolean}>}
 *   verdict: 'equal';
 *   'different'; 'unsteady' if the built-in differs from itself, too; `retaken` says how often it had to be tried
 *   again, `excused` that rule 11 of normalise.js was needed
 */
async function judgePairing(program, pairing, { known, hasty, take }) {
  const last = PACES.length - 1;
  const onWorker = on_tokio && pairing !== 'self';
  let difference;
  for (let pace = 0; pace < (hasty ? last : PACES.length); pace++) {
    const expected = pace === 0 ? known : await take(program, 'self', pace);
    const actual = await take(program, pairing, pace);
    const found = compare(program, expected, actual, onWorker);
    difference = found.difference;
    if (difference === null && !found.excused) return { verdict: 'equal', retaken: pace };
    if (isCorrupted(program, expected, actual)) {
      return { verdict: 'different', retaken: pace, difference, corrupted: true };
    }
  }
  if (difference === null) return { verdict: 'equal', retaken: last, excused: true };
  if (hasty) return { verdict: 'different', retaken: last, difference };
  const [one, other] = [await take(program, 'self', last), await take(program, 'self', last)];
  const isSteady = compare(program, one, other, false).difference === null;
  return { verdict: isSteady ? 'different' : 'unsteady', retaken: last, difference };
}

/**
 * @param {object} generated a program, see generate.js
 * @param {string[]} pairings keys of PAIRINGS
 * @param {{hasty?: boolean, onTrace?: () => void}} [options] `hasty`: not at the slowest pace, for the many candidates
 *   of shrinking; `onTrace` is called whenever a trace is complete
 * @returns {Promise<{verdict: string, retaken: number, pairing?: string, difference?: object, excused?: boolean}>} of
 *   the first pairing that is not equal
 */
async function judge(generated, pairings, { hasty, onTrace } = {}) {
  const program = on_tokio ? untangleThreads(generated) : generated;
  const take = async (...args) => {
    const entries = await trace(...args);
    onTrace?.();
    return entries;
  };
  const known = await take(program, 'self', 0);
  let retaken = 0;
  let excused = false;
  for (const pairing of pairings) {
    const result = await judgePairing(program, pairing, { known, hasty, take });
    if (result.verdict !== 'equal') return { ...result, pairing };
    retaken = Math.max(retaken, result.retaken);
    excused ||= result.excused;
  }
  return { verdict: 'equal', retaken, excused };
}

module.exports = { PAIRINGS, isCorrupted, judge };
