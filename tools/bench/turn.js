'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { LOAD, PROGRAMS } = require('./paths');
const { Running } = require('./process');
const { profiled, watched } = require('./profile/watched');
const { rhythmOf } = require('./standing');
const { runTool } = require('./tools');
const { usageOf } = require('./usage');

/** Seconds that a turn may take beyond its warm-up and measured time. */
const GRACE = 30;
/** Milliseconds that failing processes have for their messages. */
const LAST_WORDS = 500;
/** How often a tool that got no answer is tried, each time for so many times longer. */
const ATTEMPTS = 3;
const LONGER = 4;

/**
 * @typedef {object} Times
 * @property {number} warm milliseconds before the measured window
 * @property {number} time milliseconds of the measured window
 */

/**
 * What one turn measured.
 * @typedef {object} Result
 * @property {number} rate units of work in a second
 * @property {number} cpu seconds of processor time, user and system, of the program under test for one unit
 * @property {number} cpuUser
 * @property {number} cpuSystem seconds of each in the measured window
 * @property {number} peak the most resident memory, bytes
 * @property {number} [mean]
 * @property {number} [p50]
 * @property {number} [p99] latencies in microseconds
 * @property {number} [beside] bytes a second of the transfer beside it
 * @property {number} [loadBusy] how busy the load was, 0 to 1: near 1, it held the program under test back
 * @property {number} [memory] bytes for each idle connection
 * @property {number} [acceptMs] milliseconds in which they were accepted
 * @property {{samples: number, shares: import('./profile/shares').Shares}} [profile] what perf has seen
 */

/**
 * What turns get beside scenario and peer.
 * @typedef {object} Setting
 * @property {string} [benchmark] folder of Node's benchmark that belongs to the peer
 * @property {string} folder for files
 * @property {Record<string, string>} paths of files that programs under test read
 * @property {object} [server] where the scenario's service is
 * @property {boolean} [profile] whether perf watches the program under test
 */

/**
 * What a turn works with.
 * @typedef {object} Turn
 * @property {import('./scenarios').Scenario} scenario
 * @property {import('./peers').Peer} peer
 * @property {Times} times
 * @property {Setting} setting
 * @property {number} limit seconds that each process may take
 * @property {(command: import('./peers').Command) => Running} start
 * @property {import('./standing').Standing} standing servers that stay up
 */

/**
 * The load's command.
 * @param {string} role
 * @param {object} options
 * @param {number} limit seconds
 * @returns {{file: string, args: string[]}}
 */
function loadCommand(role, options, limit) {
  const pairs = Object.entries({ ...options, limit: Math.ceil(limit) });
  return { file: LOAD, args: [role, ...pairs.map(([key, value]) => `${key}=${value}`)] };
}

/**
 * The command on the first processor that this process may use, by taskset(1); the process id stays.
 * @param {{file: string, args: string[], env?: object}} command
 * @returns {{file: string, args: string[], env?: object}}
 */
function pin({ file, args, ...more }) {
  const [, first] = fs.readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\d+)/m);
  return { file: 'taskset', args: ['--cpu-list', first, file, ...args], ...more };
}

/**
 * Runs the load beside a process under test, and fails when either does.
 * @param {Running} load
 * @param {Running} tested
 * @returns {Promise<Result>}
 */
async function measure(load, tested) {
  load.say(tested.pid);
  const died = tested.ended.then(() => tested.line());
  const result = await Promise.race([load.json(), died]);
  return { ...result, cpu: (result.cpuUser + result.cpuSystem) / result.units };
}

/**
 * The command of a program under test.
 * @param {Turn} turn
 * @param {object} [more] options besides the scenario's
 * @returns {import('./peers').Command}
 */
function testedCommand({ scenario: { network, tested }, peer, setting }, more = {}) {
  if (tested.file === undefined) return profiled(setting, peer.program(tested.role, { ...tested.options, ...more }));
  const options = JSON.stringify({ ...setting.paths, ...tested.options, ...more });
  const command = profiled(setting, peer.script(path.join(PROGRAMS, tested.file), [tested.role, options]));
  return network === undefined ? command : inNetwork(network, command);
}

/**
 * The command in a network namespace of its own, by unshare(1).
 * @param {string} setup commands of a shell
 * @param {import('./peers').Command} command
 * @returns {import('./peers').Command}
 */
function inNetwork(setup, { file, args, ...more }) {
  return { file: 'unshare', args: ['-n', 'sh', '-ec', `${setup}; exec "$0" "$@"`, file, ...args], ...more };
}

