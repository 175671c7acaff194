'use strict';

/* global afterAll, describe, test */

const fs = require('node:fs');
const { failure, line, writeJson } = require('./report');
const { runPlan } = require('./run-plan');

// Made by cli.js, which knows what was asked for on the command line.
const plan = JSON.parse(fs.readFileSync(process.env.NODE_SUITE_PLAN, 'utf8'));

describe(`Node's own tests on rsnet (Node ${plan.node.version}, suite ${plan.suite.version})`, () => {
  const { results, finish } = runPlan(plan);
  for (const result of results.values()) {
    result.then((done) => process.stdout.write(`${line(done)}\n`), () => {});
  }

  afterAll(async () => {
    const settled = await Promise.allSettled(results.values());
    finish();
    writeJson(plan, settled.filter(({ status }) => status === 'fulfilled').map(({ value }) => value));
  });

  test.each([...results.keys()])('%s', async (name) => {
    const result = await results.get(name);
    if (result.verdict === 'fail') throw new Error(failure(result));
  });
});
