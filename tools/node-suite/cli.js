'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ensureAddon } = require('../../scripts/lib/addon');
const { ensureDependencies } = require('../../scripts/lib/dependencies');
const { readArgs, USAGE } = require('./args');
const { clearUp } = require('./groups');
const { makePlan } = require('./plan');
const { exclusions, failure, flakyOnes, header, line, shares, sharesMet, totals, writeJson } = require('./report');
const { runPlan } = require('./run-plan');

/**
 * Carries the plan out under jest.
 * @param {import('./plan').Plan} plan
 * @returns {Promise<boolean>} whether all is well
 */
async function runUnderJest(plan) {
  ensureDependencies();
  ensureAddon();
  const planFile = path.join(plan.scratch, 'plan.json');
  fs.writeFileSync(planFile, JSON.stringify(plan));
  fs.rmSync(plan.resultsFile, { force: true });
  console.log(header());
  const config = path.join(__dirname, 'jest.config.js');
  const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), '--config', config, '--runInBand'], {
    stdio: 'inherit',
    env: { ...process.env, NODE_SUITE_PLAN: planFile },
  });
  // Before the groups are ended, so that no further one is started.
  process.prependOnceListener('exit', () => jest.kill('SIGKILL'));
  const [code] = await once(jest, 'exit');
  if (!fs.existsSync(plan.resultsFile)) return false;
  const { results } = JSON.parse(fs.readFileSync(plan.resultsFile, 'utf8'));
  finalLines(plan, results);
  return code === 0 && sharesMet(plan, results);
}

/**
 * Carries the plan out in this process, showing only what fails.
 * @param {import('./plan').Plan} plan
 * @param {boolean} verbose whether to show the output of what fails
 * @returns {Promise<boolean>} whether all is well
 */
async function runDirectly(plan, verbose) {
  const { results, finish } = runPlan(plan);
  const done = [];
  await Promise.all(Array.from(results.values(), async (promise) => {
    const result = await promise;
    done.push(result);
    if (result.verdict !== 'fail') return;
    console.log(verbose ? failure(result) : line(result));
  }));
  finish();
  writeJson(plan, done);
  finalLines(plan, done);
  return done.every(({ verdict }) => verdict !== 'fail') && sharesMet(plan, done);
}

/**
 * Prints what comes below the table.
 * @param {import('./plan').Plan} plan
 * @param {import('./judge').Result[]} results
 */
function finalLines(plan, results) {
  const lines = [...flakyOnes(results), ...exclusions(plan, results), ...shares(plan, results)];
  for (const text of lines) console.log(text);
  console.log(totals(plan, results));
  console.log(`written to ${path.relative(process.cwd(), plan.resultsFile)}`);
}

/**
 * The command.
 * @param {string[]} argv its arguments
 * @returns {Promise<boolean>} whether all is well
 */
async function main(argv) {
  const options = readArgs(argv);
  if (options.help) {
    console.log(USAGE);
    return true;
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-'));
  process.once('exit', () => clearUp(scratch));
  const plan = await makePlan(options, (text) => console.error(`node-suite: ${text}`), scratch);
  if (options.list) {
    for (const { name } of plan.files) console.log(name);
    return true;
  }
  return options.jest ? runUnderJest(plan) : runDirectly(plan, options.verbose);
}

// A signal must end what has been started, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).then((well) => {
  process.exitCode = well ? 0 : 1;
}, (error) => {
  console.error(`node-suite: ${error.message}`);
  process.exitCode = 1;
});