/**
 * The program under test is a server, the load its clients.
 * @param {Turn} turn
 * @returns {Promise<Result>}
 */
async function serverTurn(turn) {
  const { scenario, times, limit, start } = turn;
  const place = scenario.pinned ? pin : (command) => command;
  const more = {};
  if (scenario.upstream) {
    const { role, options } = scenario.upstream;
    more.ports = [(await start(loadCommand(role, { ...options }, limit)).json()).port];
  }
  const tested = start(place(testedCommand(turn, more)));
  const { port, bulk } = await tested.json();
  const options = { ...scenario.load.options, ...times, addr: `127.0.0.1:${port}` };
  if (scenario.load.bulk) options.bulk = `127.0.0.1:${bulk}`;
  return watched(turn.setting, tested.pid,
    () => measure(start(place(loadCommand(scenario.load.role, options, limit))), tested), times.warm);
}

/**
 * The program under test is a client, the load its server.
 * @param {Turn} turn
 * @returns {Promise<Result>}
 */
async function clientTurn(turn) {
  const { scenario, times, limit, start } = turn;
  const load = start(loadCommand(scenario.load.role, { ...scenario.load.options, ...times }, limit));
  const { ports } = await load.json();
  return measure(load, start(testedCommand(turn, { ports })));
}

/**
 * Lets a tool work on a server that stays up.
 * @param {Turn} turn
 * @param {number} time milliseconds
 * @returns {Promise<import('./tools').Seen>}
 */
function work({ scenario, peer, setting, start, standing }, time) {
  const { tested, facts: { port } } = standing.program(peer.id);
  const died = tested.ended.then(() => tested.line());
  return Promise.race([runTool(scenario.load, { port, folder: setting.folder, time, start }), died]);
}

/**
 * The program under test is a server that stays up, and a tool its client.
 * @param {Turn} turn
 * @returns {Promise<Result>}
 */
async function toolTurn(turn) {
  const { tested } = turn.standing.program(turn.peer.id);
  await work(turn, rhythmOf(turn.scenario).wake);
  return watched(turn.setting, tested.pid, () => measureByTool(turn, tested));
}

/**
 * @param {Turn} turn
 * @param {Running} tested the server
 * @returns {Promise<Result>}
 */
async function measureByTool(turn, tested) {
  const { scenario, times } = turn;
  // On a busy machine a short time may pass before the first answer.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = usageOf(tested.pid);
    const { units, seconds, mean, p50, p99, loadBusy } = await work(turn, times.time * LONGER ** attempt);
    if (units === 0) continue;
    const after = usageOf(tested.pid);
    return {
      rate: units / seconds,
      cpu: (after.cpu - before.cpu) / units,
      cpuUser: after.user - before.user,
      cpuSystem: after.system - before.system,
      peak: after.peak,
      mean, p50, p99, loadBusy,
    };
  }
  throw new Error(`${scenario.load.tool}: no request was answered`);
}

/**
 * The program under test is a client that stays up, and measures itself when it is told to.
 * @param {Turn} turn
 * @returns {Promise<Result>}
 */
async function selfTurn({ scenario, peer, times, setting, standing }) {
  const { tested } = standing.program(peer.id);
  return watched(setting, tested.pid, async () => {
    tested.say(JSON.stringify({ warm: rhythmOf(scenario).wake, time: times.time }));
    const { units, seconds, ...rest } = await tested.json();
    return { ...rest, rate: units / seconds, cpu: (rest.cpuUser + rest.cpuSystem) / units };
  });
}

/**
 * Starts a program that stays up, and lets it warm up.
 * @param {Turn} turn
 * @returns {Promise<void>}
 */
async function begin(turn) {
  const { scenario, peer, times, setting, standing } = turn;
  const limit = Math.ceil(standing.limit);
  const { tested } = await standing.begin(peer.id, testedCommand(turn, { limit, server: setting.server }));
  if (scenario.kind === 'tool') {
    await work(turn, times.warm);
    return;
  }
  tested.say(JSON.stringify({ warm: 0, time: times.warm }));
  await tested.json();
}

/**
 * A port that is free now. Node's benchmark wants to be told one.
 * @returns {Promise<number>}
 */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * One configuration of Node's own benchmark. It measures itself; processor time is that of the whole process.
 * @param {Turn} turn
 * @returns {Promise<Result>}
 */
