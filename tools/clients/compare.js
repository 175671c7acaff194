'use strict';

/**
 * Shorten a line for display.
 * @param {string|undefined} line
 * @returns {string}
 */
function short(line) {
  if (line === undefined) return '(nothing)';
  return line.length > 400 ? `${line.slice(0, 400)}...` : line;
}

/**
 * Compare what two runs have reported.
 * @param {string[]} expected on the built-in
 * @param {string[]} found on rsnet
 * @returns {string[]} the differences, at most five; empty if there are none
 */
function compare(expected, found) {
  const differences = [];
  for (let i = 0; i < Math.max(expected.length, found.length) && differences.length < 5; i++) {
    if (expected[i] !== found[i]) {
      differences.push(`line ${i + 1}:\n  builtin ${short(expected[i])}\n  rsnet   ${short(found[i])}`);
    }
  }
  return differences;
}

module.exports = { compare };
