'use strict';

const fs = require('node:fs');

/** Ticks of the processor times in /proc/PID/stat in a second: the kernel shows 100 on all platforms. */
const TICKS = 100;

/**
 * What a process has used.
 * @typedef {object} Usage
 * @property {number} at milliseconds, of performance.now()
 * @property {number} cpu seconds of processor time, all threads
 * @property {number} user
 * @property {number} system seconds of each
 * @property {number} peak the most resident memory, bytes
 */

/**
 * The time that the threads of a process have run.
 * @param {number} pid
 * @returns {number} seconds, to the nanosecond; 0 where the kernel does not tell
 */
function runTime(pid) {
  let sum = 0;
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch (error) {
      // The thread has ended meanwhile, or the kernel keeps no such figures.
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }
  return sum / 1e9;
}

/**
 * Reads what a process has used until now, from proc(5).
 * @param {number} pid
 * @returns {Usage}
 * @throws {Error} if there is no such process
 */
function usageOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in brackets and may hold anything; the rest counts from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const user = Number(fields[11]) / TICKS;
  const system = Number(fields[12]) / TICKS;
  const [, kilobytes] = fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s*(\d+) kB/m);
  return { at: performance.now(), cpu: runTime(pid) || user + system, user, system, peak: Number(kilobytes) * 1024 };
}

module.exports = { usageOf };
