'use strict';

// What `npm run soak` would find: its books, its comparison of bytes and its judgement, each given something wrong.

const { spawnSync } = require('child_process');
const path = require('path');
const { childEnvironment, describeRsnet, root, tempPath } = require('../helpers');
const { Part } = require('../../tools/soak/bytes');
const { FLAGS } = require('../../tools/soak/client-session');
const { judge } = require('../../tools/soak/judge');
const { Ledger } = require('../../tools/soak/ledger');
const { HEADER, isClean, planOf } = require('../../tools/soak/plan');
const { fit } = require('../../tools/soak/slope');

const SEED = 1;
const GOOD = FLAGS.ended | FLAGS.finished;

const SOAK = path.join(root, 'tools', 'soak', 'cli.js');

/**
 * @param {boolean} clean
 * @returns {import('../../tools/soak/plan').Plan} the first one that is so and moves bytes in both directions
 */
function somePlan(clean) {
  for (let id = 0; ; id++) {
    const plan = planOf(SEED, id);
    if (isClean(plan) === clean && plan.up > 10 && plan.down > 10 && plan.timeout === 0) return plan;
  }
}

/**
 * @param {Array} client entry
 * @param {Array} server entry
 * @returns {string[]} the problems
 */
function problemsOf(client, server) {
  const ledger = new Ledger(SEED);
  if (client) ledger.add('client', [client]);
  if (server) ledger.add('server', [server]);
  ledger.close();
  return ledger.problems.map(({ text }) => text.replace(/: (client|server).*/, ''));
}

describe('the books of the soak', () => {
  const plan = somePlan(true);
  const { down, id, up } = plan;
  const client = [id, up, down, down, up + HEADER, GOOD, ''];
  const server = [id, down, up, up + HEADER, down, GOOD, ''];
  const changed = (entry, index, value) => entry.map((one, at) => (at === index ? value : one));

  test('two sides that agree are no problem', () => expect(problemsOf(client, server)).toEqual([]));
  test.each([
    ['a byte lost on the way up', client, changed(changed(server, 2, up - 1), 3, up + HEADER - 1), 'bytes are missing'],
    ['a byte lost on the way down', changed(changed(client, 2, down - 1), 3, down - 1), server, 'bytes are missing'],
    ['a byte too much', client, changed(server, 2, up + 1), 'more bytes than were sent'],
    ['another byte', changed(client, 5, GOOD | FLAGS.wrong), server, 'another byte'],
    ['an end that never came', changed(client, 5, FLAGS.finished), server, 'not ended well'],
    ['an error', client, changed(server, 6, 'ECONNRESET'), 'not ended well'],
    ['bytesRead', changed(client, 3, down + 1), server, 'bytesRead of the client'],
    ['bytesWritten', client, changed(server, 4, down - 1), 'bytesWritten'],
    ['a session that only the server knows', null, server, 'the client knows nothing of it'],
    ['a session that only the client knows', client, null, 'the server knows nothing of it'],
  ])('%s is one', (_what, one, other, problem) => expect(problemsOf(one, other)).toEqual([problem]));

  test('an aborted session may lose bytes, but gets none that were not sent', () => {
    const { id: aborted } = somePlan(false);
    const sent = [aborted, 10, 0, 0, 10 + HEADER, FLAGS.aborted, ''];
    expect(problemsOf(sent, [aborted, 0, 4, 4 + HEADER, 0, 0, 'ECONNRESET'])).toEqual([]);
    expect(problemsOf(sent, [aborted, 0, 11, 11 + HEADER, 0, 0, 'ECONNRESET'])).toEqual(['more bytes than were sent']);
    expect(problemsOf(sent, [aborted, 0, 4, 4 + HEADER, 0, 0, 'EINVAL'])).toEqual(['error EINVAL']);
  });

  test('bytes in another order are found where they stand', () => {
    const sent = new Part(100, 1000);
    const got = new Part(100, 1000);
    const [first, second] = [sent.take(500), sent.take(500)];
    got.check(second);
    got.check(first);
    expect(got.wrongAt).toBe(0);
    expect(new Part(0, 10).take(50).length).toBe(10);
  });
});

describe('the judgement of the soak', () => {
  const side = (growth) => ({
    before: { fds: 20, open: 0 },
    after: { fds: 20, open: 0 },
    samples: Array.from({ length: 100 }, (_, index) => ({
      done: index * 1e4, open: 100, rss: 1e8 + growth * index, external: 1e6, arrayBuffers: 1e5,
    })),
    end: { code: 0, signal: null, errors: '' },
    handles: [],
  });
  const outcome = (changes = {}) => ({
    counts: { problems: 0, sessions: 1e6 }, problems: [], started: 1e6,
    sides: { client: { ...side(0), ...changes }, server: side(0) },
  });
  const faults = (changes) => judge(outcome(changes), { open: 100 }).faults;

  test('a run in which all adds up', () => expect(faults()).toEqual([]));
  test.each([
    ['memory that grows', side(2e6), 'rss grows by 20.00 MB'],
    ['a descriptor left', { after: { fds: 21, open: 0 } }, '1 descriptors more'],
    ['a session left', { after: { fds: 20, open: 1 } }, '1 sessions are open'],
    ['a handle that keeps the process alive', { end: { code: null, signal: 'SIGKILL', errors: '' } }, 'did not end'],
    ['a warning', { end: { code: 0, signal: null, errors: 'Warning' } }, 'printed Warning'],
  ])('%s', (_what, changes, text) => {
    expect(faults(changes)).toEqual([expect.stringContaining(text)]);
  });
  test('a fitted line', () => {
    expect(fit([[0, 1], [1, 3], [2, 5]])).toMatchObject({ slope: 2, points: 3 });
    expect(fit([[1, 1], [1, 2], [1, 3]])).toBeNull();
  });
});

describeRsnet('the soak itself', () => {
  test.each([
    ['sessions', ['--connections', '600', '--open', '100']],
    ['a relay between the ends', ['--relay', '--connections', '150', '--open', '40']],
    ['threads', ['--threads', '6']],
  ])('%s: a short run adds up and writes its report', (_what, args) => {
    const out = tempPath();
    const { status, stderr, stdout } = spawnSync(process.execPath,
      [SOAK, ...args, '--seed', '7', '--out', out],
      { encoding: 'utf8', env: childEnvironment(), timeout: 50000 });
    expect({ status, stderr: status === 0 ? '' : stderr + stdout }).toEqual({ status: 0, stderr: '' });
    const report = require(path.join(out, 'report.json'));
    expect(report.faults).toEqual([]);
    expect(require('fs').readFileSync(path.join(out, 'plot.svg'), 'utf8')).toMatch(/^<svg/);
  }, 60000);

  test('a wrong option is told', () => {
    const { status, stderr } = spawnSync(process.execPath, [SOAK, '--backend', 'none'],
      { encoding: 'utf8', env: childEnvironment(), timeout: 20000 });
    expect(status).toBe(2);
    expect(stderr).toContain('--backend must be uv or tokio, got "none"');
  });
});
