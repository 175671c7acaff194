'use strict';

// The groups of files for the modules that Node builds on net, and how many of each must pass.

const groups = require('./wider.json');

/**
 * @typedef {object} Share
 * @property {string} name the group's
 * @property {string} pattern a regular expression for its files' names
 * @property {number} percent how many of the files that the built-in passes rsnet must pass
 */

/**
 * Matches every file of every group.
 * @returns {RegExp}
 */
function widerPattern() {
  return new RegExp(groups.map(({ pattern }) => pattern).join('|'));
}

/**
 * The groups that are run as a whole: only of these the share can be told.
 * @param {string[]} all names of the suite's files
 * @param {string[]} chosen names of those that are run
 * @returns {Share[]}
 */
function wholeGroups(all, chosen) {
  const run = new Set(chosen);
  return groups.filter(({ pattern }) => {
    const expression = new RegExp(pattern);
    const members = all.filter((name) => expression.test(name));
    return members.length > 0 && members.every((name) => run.has(name));
  });
}

/**
 * Counts what a group passed. A file counts if the built-in passes it and it does not skip itself.
 * @param {Share} group
 * @param {import('./judge').Result[]} results
 * @returns {{name: string, passed: number, of: number, wanted: number, met: boolean}} `wanted` in percent
 */
function measure({ name, pattern, percent }, results) {
  const expression = new RegExp(pattern);
  const counted = results.filter((result) => (
    expression.test(result.name) && result.verdict !== 'uncounted' && result.builtin !== 'skip' &&
    result.rsnet !== 'skip'));
  const passed = counted.filter(({ rsnet }) => rsnet === 'pass').length;
  return { name, passed, of: counted.length, wanted: percent, met: passed * 100 >= percent * counted.length };
}

module.exports = { measure, wholeGroups, widerPattern };
