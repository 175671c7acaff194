'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { environment, unlimited } = require('./peers');
const { PROGRAMS } = require('./paths');
const { usageOf } = require('./usage');

const HOST = '127.0.0.1';

/** Seconds that wrk is told to run. It is interrupted when its time is over: it knows whole seconds only. */
const LONG = 60;

/** Requests that may fail before a turn counts as failed: a part of all, and a few that meet the end of the load. */
const FAILURES = 0.01;
const FEW = 10;

/** Milliseconds between two looks at a tool that begins. */
const STEP = 2;

/** Milliseconds that h2load may take beyond its time. */
const PATIENCE = 5000;

/**
 * What a tool saw.
 * @typedef {object} Seen
 * @property {number} units requests that were answered
 * @property {number} seconds
 * @property {number} [mean]
 * @property {number} [p50]
 * @property {number} [p99] latencies in microseconds
 * @property {number} [errors] requests that failed
 * @property {number} [loadBusy] part of the time for which the tool was busy
 */

/**
 * Where a tool works.
 * @typedef {object} Place
 * @property {number} port of the server under test
 * @property {string} folder for files
 * @property {number} time milliseconds
 * @property {(command: import('./peers').Command) => import('./process').Running} start
 */

/**
 * One of the field's tools.
 * @typedef {object} Tool
 * @property {string} [program]
 * @property {string[]} [packages] of Debian
 * @property {(options: object, place: Place, role?: string) => Promise<Seen>} run
 */

/**
 * @param {object} options
 * @param {number} port
 * @returns {string}
 */
function urlOf({ tls, path: pathname }, port) {
  return `${tls ? 'https' : 'http'}://${HOST}:${port}${pathname}`;
}

/**
 * Whether a process has ended.
 * @param {import('./process').Running} running
 * @returns {boolean}
 */
function isOver({ child }) {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * Waits until a tool catches SIGINT (`SigCgt`, proc(5)), which would end it without a result before. The shell that
 * begins it may catch that as well.
 * @param {import('./process').Running} running
 * @param {string} program its name
 * @returns {Promise<void>} also when it has ended
 */
async function untilInterruptible(running, program) {
  while (!isOver(running)) {
    const status = fs.readFileSync(`/proc/${running.pid}/status`, 'utf8');
    const [, name, caught] = status.match(/^Name:\s*(\S+)[^]*^SigCgt:\s*([0-9a-f]+)/m);
    const catches = (BigInt(`0x${caught}`) >> BigInt(os.constants.signals.SIGINT - 1)) & 1n;
    if (name === program && catches) return;
    await sleep(STEP);
  }
}

/**
 * Waits until a tool's time is over.
 * @param {import('./process').Running} running
 * @param {number} time milliseconds
 * @returns {Promise<number|undefined>} for which part of it the tool was busy; undefined if it has ended
 */
async function watch(running, time) {
  const start = performance.now();
  await Promise.race([sleep(time), running.ended]);
  if (isOver(running)) return undefined;
  const { at, cpu } = usageOf(running.pid);
  return cpu / ((at - start) / 1000);
}

/**
 * One of some values in order.
 * @param {number[]} sorted
 * @param {number} share 0 to 1
 * @returns {number}
 */
function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * Sums up h2load's log: start, status and microseconds of each request.
 * @param {string} file
 * @returns {Pick<Seen, 'mean'|'p50'|'p99'>}
 */
function readLog(file) {
  const times = fs.readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => Number(line.split('\t')[2]));
  times.sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { mean, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** @type {Record<string, Tool>} */
const TOOLS = {
  wrk: {
    program: 'wrk',
    packages: ['wrk'],
    async run({ connections, headers = [], body, ...options }, { port, time, start }) {
      const env = environment(body === undefined ? {} : { BENCH_BODY: String(body) });
      const running = start(unlimited('wrk', [
        '--threads', '1', '--connections', String(connections), '--duration', String(LONG), '--timeout', '10',
        ...headers.flatMap((header) => ['--header', header]),
        '--script', path.join(PROGRAMS, 'wrk.lua'), urlOf(options, port),
      ], env));
      await untilInterruptible(running, 'wrk');
      const loadBusy = await watch(running, time);
      running.child.kill('SIGINT');
      return { ...await running.json(), loadBusy };
    },
  },

  h2load: {
    program: 'h2load',
    packages: ['nghttp2-client'],
    async run({ connections, streams, ...options }, { port, time, folder, start }) {
      const log = path.join(folder, 'h2load.log');
      fs.rmSync(log, { force: true });
      const running = start(unlimited('h2load', [
        `--clients=${connections}`, `--max-concurrent-streams=${streams}`, `--duration=${time}ms`,
        `--log-file=${log}`, urlOf(options, port),
      ], environment({})));
      // It ends by itself, and has nothing to ask afterwards.
      const loadBusy = await watch(running, time * 0.9);
      // With no connection made in time, h2load waits for ever.
      const timer = setTimeout(() => running.kill(), time + PATIENCE);
      let found;
      let duration;
      try {
        while (!found) {
          const line = await running.line();
          duration ??= line.match(/^finished in ([\d.]+)(ms|s),/);
          found = line.match(/^requests: .* (\d+) succeeded, (\d+) failed/);
        }
        await running.ended;
      } catch (error) {
        if (running.child.signalCode === null) throw error;
      } finally {
        clearTimeout(timer);
      }
      if (!found || !duration) return { units: 0, seconds: time / 1000, errors: 0 };
      const [units, errors] = [Number(found[1]), Number(found[2])];
      const seconds = Number(duration[1]) / (duration[2] === 'ms' ? 1000 : 1);
      return { units, seconds, errors, loadBusy, ...readLog(log) };
    },
  },

  /** A role of programs/load.cjs, on the built-in of the Node that runs the bench. */
  script: {
    async run(options, { port, time, start }, role) {
      const words = [path.join(PROGRAMS, 'load.cjs'), role, JSON.stringify({ ...options, port, warm: 0, time })];
      const seen = await start(unlimited(process.execPath, words, environment({}))).json();
      return { ...seen, loadBusy: (seen.cpuUser + seen.cpuSystem) / seen.seconds };
    },
  },
};

/**
 * Lets a tool work for a while.
 * @param {import('./scenarios').Load} load
 * @param {Place} place
 * @returns {Promise<Seen>} possibly nothing, where the machine has too much other work
 * @throws {Error} if it fails, or too many of its requests do
 */
async function runTool({ tool, role, options }, place) {
  const seen = await TOOLS[tool].run(options, place, role);
  if (seen.errors > seen.units * FAILURES + FEW) {
    throw new Error(`${tool}: ${seen.units} requests were answered, ${seen.errors} failed`);
  }
  return seen;
}

module.exports = { TOOLS, runTool, untilInterruptible };
