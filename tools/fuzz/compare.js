'use strict';

// Two traces of one program side by side.

const { isAgain, isOpenOnWorker, normalise } = require('./normalise');

/** What a line of data says that is not what the runner takes to be written; see `isSame`. */
const NOT_WRITTEN = ' not what was written';

const NO_COUNT = 'bytesWritten=NaN';

/** A server that has closed, which waits for its connections. */
const CLOSES = /: event close\b/;

/**
 * Whether two lines are equal. Where the built-in says that NaN bytes were written (which it does for corked writes
 * while it connects), it has said nothing. Where the built-in delivers something else than the runner takes to be
 * written (after a connect of a connected socket, or `unshift`), the runner is wrong.
 *
 * @param {string | undefined} expected
 * @param {string | undefined} actual
 * @returns {boolean}
 */
function isSame(expected, actual) {
  if (expected === actual) return true;
  if (expected?.endsWith(NOT_WRITTEN) && expected.slice(0, -NOT_WRITTEN.length) === actual) return true;
  if (!expected?.includes(NO_COUNT) || actual === undefined) return false;
  return expected.replace(NO_COUNT, '') === actual.replace(/bytesWritten=\d+/, '');
}

/**
 * The built-in's count is negative after a connection that it accepted has connected again and was closed twice.
 *
 * @param {string | undefined} expected
 * @param {string | undefined} actual
 * @returns {boolean} whether only a server's count of connections differs
 */
function isCountOnly(expected, actual) {
  const [left, right] = [expected, actual].map((one) => one?.replace(/_connections=-?\d+/, ''));
  return left !== undefined && left === right;
}

/**
 * @param {object} program see generate.js
 * @param {object[]} expected trace of the built-in
 * @param {object[]} actual trace of the implementation under test
 * @param {boolean} onWorker whether that one is on the tokio backend
 * @returns {{difference: null | {actor: string, before: string[], expected: string, actual: string},
 *   excused: boolean}} the first difference of the first actor that has one, and up to five lines that were equal
 *   before it; and whether something was different that is open on the tokio backend
 */
function compare(program, expected, actual, onWorker) {
  const left = normalise(expected, program, onWorker);
  const right = normalise(actual, program, onWorker);
  let found = null;
  let excused = false;
  let againIn = Infinity;
  // The server comes last: its count follows from what its connections have learnt.
  const actors = [...new Set([...left.keys(), ...right.keys()])].filter((name) => name !== 'server');
  for (const actor of [...actors, 'server']) {
    const one = left.get(actor) ?? [];
    const other = right.get(actor) ?? [];
    const length = Math.max(one.length, other.length);
    for (let index = 0; index < length; index++) {
      if (isSame(one[index], other[index])) continue;
      if (excused && isCountOnly(one[index], other[index])) continue;
      // So does its 'close'.
      if (excused && actor === 'server' && [one[index], other[index]].some((text) => CLOSES.test(text))) break;
      const step = parseInt(one[index] ?? other[index], 10) || 0;
      if (onWorker && isAgain(one[index], other[index])) againIn = Math.min(againIn, step);
      if (step >= againIn || (onWorker && isOpenOnWorker(one[index], other[index], actor, left))) {
        excused = true;
        break;
      }
      if (!found || step < found.step) {
        found = {
          step, actor, before: one.slice(Math.max(0, index - 5), index), expected: one[index] ?? 'nothing more',
          actual: other[index] ?? 'nothing more',
        };
      }
      break;
    }
  }
  return { difference: found, excused };
}

module.exports = { compare };
