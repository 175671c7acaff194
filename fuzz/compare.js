'use strict';

// Two traces of one program side by side.

const { normalise } = require('./normalise');

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
 * @returns {null | {actor: string, before: string[], expected: string, actual: string}} the first difference of the
 *   first actor that has one, and up to five lines that were equal before it
 */
function compare(program, expected, actual) {
  const left = normalise(expected, program);
  const right = normalise(actual, program);
  let found = null;
  for (const actor of new Set([...left.keys(), ...right.keys()])) {
    const one = left.get(actor) ?? [];
    const other = right.get(actor) ?? [];
    const length = Math.max(one.length, other.length);
    for (let index = 0; index < length; index++) {
      if (isSame(one[index], other[index])) continue;
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
  return found;
}

module.exports = { compare };
