'use strict';

// Programs under test that are clients measure themselves.

const fs = require('node:fs');

/**
 * The most resident memory that this process ever had.
 * @returns {number} bytes
 */
function peakMemory() {
  const [, kilobytes] = fs.readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s*(\d+) kB/m);
  return Number(kilobytes) * 1024;
}

/**
 * One of some values in order.
 * @param {Float64Array} sorted
 * @param {number} share 0 to 1
 * @returns {number}
 */
function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * Does the same thing again and again, and measures it for a while.
 * @param {(index: number) => Promise<unknown>} operation `index`: which of those that run at once
 * @param {{concurrency: number, each?: number, warm: number, time: number}} options `each`: units of work in one
 *   operation; milliseconds before the measured window, and of it
 * @returns {Promise<{units: number, seconds: number, cpu: number, peak: number, mean: number, p50: number, p99:
 *   number}>} seconds of processor time for the units together, bytes, and microseconds
 */
async function measure(operation, { concurrency, each = 1, warm, time }) {
  let open = false;
  let stopped = false;
  const latencies = [];

  /**
   * @param {number} index
   */
  async function loop(index) {
    while (!stopped) {
      const start = performance.now();
      await operation(index);
      if (open) latencies.push(performance.now() - start);
    }
  }

  const loops = Promise.all(Array.from({ length: concurrency }, (_, index) => loop(index)));
  const wait = (ms) => Promise.race([new Promise((resolve) => { setTimeout(resolve, ms); }), loops]);
  await wait(warm);
  const from = process.cpuUsage();
  const start = performance.now();
  open = true;
  // On a busy machine the time may be over before the first operation is.
  do await wait(time); while (latencies.length === 0);
  open = false;
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(from);
  stopped = true;
  await loops;
  const sorted = Float64Array.from(latencies).sort();
  return {
    units: latencies.length * each,
    seconds,
    cpuUser: user / 1e6,
    cpuSystem: system / 1e6,
    peak: peakMemory(),
    mean: (sorted.reduce((sum, value) => sum + value, 0) / sorted.length) * 1000,
    p50: percentile(sorted, 0.5) * 1000,
    p99: percentile(sorted, 0.99) * 1000,
  };
}

module.exports = { measure };
