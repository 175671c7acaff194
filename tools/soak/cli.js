#!/usr/bin/env node
'use strict';

// npm run soak: see args.js for what it takes.

const { USAGE, readArgs } = require('./args');
const { judge } = require('./judge');
const { writeReport } = require('./report');
const { runSoak } = require('./run');
const { runThreads } = require('./threads');

/**
 * @param {import('./args').Options} options
 * @returns {Promise<{markdown: string, files: string[], faults: string[]}>}
 */
async function runSessions(options) {
  const outcome = await runSoak(options);
  const verdict = judge(outcome, options);
  return { ...writeReport(outcome, verdict, options), faults: verdict.faults };
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
async function main(args) {
  let options;
  try {
    options = readArgs(args);
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const under = options.net ? 'the built-in net' : `rsnet, ${options.backend ?? 'its own'} backend`;
  console.error(`seed ${options.seed}, ${under}`);
  const { faults, files, markdown } = await (options.threads > 0 ? runThreads(options) : runSessions(options));
  console.log(markdown);
  console.error(`written: ${files.join(', ')}`);
  return faults.length > 0 ? 1 : 0;
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
