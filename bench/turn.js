'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { LOAD } = require('./paths');
const { Running } = require('./process');

/** Seconds that a turn may take beyond its warm-up and measured time. */
const GRACE = 30;
/** Milliseconds that failing processes have for their messages. */
const LAST_WORDS = 500;

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
 * The program under test is a server, the load its clients.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {Times} times
 * @param {(running: Running) => Running} keep told each process started
 * @returns {Promise<Result>}
 */
async function serverTurn(scenario, peer, times, keep) {
  const limit = GRACE + (times.warm + times.time) / 1000;
  const place = scenario.pinned ? pin : (command) => command;
  const tested = keep(new Running(place(peer.program(scenario.tested.role, scenario.tested.options)), limit));
  const { port, bulk } = await tested.json();
  const options = { ...scenario.load.options, ...times, addr: `127.0.0.1:${port}` };
  if (scenario.load.bulk) options.bulk = `127.0.0.1:${bulk}`;
  const load = keep(new Running(place(loadCommand(scenario.load.role, options, limit)), limit));
  return measure(load, tested);
}

/**
 * The program under test is a client, the load its server.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {Times} times
 * @param {(running: Running) => Running} keep told each process started
 * @returns {Promise<Result>}
 */
async function clientTurn(scenario, peer, times, keep) {
  const limit = GRACE + (times.warm + times.time) / 1000;
  const options = { ...scenario.load.options, ...times };
  const load = keep(new Running(loadCommand(scenario.load.role, options, limit), limit));
  const { ports } = await load.json();
  const command = peer.program(scenario.tested.role, { ...scenario.tested.options, ports });
  const tested = keep(new Running(command, limit));
  return measure(load, tested);
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
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {Times} times
 * @param {(running: Running) => Running} keep told each process started
 * @param {string} folder Node's benchmark folder
 * @returns {Promise<Result>}
 */
async function suiteTurn(scenario, peer, times, keep, folder) {
  const seconds = times.time / 1000;
  const limit = GRACE + seconds;
  const file = path.join(folder, scenario.file);
  const { file: program, args, env } = peer.script(file, [...scenario.args, `dur=${seconds}`]);
  const more = { PORT: String(await freePort()), NODE_RUN_BENCHMARK_FN: '' };
  const words = ['child', String(Math.ceil(limit)), program, ...args];
  const running = keep(new Running({ file: LOAD, args: words, env: { ...env, ...more } }, limit));
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

const KINDS = { server: serverTurn, client: clientTurn, suite: suiteTurn };

/**
 * Runs one scenario once for one peer.
 * @param {import('./scenarios').Scenario} scenario
 * @param {import('./peers').Peer} peer
 * @param {Times} times
 * @param {string} [folder] Node's benchmark folder
 * @returns {Promise<Result>}
 * @throws {Error} if a process fails or takes too long
 */
async function runTurn(scenario, peer, times, folder) {
  const started = [];
  const keep = (running) => {
    started.push(running);
    return running;
  };
  try {
    return await KINDS[scenario.kind](scenario, peer, times, keep, folder);
  } catch (error) {
    // Either end may have failed first: show what both say, and let a crash end its message.
    await Promise.race([Promise.all(started.map(({ ended }) => ended)), sleep(LAST_WORDS)]);
    const errors = started.map((running) => running.errors.trim());
    const said = errors.filter((text) => text && !error.message.includes(text));
    throw new Error([error.message, ...said].join('; '), { cause: error });
  } finally {
    await Promise.all(started.map((running) => running.stop()));
  }
}

module.exports = { runTurn };
