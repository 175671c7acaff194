'use strict';

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { endGroup, withGroup } = require('../../lib/group');
const { countShares } = require('./shares');

/** Samples in a second of processor time: no multiple of what timers use. */
const FREQUENCY = 1199;

/** Options by which V8 tells perf what it has compiled, and keeps a frame for each interpreted function. */
const V8_OPTIONS = ['--perf-basic-prof', '--interpreted-frames-native-stack'];

/** Seconds that perf may take beyond the time for which it watches. */
const GRACE = 60;

/** Milliseconds until perf, once started, watches. */
const START = 400;

/** @typedef {{samples: number, shares: import('./shares').Shares}} Profile */

/**
 * Whether perf(1) can watch processes here.
 * @returns {string|undefined} why not
 */
function refusal() {
  try {
    execFileSync('perf', ['record', '-o', '/dev/null', '-g', '--', 'true'], { stdio: 'pipe', timeout: GRACE * 1000 });
    return undefined;
  } catch (error) {
    return error.code === 'ENOENT' ? 'install linux-perf' : String(error.stderr ?? error.message).trim().split('\n')[0];
  }
}

/**
 * Watches a process.
 * @param {number} pid
 * @param {string} folder for the samples
 * @returns {() => Promise<Profile>} ends that, and tells what was seen
 */
function watch(pid, folder) {
  const file = path.join(folder, `perf-${pid}.data`);
  const args = ['record', '-F', String(FREQUENCY), '-g', '-o', file, '-p', String(pid)];
  const perf = withGroup(spawn('perf', args, { detached: true, stdio: 'ignore' }));
  const ended = new Promise((resolve) => perf.on('close', resolve).on('error', resolve));
  const timer = setTimeout(() => endGroup(perf.pid), GRACE * 2000);
  return async () => {
    perf.kill('SIGINT');
    await ended;
    clearTimeout(timer);
    try {
      return await readShares(file);
    } finally {
      fs.rmSync(file, { force: true });
      fs.rmSync(`/tmp/perf-${pid}.map`, { force: true });
    }
  };
}

/**
 * @param {string} file of samples
 * @returns {Promise<Profile>}
 */
async function readShares(file) {
  const script = withGroup(spawn('perf', ['script', '-i', file, '-F', 'comm,ip,sym,dso'], {
    detached: true, stdio: ['ignore', 'pipe', 'ignore'],
  }));
  const timer = setTimeout(() => endGroup(script.pid), GRACE * 1000);
  try {
    return await countShares(readline.createInterface({ input: script.stdout }));
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { START, V8_OPTIONS, refusal, watch };
