'use strict';

// Two traces of one program side by side.

const { isOpenOnWorker, normalise } = require('./normalise');

const NO_COUNT = 'bytesWritten=NaN';

/**
 * Whether two lines are equal. Where the built-in says that NaN bytes were written (which it does for corked writes
 * while it connects), it has said nothing.
 *
 * @param {string | undefined} expected
 * @param {string | undefined} actual
 * @returns {boolean}
 */
function isSame(expected, actual) {
  if (expected === actual) return true;
  if (!expected?.includes(NO_COUNT) || actual === undefined) return false;
  return expected.replace(NO_COUNT, '') === actual.replace(/bytesWritten=\d+/, '');
}

/**
 * @param {object} program see generate.js
 * @param {object[]} expected trace of the built-in
 * @param {object[]} actual trace of the implementation under test
 * @param {boolean} onWorker whether that one is on the worker lane
 * @returns {{difference: null | {actor: string, before: string[], expected: string, actual: string},
 *   excused: boolean}} the first difference of the first actor that has one, and up to five lines that were equal
 *   before it; and whether something was different that is open on the worker lane
 */
function compare(program, expected, actual, onWorker) {
  const left = normalise(expected, program, onWorker);
  const right = normalise(actual, program, onWorker);
  let found = null;
  let excused = false;
  for (const actor of new Set([...left.keys(), ...right.keys()])) {
    const one = left.get(actor) ?? [];
    const other = right.get(actor) ?? [];
    const length = Math.max(one.length, other.length);
    for (let index = 0; index < length; index++) {
      if (isSame(one[index], other[index])) continue;
      if (onWorker && isOpenOnWorker(one[index], other[index], actor, left)) {
        excused = true;
        break;
      }
      const step = parseInt(one[index] ?? other[index], 10) || 0;
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
