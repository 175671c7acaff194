#!/usr/bin/env node
'use strict';

// npm run fuzz: see args.js for what it takes.

const fs = require('node:fs');
const { UsageError } = require('../lib/options');
const { StatusLine } = require('../lib/status');
const { USAGE, readArgs } = require('./args');
const { makeSmall, runCampaign } = require('./campaign');
const { generate } = require('./generate');
const { Pool } = require('./pool');
const { formatCounts, formatFinding } = require('./report');

/** Milliseconds between two progress lines where there is no terminal. */
const PROGRESS_INTERVAL = 10000;

/**
 * @param {string} start of each seed
 * @param {number} from number of the first one
 * @param {number} count how many
 * @returns {Generator<string>}
 */
function* seedsFrom(start, from, count) {
  for (let number = from; number < from + count; number++) yield `${start}/${number}`;
}

/**
 * Runs one program in every pairing and prints what comes of it.
 *
 * @param {object} options of readArgs()
 * @returns {Promise<number>} exit code
 */
async function replay(options) {
  const program = options.file ? JSON.parse(fs.readFileSync(options.file, 'utf8')) : generate(options.replay);
  const pool = new Pool({ processes: options.processes, backend: options.backend });
  let different = false;
  try {
    for (const pairing of options.self ? ['self'] : ['both', 'server', 'client']) {
      const result = await pool.run({ program, pairings: [pairing] });
      if (result.verdict !== 'different' && result.verdict !== 'died') {
        console.log(`${pairing}: ${result.verdict}`);
        continue;
      }
      different = true;
      const small = await makeSmall(pool, program, pairing);
      console.log(formatFinding({
        seed: options.replay ?? options.file,
        times: 1,
        program,
        result,
        small: small.program,
        smallResult: small.result,
      }, 'npm run fuzz --'));
    }
  } finally {
    await pool.close();
  }
  return different ? 1 : 0;
}

/**
 * @param {object} options of readArgs()
 * @returns {Promise<number>} exit code
 */
async function campaign(options) {
  const start = Date.now();
  const line = new StatusLine({ interval: PROGRESS_INTERVAL });
  const shown = (soFar) => formatCounts(soFar, (Date.now() - start) / 1000);
  const command = `npm run fuzz --${options.backend ? ` --backend ${options.backend}` : ''}`;
  console.log(`seed ${options.seed}, ${options.processes} processes, backend ${options.backend ?? 'default'}, `
    + `node ${process.version}`);
  const { counts, findings } = await runCampaign({
    ...options,
    seeds: seedsFrom(options.seed, options.from, options.programs),
    deadline: start + options.minutes * 60000,
    onProgress: (soFar) => line.show(() => shown(soFar)),
    onFinding: (finding) => {
      line.clear();
      console.log(formatFinding(finding, command));
    },
  });
  line.clear();
  console.log(shown(counts));
  if (options.json) {
    const { backend, seed } = options;
    fs.writeFileSync(options.json, `${JSON.stringify({ seed, backend, counts, findings }, null, 2)}\n`);
  }
  return counts.different + counts.died + counts.failed > 0 || (options.self && counts.unsteady > 0) ? 1 : 0;
}

/** Reads the command line, does what it says, and sets the exit code. */
async function main() {
  try {
    const options = readArgs(process.argv.slice(2));
    if (options.help) {
      console.log(USAGE);
      return;
    }
    if (!options.self) require('../..');
    process.exitCode = await (options.replay || options.file ? replay(options) : campaign(options));
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error.stack);
    process.exitCode = 2;
  }
}

main();
