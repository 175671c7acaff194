'use strict';

const { spawn } = require('child_process');
const path = require('path');

/** Milliseconds after which the listeners are ended. */
const TIME_LIMIT = 60000;

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'stalled.py');

/** Processes that still run, each the leader of a group. */
const running = new Set();

/**
 * Listeners with one port that answer no handshake, until they are opened. They are ended after the test.
 *
 * @param {...string} addresses numeric, of this machine
 * @returns {Promise<{port: number, open: function(string): void}>} `open` lets those connect who try at an address;
 *   Linux tries again after a second
 */
async function stalled(...addresses) {
  const child = spawn('python3', [FIXTURE, ...addresses], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  running.add(child);
  const timer = setTimeout(end, TIME_LIMIT, child);
  child.once('close', () => {
    clearTimeout(timer);
    running.delete(child);
  });
  const text = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error('the listeners have ended')));
    child.stdout.once('data', resolve);
  });
  return { port: Number(text), open: (address) => child.stdin.write(`${address}\n`) };
}

/**
 * @param {import('child_process').ChildProcess} child the leader of a group
 */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

// Hooks run in the order of their definition. That of `resources` looks for open descriptors, so this one comes first.
afterEach(async () => {
  await release();
  await Promise.all([...running].map((child) => new Promise((resolve) => {
    child.once('close', resolve);
    end(child);
  })));
});

const { release } = require('./resources');

module.exports = { stalled };
