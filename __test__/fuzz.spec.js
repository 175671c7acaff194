'use strict';

// The fixed set of the fuzzer: the same programs each time, each run on the built-in and on rsnet in child processes
// with a time limit. `npm run fuzz -- --replay SEED` shows one of them again.

const net = require('net');
const { runCampaign } = require('../fuzz/campaign');
const { generate } = require('../fuzz/generate');
const { formatFinding } = require('../fuzz/report');
const { normalise } = require('../fuzz/normalise');
const { runProgram } = require('../fuzz/run');
const { PACES } = require('../fuzz/settle');
const { only } = require('./helpers/implementations');

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

test('what read() gives counts on the inline lane, and how much of it is open on the worker lane', () => {
  const entries = [{ step: 1, actor: 's0', kind: 'call', label: 'read', detail: '"object of 64"' }];
  const program = { clients: [] };
  expect(normalise(entries, program, false).get('s0')).toEqual(['1: read -> "object of 64"']);
  expect(normalise(entries, program, true).get('s0')).toEqual(['1: read -> "object"']);
});

test(`${PROGRAMS} random programs have the same traces on the built-in and on rsnet`, async () => {
  const { counts, findings } = await runCampaign({
    seeds: fixedSeeds(), processes: 2, lane: process.env.RSNET_LANE, self: only === 'builtin', shrinkMost: 3,
  });
  const differing = findings.filter(({ result }) => result.verdict !== 'unsteady');
  expect(differing.map((finding) => formatFinding(finding, 'npm run fuzz --')).join('\n')).toBe('');
  expect(counts.programs).toBe(PROGRAMS);
  expect(counts.unsteady).toBeLessThan(PROGRAMS / 100);
}, LIMIT);
