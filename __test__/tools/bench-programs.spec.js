'use strict';

// `npm run bench -- --suite programs`, end to end: the shape of what it finds, never the figures.

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { findWorse, judge, summarize } = require('../../tools/bench/report/summary');
const { SUITES } = require('../../tools/bench/scenarios');
const { childEnvironment } = require('../../scripts/lib/environment');
const { root } = require('../helpers');

/** Milliseconds after which a run is ended. */
const LIMIT = 120_000;

/** A row that needs no other program and no package. */
const ROW = 'http-client';

/** The variable by which the processes of a run are known. */
const MARK = 'BENCH_SPEC_MARK';

const running = new Set();
let folder;

/** A short run of one row. */
const SHORT = ['--suite', 'programs', '--quick', '--rows', `^${ROW}$`, '--node', process.execPath,
  '--peers', 'rsnet,again'];

/**
 * Start the bench in a group of its own.
 *
 * @param {string} json where the results go
 * @param {string[]} [options]
 * @returns {import('child_process').ChildProcess & {output: string, exit: Promise<number|string>}}
 */
function startBench(json, options = SHORT) {
  const args = [path.join(root, 'tools', 'bench', 'run.js'), ...options, '--json', json];
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    env: childEnvironment({ [MARK]: json }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      child.output += text;
    });
  }
  running.add(child);
  child.exit = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code);
    });
  });
  return child;
}

/**
 * The command lines of the processes of a run.
 *
 * @param {string} json that of the run
 * @returns {string[]}
 */
