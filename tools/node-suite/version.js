'use strict';

/**
 * Splits a version into numbers.
 * @param {string} text such as 'v20.19.2' or '24.21.0+dfsg+~cs24.13.4-1'
 * @returns {number[]|null} [major, minor, patch]; null if it is no version
 */
function parse(text) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match && match.slice(1).map(Number);
}

/**
 * Orders two versions.
 * @param {string} a
 * @param {string} b
 * @returns {number} negative, 0 or positive, as for Array.prototype.sort
 */
function compare(a, b) {
  const left = parse(a);
  const right = parse(b);
  for (let i = 0; i < 3; i++) {
    if (left[i] !== right[i]) return left[i] - right[i];
  }
  return 0;
}

/**
 * Orders the suites at hand for a Node, the best first: those of its own major, from the newest that is not
 * newer than it down, then the newer ones; for a Node whose major has no suite, those of the highest major
 * before it.
 * @param {string} node the Node's version
 * @param {string[]} available versions of the suites at hand
 * @returns {string[]} some of `available`
 */
function rank(node, available) {
  const [major] = parse(node);
  const sorted = available.filter(parse).sort(compare);
  const own = sorted.filter((version) => parse(version)[0] === major);
  if (own.length > 0) {
    const older = own.filter((version) => compare(version, node) <= 0);
    return [...older.toReversed(), ...own.slice(older.length)];
  }
  const before = sorted.filter((version) => parse(version)[0] < major);
  return before.filter((version) => parse(version)[0] === parse(before.at(-1))[0]).toReversed();
}

module.exports = { parse, compare, rank };
