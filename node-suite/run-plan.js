'use strict';

const { Baseline } = require('./baseline');
const { runFile } = require('./run-file');
const { schedule } = require('./schedule');

/**
 * @typedef {object} Result
 * @property {string} name the test file's
 * @property {'pass'|'skip'|'fail'|'not run'} builtin
 * @property {'pass'|'skip'|'fail'|'not run'} rsnet
 * @property {number} seconds on rsnet, of the longest run
 * @property {'pass'|'fail'|'uncounted'|'excluded'} verdict `uncounted`: the built-in fails as well
 * @property {string} reason why not passed, in a few words
 * @property {string} output what the failed process wrote
 */

/**
 * One word for an outcome.
 * @param {import('./run-file').Outcome} outcome
 * @returns {'pass'|'skip'|'fail'}
 */
function word(outcome) {
  if (!outcome.ok) return 'fail';
  return outcome.skipped ? 'skip' : 'pass';
}

/**
 * Runs a file on rsnet as often as planned, or until it fails.
 * @param {number} times
 * @param {() => Promise<import('./run-file').Outcome>} run
 * @returns {Promise<import('./run-file').Outcome>} the failed run, or the longest one
 */
async function repeated(times, run) {
  let longest;
  for (let i = 1; i <= times; i++) {
    const outcome = await run();
    if (!outcome.ok) {
      const reason = times > 1 ? `${outcome.reason} in run ${i}` : outcome.reason;
      return { ...outcome, reason };
    }
    if (!longest || outcome.seconds > longest.seconds) longest = outcome;
  }
  return longest;
}

/**
 * Puts the two outcomes of a file together.
 * @param {string} name
 * @param {import('./run-file').Outcome|undefined} builtin
 * @param {import('./run-file').Outcome|undefined} rsnet
 * @param {boolean} excluded
 * @returns {Result}
 */
function judge(name, builtin, rsnet, excluded) {
  const result = {
    name,
    builtin: builtin ? word(builtin) : 'not run',
    rsnet: rsnet ? word(rsnet) : 'not run',
    seconds: Number((rsnet ?? builtin).seconds.toFixed(2)),
    verdict: 'pass',
    reason: (rsnet ?? builtin).reason,
    output: (rsnet ?? builtin).output,
  };
  if (!rsnet) return { ...result, verdict: 'uncounted', reason: `built-in: ${builtin.reason}` };
  if (rsnet.skipped && builtin && !builtin.skipped) {
    Object.assign(result, { rsnet: 'fail', verdict: 'fail', reason: 'skips itself, unlike on the built-in' });
  } else if (!rsnet.ok) {
    result.verdict = 'fail';
  }
  if (excluded) result.verdict = 'excluded';
  return result;
}

/**
 * Carries a plan out. Every process it starts ends within its time limit, so the run ends.
 * @param {import('./plan').Plan} plan
 * @returns {{results: Map<string, Promise<Result>>, finish: () => void}} the results by file name, in the
 *   order of the plan's files; `finish`, to be called when all are there, notes what the built-in passed
 */
function runPlan(plan) {
  const baseline = new Baseline(plan.baselineFile, plan.refresh);
  const { lane, limit, scratch } = plan;
  const setup = { node: plan.node.path, suite: plan.suite.folder, lane, limit, scratch };
  const job = async (file) => {
    const run = (rsnet) => runFile(file, { ...setup, rsnet });
    const builtin = plan.compare ? await baseline.outcome(file.name, () => run(false)) : undefined;
    const rsnet = builtin && !builtin.ok ? undefined : await repeated(plan.repeat, () => run(true));
    return judge(file.name, builtin, rsnet, Object.hasOwn(plan.excluded, file.name));
  };
  const finish = () => {
    if (plan.compare) baseline.save();
  };
  return { results: schedule(plan.files, plan.jobs, job), finish };
}

module.exports = { runPlan };
