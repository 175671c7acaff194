'use strict';

// The fixed set of the fuzzer: the same programs each time, each run on the built-in and on rsnet in child processes
// with a time limit. `npm run fuzz -- --replay SEED` shows one of them again.

const net = require('net');
const { runCampaign } = require('../../tools/fuzz/campaign');
const { compare } = require('../../tools/fuzz/compare');
const { generate } = require('../../tools/fuzz/generate');
const { isCorrupted } = require('../../tools/fuzz/judge');
const { formatFinding } = require('../../tools/fuzz/report');
const { normalise } = require('../../tools/fuzz/normalise');
const { Child } = require('../../tools/fuzz/pool');
const { runProgram } = require('../../tools/fuzz/run');
const { PACES } = require('../../tools/fuzz/settle');
const { untangleThreads } = require('../../tools/fuzz/untangle');
const { only } = require('../helpers/implementations');

/** Programs in the fixed set. */
const PROGRAMS = 1000;

/** Milliseconds for the whole set, also on a busy machine; alone it takes a fraction. */
const LIMIT = 600000;

/** @returns {Generator<string>} the seeds of the fixed set */
function* fixedSeeds() {
  for (let number = 0; number < PROGRAMS; number++) yield `fixed/${number}`;
}

test('a seed always makes the same program', () => {
  for (let number = 0; number < 20; number++) {
    expect(generate(`same/${number}`)).toEqual(generate(`same/${number}`));
  }
  expect(generate('same/0')).not.toEqual(generate('same/1'));
});

test('a program that a stranger has connected to is run again', async () => {
  const program = {
    transport: 'tcp4', server: { listen: ['listen', 'options', {}] }, accepted: [{}], clients: [{}],
    steps: [{ on: 'c0', ops: [['connect', 'options', {}]] }],
  };
  let servers = 0;
  const visited = {
    createServer(...args) {
      const server = net.createServer(...args);
      if (servers++ > 0) return server;
      return server.once('listening', () => net.connect(server.address().port, '127.0.0.1').on('error', () => {}));
    },
  };
  const entries = await runProgram(program, { server: visited, client: net }, PACES[1]);
  expect(servers).toBe(2);
  expect(entries.filter(({ label }) => label === 'connection')).toHaveLength(1);
});

test('what read() gives counts on the uv backend, and how much of it is open on the tokio backend', () => {
  const entries = [{ step: 1, actor: 's0', kind: 'call', label: 'read', detail: '"object of 64"' }];
  const program = { clients: [] };
  expect(normalise(entries, program, false).get('s0')).toEqual(['1: read -> "object of 64"']);
  expect(normalise(entries, program, true).get('s0')).toEqual(['1: read -> "object"']);
});

test('what read() leaves counts on the uv backend, and is open on the tokio backend', () => {
  const entries = [{ step: 1, actor: 's0', kind: 'counters', label: 'bytesRead=9 readableLength=4 x=1', detail: '' }];
  const program = { clients: [], steps: [{ on: 's0', ops: [['read']] }] };
  expect(normalise(entries, program, false).get('s0')).toEqual(['1: counters bytesRead=9 readableLength=4 x=1']);
  expect(normalise(entries, program, true).get('s0')).toEqual(['1: counters bytesRead=9 x=1']);
});

test('a count of connections follows from how they end, also a negative one', () => {
  const event = (actor, label) => ({ step: 1, actor, kind: 'event', label, detail: '' });
  const trace = (end, count) => [
    event('s0', 'connect'), event('s0', end), event('s1', 'close'),
    { step: 1, actor: 'server', kind: 'state', label: `_connections=${count}`, detail: '' },
  ];
  const program = { clients: [] };
  expect(compare(program, trace('error', -1), trace('end', 0), true)).toEqual({ difference: null, excused: true });
  expect(compare(program, trace('end', -1), trace('end', 0), true).difference).not.toBeNull();
});

test('with another thread that reads, writes of one tick are sent together where listeners act', () => {
  const ops = [['pause'], ['write', 7, 'utf8', false], ['writeRaw', 10], ['write', 1, 'hex', true], ['block']];
  const program = { clients: [{ hooks: [] }], accepted: [{}], steps: [{ on: 's0', ops }] };
  expect(untangleThreads(program)).toEqual(program);
  program.clients[0].hooks.push({ event: 'data', when: 'sync', ops: [['destroy', false]] });
  expect(untangleThreads(program)).toEqual({
    ...program,
    steps: [{
      on: 's0',
      ops: [
        ['pause'], ['cork'], ['write', 7, 'utf8', false], ['write', 10, 'buffer', false], ['write', 1, 'hex', true],
        ['uncork'], ['block'],
      ],
    }],
  });
});

test('bytes that were put back are not taken for wrong bytes', () => {
  const [well, wrong] = [true, false].map((intact) => [{ kind: 'data', intact }]);
  expect(isCorrupted({ steps: [] }, well, wrong)).toBe(true);
  expect(isCorrupted({ steps: [{ on: 'c0', ops: [['unshift', 1]] }] }, well, wrong)).toBe(false);
});

test('a process that works on one program for long is not taken for one that hangs', async () => {
  const child = new Child({ backend: process.env.RSNET_BACKEND });
  const signs = [];
  child.process.on('message', ({ isAlive }) => signs.push(isAlive));
  const program = { transport: 'tcp4', server: {}, accepted: [{}], clients: [{}], steps: [] };
  const result = await new Promise((resolve) => {
    child.run({ id: 0, program, pairings: ['self'] }, resolve);
  });
  child.end();
  await child.gone;
  expect(result.verdict).toBe('equal');
  expect(signs).toEqual([true, true, undefined]);
});

test('a process hangs that gives no sign for 45 seconds', () => {
  jest.useFakeTimers();
  try {
    const child = Object.assign(Object.create(Child.prototype), { jobs: new Map([[0, {}]]), end: jest.fn() });
    child.watch();
    jest.advanceTimersByTime(44000);
    child.answer({ id: 0, isAlive: true });
    jest.advanceTimersByTime(44000);
    expect(child.end).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1000);
    expect(child.end).toHaveBeenCalled();
    clearInterval(child.timer);
  } finally {
    jest.useRealTimers();
  }
});

test(`${PROGRAMS} random programs have the same traces on the built-in and on rsnet`, async () => {
  const { counts, findings } = await runCampaign({
    seeds: fixedSeeds(), processes: 2, backend: process.env.RSNET_BACKEND, self: only === 'builtin', shrinkMost: 3,
  });
  const differing = findings.filter(({ result }) => result.verdict !== 'unsteady');
  expect(differing.map((finding) => formatFinding(finding, 'npm run fuzz --')).join('\n')).toBe('');
  expect(counts.programs).toBe(PROGRAMS);
  expect(counts.unsteady).toBeLessThan(PROGRAMS / 100);
}, LIMIT);
