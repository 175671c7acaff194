'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Running, run } = require('../process');
const { countShares } = require('./shares');

/** Samples in a second of processor time: no multiple of what timers use. */
const FREQUENCY = 1199;

/** Options by which V8 tells perf what it has compiled, and keeps a frame for each interpreted function. */
const V8_OPTIONS = ['--perf-basic-prof', '--interpreted-frames-native-stack'];

/** Seconds that a call of perf may take. A turn is shorter. */
const LIMIT = 120;

/** @typedef {{samples: number, shares: import('./shares').Shares}} Profile */

/**
 * Whether perf(1) can watch processes here.
 * @returns {string|undefined} why not
 */
function refusal() {
  try {
    execFileSync('perf', ['record', '-o', '/dev/null', '-g', '--', 'true'], { stdio: 'pipe', timeout: LIMIT * 1000 });
    return undefined;
  } catch (error) {
    return error.code === 'ENOENT' ? 'install linux-perf' : String(error.stderr ?? error.message).trim().split('\n')[0];
  }
}

/**
 * Watches a process.
 * @param {number} pid
 * @param {string} folder for the samples
 * @returns {() => Promise<Profile>} ends that, and tells what was seen; fails if perf does
 */
function watch(pid, folder) {
  const file = path.join(folder, `perf-${pid}.data`);
  const args = ['record', '-F', String(FREQUENCY), '-g', '-o', file, '-p', String(pid)];
  const perf = new Running({ file: 'perf', args }, LIMIT);
  return async () => {
    perf.child.kill('SIGINT');
    await perf.ended;
    try {
      const text = await run({ file: 'perf', args: ['script', '-i', file, '-F', 'comm,ip,sym,dso'] }, LIMIT);
      return countShares(text.split('\n'));
    } finally {
      fs.rmSync(file, { force: true });
      fs.rmSync(`/tmp/perf-${pid}.map`, { force: true });
    }
  };
}

module.exports = { V8_OPTIONS, refusal, watch };
