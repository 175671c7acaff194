'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { findSuite } = require('../node-suite/source');
const { busyWarning, describeMachine } = require('./machine');
const network = require('./network');
const { USAGE, parseOptions } = require('./options');
const { KNOWN, factsOf, makePeers } = require('./peers');
const { build, prepareRuntimes } = require('./peers/prepare');
const recorder = require('./profile/recorder');
const { renderProfiles } = require('./profile/table');
const { Progress } = require('./progress');
const { putBetween } = require('./report/document');
const { formatMetric, formatRatio } = require('./report/format');
const { summarize } = require('./report/summary');
const { mergeResults, publish, whenMeasured, writeReport } = require('./report/write');
const { chooseScenarios } = require('./scenarios');
const { runScenario } = require('./schedule');
const { Services, obstacle, prepareServices } = require('./services');

/** Kinds of scenarios whose program perf can watch while it is measured. */
const WATCHABLE = new Set(['tool', 'self', 'server']);

/** The congestion control that bulk rows run with, too. */
const SECOND = 'bbr';

/**
 * Everything that is fetched or built before the first turn, as plain data.
 * @typedef {object} Prepared
 * @property {import('./peers/prepare').Runtimes} runtimes
 * @property {Record<string, string>} benchmarks folders of Node's benchmark by Node
 * @property {Record<string, string>} missing why a tool or service is not there
 * @property {string} [control] the congestion control, if it can be chosen
 * @property {number} load the machine's load average before
 */

/**
 * Finds Node's benchmark folders, if a scenario needs them. Without one, these scenarios are left out for its Node.
 * @param {import('./scenarios').Scenario[]} scenarios
 * @param {Record<string, import('./peers/prepare').Runtime>} nodes
 * @param {(text: string) => void} notice
 * @returns {Promise<Record<string, string>>}
 */
async function findBenchmarks(scenarios, nodes, notice) {
  const benchmarks = {};
  if (!scenarios.some(({ kind }) => kind === 'suite')) return benchmarks;
  for (const [node, { version, sourceUrl }] of Object.entries(nodes)) {
    try {
      const { folder } = await findSuite({ version: `v${version}`, sourceUrl }, notice);
      const benchmark = path.join(folder, 'benchmark');
      if (!fs.existsSync(path.join(benchmark, 'common.js'))) throw new Error(`${folder} has no benchmarks`);
      benchmarks[node] = benchmark;
    } catch (error) {
      notice(`Node's own benchmark/net is left out on Node ${version}: ${error.message}`);
    }
  }
  return benchmarks;
}

/**
 * Fetches and builds what a run needs.
 * @param {import('./options').Options} options
 * @param {import('./scenarios').Scenario[]} scenarios
 * @param {(text: string) => void} notice
 * @returns {Promise<Prepared>}
 * @throws {Error} if rsnet, Node or the load cannot be had
 */
async function prepare({ peers, nodes, congestion }, scenarios, notice) {
  const needsLoad = scenarios.some(({ kind }) => ['server', 'client', 'suite', 'start'].includes(kind));
  await build(peers, needsLoad, notice);
  const runtimes = await prepareRuntimes(peers, nodes, notice);
  const benchmarks = await findBenchmarks(scenarios, runtimes.nodes, notice);
  const missing = await prepareServices(scenarios);
  const why = congestion === 'system' ? 'not asked for' : network.refusal(congestion);
  if (why !== undefined && congestion !== 'system') {
    notice(`no network namespace can be had (${why}): the system's congestion control is measured`);
  }
  const { load } = describeMachine({ turns: 1, quick: false, peers: [] });
  return { runtimes, benchmarks, missing, control: why === undefined ? congestion : undefined, load };
}

/**
 * One scenario's outcome in a line.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./schedule').Outcome} outcome
 * @param {import('./peers').Peer[]} peers
 * @returns {string}
 */
function brief(scenario, outcome, peers) {
  const metric = scenario.metric ?? 'rate';
  const parts = Object.entries(summarize(outcome, peers)).map(([id, { medians, ratios }]) => {
    const value = formatMetric(scenario, metric, medians[metric]);
    if (peers.some(({ base }) => base === id)) return `${id} ${value}`;
    const cpu = scenario.kind === 'suite' ? '' : `, CPU ${formatRatio(ratios.cpu?.median)}`;
    return `${id} ${value} (${formatRatio(ratios[metric]?.median)}${cpu})`;
  });
  return parts.join(', ') || 'nothing could be measured';
}

