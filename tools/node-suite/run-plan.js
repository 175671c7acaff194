'use strict';

const { Baseline } = require('./baseline');
const { judge } = require('./judge');
const { runFile } = require('./run-file');
const { schedule } = require('./schedule');

/**
 * @typedef {object} Tried how a file went so far
 * @property {import('./run-file').Outcome} [builtin] missing if not run
 * @property {import('./run-file').Outcome} [rsnet] missing if not run
 */

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

/** How one file is run, on the built-in and on rsnet. */
class Runs {
  /**
   * @param {import('./plan').Plan} plan
   * @param {Baseline} baseline
   */
  constructor(plan, baseline) {
    const { backend, limit, node, scratch, suite } = plan;
    this.plan = plan;
    this.baseline = baseline;
    this.setup = { node: node.path, suite: suite.folder, backend, limit, scratch };
  }

  /**
   * Runs a file on the built-in.
   * @param {import('./select').TestFile} file
   * @returns {Promise<import('./run-file').Outcome>}
   */
  async onBuiltin(file) {
    const outcome = await runFile(file, { ...this.setup, rsnet: false });
    this.baseline.note(file.name, outcome);
    return outcome;
  }

  /**
   * Runs a file on rsnet.
   * @param {import('./select').TestFile} file
   * @returns {Promise<import('./run-file').Outcome>}
   */
  onRsnet(file) {
    return repeated(this.plan.repeat, () => runFile(file, { ...this.setup, rsnet: true }));
  }

  /**
   * Runs what is to be run of a file: on rsnet what the built-in passes. Where the two are not to be compared, the
   * built-in is asked only about what does not pass on rsnet.
   * @param {import('./select').TestFile} file
   * @returns {Promise<Tried>}
   */
  async first(file) {
    let builtin = this.baseline.kept(file.name);
    if (!builtin && this.plan.compare) builtin = await this.onBuiltin(file);
    if (builtin && !builtin.ok) return { builtin };
    const rsnet = await this.onRsnet(file);
    if (!builtin && (!rsnet.ok || rsnet.skipped)) builtin = await this.onBuiltin(file);
    return { builtin, rsnet };
  }

  /**
   * Runs again what has failed.
   * @param {import('./select').TestFile} file
   * @param {Tried} first
   * @returns {Promise<Tried>}
   */
  async again(file, first) {
    const builtin = first.builtin && !first.builtin.ok ? await this.onBuiltin(file) : first.builtin;
    if (builtin && !builtin.ok) return { ...first, builtin };
    return { builtin, rsnet: first.rsnet?.ok ? first.rsnet : await this.onRsnet(file) };
  }
}

/**
 * Whether a file is to have another try: a busy moment of the machine must neither take it out of the count nor be
 * taken for a failure of rsnet. There is none where the runs are repeated to find just that.
 * @param {Tried} tried
 * @param {boolean} excluded
 * @param {number} repeat
 * @returns {boolean}
 */
function wantsAgain({ builtin, rsnet }, excluded, repeat) {
  if (builtin && !builtin.ok) return true;
  return !rsnet.ok && !excluded && repeat === 1;
}

/**
 * Carries a plan out. Every process it starts ends within its time limit, so the run ends.
 * @param {import('./plan').Plan} plan
 * @returns {{results: Map<string, Promise<import('./judge').Result>>, finish: () => void}} the results by file name,
 *   in the order of the plan's files; `finish`, to be called when all are there, notes what the built-in passed
 */
function runPlan(plan) {
  const baseline = new Baseline(plan.baselineFile, plan.refresh);
  const runs = new Runs(plan, baseline);
  const job = async (file) => {
    const excluded = Object.hasOwn(plan.excluded, file.name);
    const first = await runs.first(file);
    if (!wantsAgain(first, excluded, plan.repeat)) return { result: judge(file.name, first, first, excluded) };
    return { again: async () => judge(file.name, first, await runs.again(file, first), excluded) };
  };
  return { results: schedule(plan.files, plan.jobs, job), finish: () => baseline.save() };
}

module.exports = { runPlan };
