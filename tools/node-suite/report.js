'use strict';

const fs = require('node:fs');
const { measure } = require('./wider');

const RULE = '-'.repeat(100);
const SHOWN_OUTPUT = 3000;

/**
 * One line of the table.
 * @param {import('./judge').Result} result
 * @returns {string}
 */
function line({ name, builtin, rsnet, seconds, reason, verdict }) {
  const columns = [name.padEnd(66), builtin.padEnd(8), rsnet.padEnd(8), seconds.toFixed(2).padStart(7)];
  const note = verdict === 'excluded' ? `excluded${reason && `; ${reason}`}` : reason;
  return `${columns.join(' ')}${note && `  ${note}`}`;
}

/**
 * The table's head.
 * @returns {string}
 */
function header() {
  return `${'file'.padEnd(66)} built-in rsnet    seconds\n${RULE}`;
}

/**
 * Counts the results.
 * @param {import('./judge').Result[]} results
 * @returns {{files: number, builtin: number, rsnet: number, skipped: number, failed: number, excluded: number, flaky:
 *   number}} `builtin`: files that the built-in passes; `rsnet`: those of them that rsnet passes; `skipped`:
 *   those of these that skip themselves on this machine
 */
function count(results) {
  const passed = results.filter(({ rsnet }) => ['pass', 'skip'].includes(rsnet));
  return {
    files: results.length,
    builtin: results.filter(({ builtin }) => ['pass', 'skip'].includes(builtin)).length,
    rsnet: passed.length,
    skipped: passed.filter(({ rsnet }) => rsnet === 'skip').length,
    failed: results.filter(({ verdict }) => verdict === 'fail').length,
    excluded: results.filter(({ verdict }) => verdict === 'excluded').length,
    flaky: results.filter(({ flaky }) => flaky.length > 0).length,
  };
}

/**
 * The line of totals.
 * @param {import('./plan').Plan} plan
 * @param {import('./judge').Result[]} results
 * @returns {string}
 */
function totals(plan, results) {
  const { files, builtin, rsnet, skipped, failed, excluded, flaky } = count(results);
  const backend = plan.backend ? `, ${plan.backend} backend` : '';
  const times = plan.repeat > 1 ? `, ${plan.repeat} runs each` : '';
  const parts = [`${files} files`];
  if (plan.compare) parts.push(`built-in passes ${builtin}`);
  parts.push(`rsnet passes ${rsnet}${plan.compare ? ' of them' : ''} (${skipped} skip themselves)`);
  parts.push(`${failed} failed`, `${excluded} excluded`);
  if (flaky > 0) parts.push(`${flaky} flaky under load`);
  return `Node ${plan.node.version}, suite ${plan.suite.version}${backend}${times}: ${parts.join(', ')}`;
}

/**
 * The exclusions that concern this run, with their reasons.
 * @param {import('./plan').Plan} plan
 * @param {import('./judge').Result[]} results
 * @returns {string[]} lines
 */
function exclusions(plan, results) {
  return results.filter(({ verdict }) => verdict === 'excluded')
    .map(({ name, rsnet }) => `excluded (${rsnet === 'fail' ? 'fails' : 'passes: not needed'}): ${name}: ` +
      plan.excluded[name]);
}

/**
 * What passed of each group that was run as a whole.
 * @param {import('./plan').Plan} plan
 * @param {import('./judge').Result[]} results
 * @returns {string[]} lines
 */
function shares(plan, results) {
  return plan.shares.map((group) => {
    const { name, passed, of, wanted, met } = measure(group, results);
    const percent = (100 * passed / Math.max(of, 1)).toFixed(1);
    return `${name}: ${passed} of ${of} (${percent}%), wanted ${wanted}%: ${met ? 'met' : 'MISSED'}`;
  });
}

/**
 * Whether enough of each group passed.
 * @param {import('./plan').Plan} plan
 * @param {import('./judge').Result[]} results
 * @returns {boolean}
 */
function sharesMet(plan, results) {
  return plan.shares.every((group) => measure(group, results).met);
}

/**
 * The files that failed first and passed alone.
 * @param {import('./judge').Result[]} results
 * @returns {string[]} lines
 */
function flakyOnes(results) {
  return results.filter(({ flaky }) => flaky.length > 0).map(({ name, reason }) => `${name}: ${reason}`);
}

/**
 * A failed file with the beginning of its output.
 * @param {import('./judge').Result} result
 * @returns {string}
 */
function failure({ name, reason, output }) {
  const shown = output.length > SHOWN_OUTPUT ? `${output.slice(0, SHOWN_OUTPUT)}\n[cut]` : output;
  return `${RULE}\n${name}: ${reason}\n${shown.trimEnd()}`;
}

/**
 * Writes the results down.
 * @param {import('./plan').Plan} plan
 * @param {import('./judge').Result[]} results
 */
function writeJson(plan, results) {
  const { node, suite, backend = null, repeat, resultsFile } = plan;
  const content = {
    node: node.version, suite: suite.version, backend, repeat, totals: count(results),
    shares: plan.shares.map((group) => measure(group, results)), results,
  };
  fs.writeFileSync(resultsFile, `${JSON.stringify(content, null, 1)}\n`);
}

module.exports = { line, header, totals, exclusions, failure, flakyOnes, shares, sharesMet, writeJson };
