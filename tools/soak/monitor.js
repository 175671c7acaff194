'use strict';

// What a process of the soak tells the one that runs it, over its IPC channel.

const fs = require('node:fs');

/** Entries of a message, and milliseconds after which fewer are sent, too. */
const BATCH = 2000;
const DELAY = 250;

/**
 * @typedef {object} Sample
 * @property {number} time milliseconds since 1970
 * @property {number} rss bytes, as are the next three
 * @property {number} heapUsed
 * @property {number} external
 * @property {number} arrayBuffers
 * @property {number} fds open descriptors
 * @property {number} open sessions
 */

/**
 * @returns {number} descriptors that this process has open; the one that counts is left out
 */
function countDescriptors() {
  return fs.readdirSync('/proc/self/fd').length - 1;
}

/**
 * @param {number} open sessions
 * @returns {Sample}
 */
function sample(open) {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { time: Date.now(), rss, heapUsed, external, arrayBuffers, fds: countDescriptors(), open };
}

/**
 * Collect what is garbage, with what a finalizer releases.
 *
 * @returns {Promise<void>}
 */
async function collect() {
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Use the module once, so that what it opens at its first use and keeps is there before the first count.
 *
 * @param {typeof import('net')} net
 * @returns {Promise<void>}
 */
async function warmUp(net) {
  const server = net.createServer((socket) => socket.end('x'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = net.connect(server.address().port, '127.0.0.1').resume();
  await new Promise((resolve) => client.on('close', resolve));
  await new Promise((resolve) => server.close(resolve));
  await collect();
}

/** Sends entries in batches and samples at intervals. */
class Monitor {
  /**
   * @param {number} interval milliseconds between two samples
   * @param {() => number} open how many sessions are open
   */
  constructor(interval, open) {
    this.open = open;
    this.entries = [];
    this.timer = setInterval(() => this.#sample(), interval);
    this.flusher = setInterval(() => this.flush(), DELAY);
  }

  #sample() {
    process.send({ sample: sample(this.open()) });
  }

  /**
   * @param {import('./client-session').Entry} entry
   * @returns {void}
   */
  add(entry) {
    if (this.entries.push(entry) >= BATCH) this.flush();
  }

  /**
   * Send what has been collected.
   *
   * @returns {void}
   */
  flush() {
    if (this.entries.length === 0) return;
    process.send({ entries: this.entries });
    this.entries = [];
  }

  /**
   * Send what is left.
   *
   * @returns {void}
   */
  stop() {
    clearInterval(this.timer);
    clearInterval(this.flusher);
    this.flush();
  }
}

module.exports = { Monitor, sample, collect, warmUp };