/**
 * Reads a file of results.
 * @param {string} file
 * @returns {import('./report/write').Results}
 */
function readResults(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/**
 * Writes and prints the report of some results.
 * @param {import('./report/write').Results} results
 * @param {import('./options').Options} options
 * @param {(text: string) => void} notice
 */
function present(results, options, notice) {
  const { report, markdown, files } = writeReport(results, options.json);
  console.log(`\n${markdown}`);
  notice(`written: ${files.join(', ')}`);
  if (options.publish) notice(`${publish(report, markdown)} is up to date`);
}

/**
 * Prints the profiles, and publishes them if that was asked for.
 * @param {import('./scenarios').Scenario[]} scenarios
 * @param {Record<string, import('./schedule').Outcome>} outcomes
 * @param {import('./peers').Peer[]} peers
 * @param {import('./machine').Machine} machine
 * @param {import('./options').Options} options
 * @param {(text: string) => void} notice
 */
function presentProfiles(scenarios, outcomes, peers, machine, options, notice) {
  const table = renderProfiles(scenarios, outcomes, peers);
  console.log(`\n${table}`);
  if (options.publish) notice(`${putBetween('profile', `${machine.text}\n\n${table}\n`)} is up to date`);
}

/**
 * Measures and reports.
 * @param {import('./options').Options} options
 * @param {import('./scenarios').Scenario[]} scenarios
 * @param {Prepared} prepared
 * @param {Progress} progress
 * @returns {Promise<number>} the exit code: 1 if rsnet or the built-in failed in a turn
 */
async function measure(options, scenarios, prepared, progress) {
  const notice = (text) => progress.notice(text);
  const { runtimes, benchmarks, missing, control, load } = prepared;
  const second = control && !options.profile && control !== SECOND && scenarios.some(({ bulk }) => bulk) &&
    network.hasCongestionControl(SECOND) ? SECOND : undefined;
  const peers = makePeers(options.peers, runtimes, second);
  const machine = describeMachine({ ...options, peers, control, system: network.getCongestionControl(), load });
  if (busyWarning(machine)) notice(busyWarning(machine));
  const older = options.merge && readResults(options.merge);
  const services = new Services();
  await services.prepare();

  const outcomes = {};
  for (const scenario of scenarios) {
    progress.begin();
    const why = obstacle(scenario, missing);
    if (why !== undefined) {
      progress.end(scenario, `left out, something is missing (${why})`);
      continue;
    }
    const outcome = await runScenario(scenario, peers, { ...options, benchmarks, control, services, progress });
    outcomes[scenario.id] = { ...outcome, measured: whenMeasured(machine) };
    progress.end(scenario, brief(scenario, outcome, peers));
  }

  const results = { suite: options.suite, machine, peers: peers.map(factsOf), outcomes };
  if (options.profile) presentProfiles(scenarios, outcomes, peers, machine, options, notice);
  else present(older ? mergeResults(results, older) : results, options, notice);
  const failed = new Set(Object.values(outcomes).flatMap(({ failures }) => Object.keys(failures)));
  return peers.some(({ id, kind }) => failed.has(id) && KNOWN[kind].runtime === 'node') ? 1 : 0;
}

/**
 * Runs the benchmark.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.report !== undefined) {
    present(readResults(options.report), options, (text) => console.error(text));
    return 0;
  }
  const scenarios = chooseScenarios(options).filter(({ kind }) => !options.profile || WATCHABLE.has(kind));
  if (scenarios.length === 0) throw new Error('--rows matches no scenario; --list prints them');
  if (options.list) {
    for (const { id, title } of scenarios) console.log(`${id}\t${title}`);
    return 0;
  }
  if (process.platform !== 'linux') throw new Error('the benchmark reads /proc and runs on Linux only');

  const why = options.profile ? recorder.refusal() : undefined;
  if (why !== undefined) throw new Error(`perf cannot watch programs here: ${why}`);

  const progress = new Progress(scenarios.length);
  if (network.isInside()) return measure(options, scenarios, await network.receive(), progress);
  const prepared = await prepare(options, scenarios, (text) => progress.notice(text));
  if (prepared.control === undefined) return measure(options, scenarios, prepared, progress);
  return network.runInside(args, prepared.control, prepared);
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error(`bench: ${error.message}`);
  process.exit(1);
});