function processesOf(json) {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const marked = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${json}`);
      return marked ? [fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
    } catch {
      // It has ended meanwhile, or belongs to somebody else.
      return [];
    }
  });
}

/**
 * Wait until something holds.
 *
 * @param {() => boolean} holds
 * @returns {Promise<void>} when it does; the test's own limit ends the wait
 */
async function until(holds) {
  while (!holds()) await new Promise((resolve) => { setTimeout(resolve, 20); });
}

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-bench-spec-'));
});

afterAll(() => {
  for (const child of running) process.kill(-child.pid, 'SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

const describeLinux = process.platform === 'linux' ? describe : describe.skip;

describeLinux('the bench of programs', () => {
  test('measures a row and reports it', async () => {
    const json = path.join(folder, 'found.json');
    const child = startBench(json);
    const code = await child.exit;
    expect({ code, output: child.output }).toMatchObject({ code: 0 });

    const { suite, machine, peers, outcomes, summaries } = JSON.parse(fs.readFileSync(json, 'utf8'));
    const major = process.versions.node.split('.')[0];
    expect(suite).toBe('programs');
    expect(machine.text).toContain('congestion control ');
    expect(peers.map(({ id, base }) => [id, base])).toEqual(
      ['node', 'rsnet', 'again'].map((kind) => [`${kind}-${major}`, `node-${major}`]),
    );
    expect(Object.keys(outcomes)).toEqual([ROW]);
    expect(outcomes[ROW].failures).toEqual({});
    for (const { id } of peers) {
      const [result, ...more] = outcomes[ROW].results[id];
      expect(more).toEqual([]);
      for (const metric of ['rate', 'cpu', 'peak', 'mean', 'p50', 'p99']) {
        expect({ id, metric, value: result[metric] }).toEqual({ id, metric, value: expect.any(Number) });
        expect(result[metric]).toBeGreaterThan(0);
      }
      expect(result.p99).toBeGreaterThanOrEqual(result.p50);
      const { ratios } = summaries[ROW][id];
      for (const metric of ['rate', 'cpu', 'peak', 'p50', 'p99']) {
        expect(ratios[metric]).toEqual({
          median: expect.any(Number), least: expect.any(Number), most: expect.any(Number), best: expect.any(Number),
        });
      }
    }
    expect(summaries[ROW][`node-${major}`].ratios.rate).toEqual({ median: 1, least: 1, most: 1, best: 1 });

    const table = fs.readFileSync(path.join(folder, 'found.md'), 'utf8');
    const node = `Node ${process.versions.node}`;
    expect(table).toContain(`| program | ${node} | rsnet on ${node} | ${node} again | target |`);
    expect(table).toMatch(/\| http client, [^|]* \| [\d,.]+ requests\/s \| [\d,.]+ requests\/s, \*\*\d+\.\d\dx\*\* /);
    expect(child.output).toContain(table);
    const chart = fs.readFileSync(path.join(folder, 'programs.svg'), 'utf8');
    expect(chart).toMatch(/^<svg [^]*http client[^]*<\/svg>\n$/);
    expect(processesOf(json)).toEqual([]);

    const again = startBench(path.join(folder, 'again.json'), ['--report', json]);
    expect(await again.exit).toBe(0);
    expect(fs.readFileSync(path.join(folder, 'again.md'), 'utf8')).toBe(table);
  }, LIMIT);

  test('leaves no process behind when it is interrupted', async () => {
    const json = path.join(folder, 'interrupted.json');
    const child = startBench(json);
    const isMeasured = () => processesOf(json).some((command) => command.includes('clients.cjs'));
    await until(() => isMeasured() || child.exitCode !== null);
    expect({ code: child.exitCode, output: child.output }).toMatchObject({ code: null });
    child.kill('SIGINT');
    expect(await child.exit).toBe(130);
    await until(() => processesOf(json).length === 0);
    expect(fs.existsSync(json)).toBe(false);
  }, LIMIT);
});

describe('what the bench makes of its turns', () => {
  const peers = ['node', 'rsnet', 'again'].map((kind) => ({ id: `${kind}-24`, kind, base: 'node-24', node: '24' }));
  const base = { rate: 100, cpu: 10, peak: 100 };

  /**
   * @param {object[]} rsnet a result for each turn, or null
   * @returns {Record<string, Record<string, import('../../tools/bench/report/summary').PeerSummary>>}
   *   the built-in's second
   *   run was 0.95x to 1.05x of the first in rate, and 0.9x to 1.1x in processor time
   */
  function summaries(rsnet) {
    const again = [{ ...base, rate: 95, cpu: 9 }, { ...base, rate: 105, cpu: 11 }, base];
    const results = { 'node-24': [base, base, base], 'rsnet-24': rsnet, 'again-24': again };
    return { row: summarize({ id: 'row', results, failures: {} }, peers) };
  }

  /**
   * @param {object} result of each turn
   * @param {object} target
   * @returns {string|undefined} whether it is reached
   */
  function verdict(result, target) {
    return judge({ id: 'row', targets: [target] }, summaries([result, result, result]), peers[1])[0].reached;
  }

  test('a ratio is the median of the ratios turn by turn, a failed turn has none', () => {
    const { ratios, medians } = summaries([{ ...base, rate: 150 }, null, { ...base, rate: 110 }]).row['rsnet-24'];
    expect(ratios.rate).toEqual({ median: 1.3, least: 1.1, most: 1.5, best: 1.5 });
    expect(medians.rate).toBe(130);
  });

  test('the best turn of processor time is that with the least', () => {
    const { cpu } = summaries([{ ...base, cpu: 8 }, { ...base, cpu: 12 }, null]).row['rsnet-24'].ratios;
    expect(cpu).toEqual({ median: 1, least: 0.8, most: 1.2, best: 0.8 });
  });

  test.each([
    ['more than wanted', 120, { atLeast: 1.15 }, 'yes'],
    ['less than wanted', 110, { atLeast: 1.15 }, 'no'],
    ['as good as the built-in', 100, { atLeast: 1 }, 'yes'],
    ['worse by as much as the built-in than itself', 96, { atLeast: 1 }, 'within noise'],
    ['worse by more', 94, { atLeast: 1 }, 'no'],
    ['more processor time than in noise', 100, { metric: 'cpu', atMost: 0.9 }, 'no'],
  ])('%s', (_, rate, target, expected) => expect(verdict({ ...base, rate }, target)).toBe(expected));

  test('a peer that did not run reaches nothing and misses nothing', () => {
    expect(judge({ id: 'row', targets: [{ atLeast: 1 }] }, summaries([null, null, null]), peers[1])[0].reached)
      .toBe(undefined);
  });

  test('rate, processor time and memory must not be worse beyond noise', () => {
    const worse = (result) =>
      findWorse({ id: 'row' }, summaries([result, result, result]), peers[1]).map(({ metric }) => metric);
    expect(worse({ rate: 96, cpu: 10.9, peak: 109 })).toEqual([]);
    expect(worse({ rate: 94, cpu: 11.2, peak: 111 })).toEqual(['rate', 'cpu', 'peak']);
  });

  test.each(Object.entries(SUITES))('the scenarios of %s have ids of their own', (_, scenarios) => {
    const ids = scenarios.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
