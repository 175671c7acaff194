'use strict';

// The fixed set of the fuzzer: the same programs each time, each run on the built-in and on rsnet in child processes
// with a time limit. `npm run fuzz -- --replay SEED` shows one of them again.

const { runCampaign } = require('../fuzz/campaign');
const { generate } = require('../fuzz/generate');
const { formatFinding } = require('../fuzz/report');
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

test(`${PROGRAMS} random programs have the same traces on the built-in and on rsnet`, async () => {
  const { counts, findings } = await runCampaign({
    seeds: fixedSeeds(), processes: 2, lane: process.env.RSNET_LANE, self: only === 'builtin', shrinkMost: 3,
  });
  const differing = findings.filter(({ result }) => result.verdict !== 'unsteady');
  expect(differing.map((finding) => formatFinding(finding, 'npm run fuzz --')).join('\n')).toBe('');
  expect(counts.programs).toBe(PROGRAMS);
  expect(counts.unsteady).toBeLessThan(PROGRAMS / 100);
}, LIMIT);
