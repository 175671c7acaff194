'use strict';

/**
 * @typedef {object} Result
 * @property {string} name the test file's
 * @property {'pass'|'skip'|'fail'|'not run'} builtin
 * @property {'pass'|'skip'|'fail'|'not run'} rsnet
 * @property {number} seconds on rsnet, of the longest run
 * @property {'pass'|'fail'|'uncounted'|'excluded'} verdict `uncounted`: the built-in fails as well
 * @property {string[]} flaky of 'built-in' and 'rsnet' those that failed first and passed when run again alone
 * @property {string} reason why not passed, or not passed at once, in a few words
 * @property {string} output what the failed process wrote
 */

/**
 * One word for an outcome.
 * @param {import('./run-file').Outcome|undefined} outcome
 * @returns {'pass'|'skip'|'fail'|'not run'}
 */
function word(outcome) {
  if (!outcome) return 'not run';
  if (!outcome.ok) return 'fail';
  return outcome.skipped ? 'skip' : 'pass';
}

/**
 * Who failed first and passed when run again.
 * @param {import('./run-plan').Tried} first
 * @param {import('./run-plan').Tried} last
 * @returns {Record<string, import('./run-file').Outcome>} the failed outcomes
 */
function flakes(first, last) {
  const found = {};
  for (const [name, side] of [['built-in', 'builtin'], ['rsnet', 'rsnet']]) {
    if (first[side] && !first[side].ok && last[side]?.ok) found[name] = first[side];
  }
  return found;
}

/**
 * Puts a file's outcomes together.
 * @param {string} name
 * @param {import('./run-plan').Tried} first
 * @param {import('./run-plan').Tried} last the same as `first` if nothing was run again
 * @param {boolean} excluded
 * @returns {Result}
 */
function judge(name, first, last, excluded) {
  const { builtin, rsnet } = last;
  const flaky = flakes(first, last);
  const result = {
    name,
    builtin: word(builtin),
    rsnet: word(rsnet),
    seconds: Number((rsnet ?? builtin).seconds.toFixed(2)),
    verdict: 'pass',
    flaky: Object.keys(flaky),
    reason: (rsnet ?? builtin).reason,
    output: (rsnet ?? builtin).output,
  };
  if (builtin && !builtin.ok) return { ...result, verdict: 'uncounted', reason: `built-in: ${builtin.reason}` };
  if (rsnet.skipped && builtin && !builtin.skipped) {
    Object.assign(result, { rsnet: 'fail', verdict: 'fail', reason: 'skips itself, unlike on the built-in' });
  } else if (!rsnet.ok) {
    result.verdict = 'fail';
  } else if (result.flaky.length > 0) {
    const [[side, { reason, output }]] = Object.entries(flaky).reverse();
    Object.assign(result, { reason: `flaky under load: ${side}: ${reason}; passes alone`, output });
  }
  if (excluded) result.verdict = 'excluded';
  return result;
}

module.exports = { judge };
