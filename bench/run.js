'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { findBinary } = require('../node-suite/binary');
const { findSuite } = require('../node-suite/source');
const { busyWarning, describeMachine } = require('./machine');
const { USAGE, parseOptions } = require('./options');
const { BASE, preparePeers } = require('./peers');
const { Progress } = require('./progress');
const { formatMetric, formatRatio } = require('./report/format');
const { summarize } = require('./report/summary');
const { mergeResults, publish, writeReport } = require('./report/write');
const { chooseScenarios } = require('./scenarios');
const { runScenario } = require('./schedule');

/**
 * Finds Node's benchmark folder, if a scenario needs it. Without it these scenarios are left out.
 * @param {import('./scenarios').Scenario[]} scenarios
 * @param {string|undefined} node
 * @param {Progress} progress
 * @returns {Promise<string|undefined>}
 */
async function findBenchmark(scenarios, node, progress) {
  if (!scenarios.some(({ kind }) => kind === 'suite')) return undefined;
  const say = (text) => progress.notice(text);
  try {
    const { folder } = await findSuite(findBinary(node, say), say);
    const benchmark = path.join(folder, 'benchmark');
    if (!fs.existsSync(path.join(benchmark, 'common.js'))) throw new Error(`${folder} has no benchmarks`);
    return benchmark;
  } catch (error) {
    progress.notice(`Node's own benchmark/net is left out: ${error.message}`);
    return undefined;
  }
}

/**
 * One scenario's outcome in a line.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./schedule').Outcome} outcome
 * @returns {string}
 */
function brief(scenario, outcome) {
  const metric = scenario.metric ?? 'rate';
  const parts = Object.entries(summarize(outcome, BASE)).map(([id, { medians, ratios }]) => {
    const value = formatMetric(scenario, metric, medians[metric]);
    return id === BASE ? `${id} ${value}` : `${id} ${value} (${formatRatio(ratios[metric]?.median)})`;
  });
  return parts.join(', ') || 'nothing could be measured';
}

/**
 * Runs the benchmark.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code: 1 if rsnet or the built-in failed in a turn
 */
async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  let scenarios = chooseScenarios(options);
  if (scenarios.length === 0) throw new Error('--only matches no scenario; --list prints them');
  if (options.list) {
    for (const { id, title } of scenarios) console.log(`${id}\t${title}`);
    return 0;
  }
  if (process.platform !== 'linux') throw new Error('the benchmark reads /proc and runs on Linux only');

  const progress = new Progress(scenarios.length);
  const notice = (text) => progress.notice(text);
  const older = options.merge && JSON.parse(fs.readFileSync(options.merge, 'utf8'));
  const folder = await findBenchmark(scenarios, options.node, progress);
  if (!folder) scenarios = scenarios.filter(({ kind }) => kind !== 'suite');
  progress.total = scenarios.length;
  const peers = await preparePeers(options.peers, { node: options.node, say: notice, notice });
  const machine = describeMachine({ ...options, peers });
  if (busyWarning(machine)) notice(busyWarning(machine));

  const outcomes = {};
  for (const scenario of scenarios) {
    progress.begin();
    const outcome = await runScenario(scenario, peers, { ...options, folder, progress });
    outcomes[scenario.id] = outcome;
    progress.end(scenario, brief(scenario, outcome));
  }

  let results = { machine, base: BASE, peers: peers.map(({ id, title }) => ({ id, title })), outcomes };
  if (older) results = mergeResults(results, older);
  const { report, markdown, files } = writeReport(results, options.json);
  console.log(`\n${markdown}`);
  notice(`written: ${files.join(', ')}`);
  if (options.publish) {
    publish(report, markdown);
    notice('docs/performance.md is up to date');
  }
  const failed = Object.values(outcomes).flatMap(({ failures }) => Object.keys(failures));
  return failed.some((id) => id === BASE || id.startsWith('rsnet')) ? 1 : 0;
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