async function suiteTurn({ scenario, peer, times, setting, limit, start }) {
  const seconds = times.time / 1000;
  const file = path.join(setting.benchmark, scenario.file);
  const { file: program, args, env } = peer.script(file, [...scenario.args, `dur=${seconds}`]);
  const more = { PORT: String(await freePort()), NODE_RUN_BENCHMARK_FN: '' };
  const words = ['child', String(Math.ceil(limit)), program, ...args];
  const running = start({ file: LOAD, args: words, env: { ...env, ...more } });
  let rate;
  const used = await running.json((line) => {
    const found = line.match(/^net\/.*: ([\d,.]+(?:e[+-]?\d+)?)$/);
    if (found) rate = Number(found[1].replaceAll(',', ''));
  });
  if (used.exit !== 0 || rate === undefined) {
    throw new Error(`${scenario.title} gave no result: ${running.errors.trim() || `exit code ${used.exit}`}`);
  }
  const { cpuUser, cpuSystem, peak } = used;
  return { rate, cpu: (cpuUser + cpuSystem) / (rate * seconds), cpuUser, cpuSystem, peak };
}

/**
 * Starts a process that ends at once, again and again. Processor time and memory are those of the process.
 * @param {Turn} turn
 * @returns {Promise<Result>}
 */
async function startTurn({ scenario, peer, times, limit, start }) {
  const { file, args, env: { RSNET_STRICT: _strict, ...env } } =
    peer.script(scenario.command[0], scenario.command.slice(1));
  // With RSNET_STRICT, rsnet would be loaded though nobody needs it.
  const command = { file: LOAD, args: ['child', String(Math.ceil(limit)), file, ...args], env };
  const once = async () => {
    const begun = performance.now();
    const running = start(command);
    const used = await running.json();
    if (used.exit !== 0) throw new Error(`the process ended with ${used.exit}: ${running.errors.trim()}`);
    return { ...used, took: (performance.now() - begun) * 1000 };
  };
  // The first one reads its files from the disk.
  await once();
  const begun = performance.now();
  const all = [];
  while (all.length === 0 || performance.now() - begun < times.time) all.push(await once());
  const seconds = (performance.now() - begun) / 1000;
  const sum = (of) => all.reduce((total, one) => total + of(one), 0);
  const took = all.map((one) => one.took).sort((a, b) => a - b);
  const [cpuUser, cpuSystem] = [sum((one) => one.cpuUser), sum((one) => one.cpuSystem)];
  return {
    rate: all.length / seconds,
    cpu: (cpuUser + cpuSystem) / all.length,
    cpuUser,
    cpuSystem,
    peak: Math.max(...all.map(({ peak }) => peak)),
    mean: sum((one) => one.took) / all.length,
    p50: took[Math.floor(took.length / 2)],
    p99: took[Math.min(took.length - 1, Math.floor(took.length * 0.99))],
  };
}

const KINDS = {
  server: serverTurn, client: clientTurn, suite: suiteTurn, tool: toolTurn, self: selfTurn, start: startTurn,
};

/**
 * Does something for one peer, and ends what it has started. Where it fails, the peer's program that stays up is ended,
 * too.
 * @template T
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {Times} times
 * @param {Setting} setting
 * @param {import('./standing').Standing} standing
 * @param {(turn: Turn) => Promise<T>} act
 * @returns {Promise<T>}
 * @throws {Error} if a process fails or takes too long
 */
async function guarded(scenario, peer, times, setting, standing, act) {
  const started = [];
  const limit = GRACE + (times.warm + times.time) / 1000;
  const start = (command) => {
    const running = new Running(command, limit);
    started.push(running);
    return running;
  };
  try {
    return await act({ scenario, peer, times, setting, limit, start, standing });
  } catch (error) {
    // Either end may have failed first: show what both say, and let a crash end its message.
    const all = [...started, ...standing.processes(peer.id)];
    await Promise.race([Promise.all(all.map(({ ended }) => ended)), sleep(LAST_WORDS)]);
    await standing.stop(peer.id);
    const errors = all.map((running) => running.errors.trim());
    const said = errors.filter((text) => text && !error.message.includes(text));
    throw new Error([error.message, ...said].join('; '), { cause: error });
  } finally {
    await Promise.all(started.map((running) => running.stop()));
  }
}

/**
 * Starts a peer's program that stays up. The parameters and errors are those of `guarded`.
 * @returns {Promise<void>} when it has warmed up
 */
function beginTurns(scenario, peer, times, setting, standing) {
  return guarded(scenario, peer, times, setting, standing, begin);
}

/**
 * Runs one scenario once for one peer. The parameters and errors are those of `guarded`.
 * @returns {Promise<Result>}
 */
function runTurn(scenario, peer, times, setting, standing) {
  return guarded(scenario, peer, times, setting, standing, KINDS[scenario.kind]);
}

module.exports = { beginTurns, runTurn };
