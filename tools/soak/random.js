'use strict';

const { random } = require('../../scripts/lib/random');

/**
 * A size between 1 and a limit; each order of magnitude is as likely as any other.
 *
 * @param {(limit: number) => number} next
 * @param {number} limit bytes
 * @returns {number} bytes
 */
function randomSize(next, limit) {
  return Math.max(1, Math.floor(Math.exp(next(1e6) / 1e6 * Math.log(limit))));
}

module.exports = { random, randomSize };
