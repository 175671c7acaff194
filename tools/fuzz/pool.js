'use strict';

// Child processes that run programs, and what happens when one of them dies or hangs.

const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { childEnvironment } = require('../../scripts/lib/environment');
const { endGroup, withGroup } = require('../lib/group');

/** Programs that run side by side in one process: while one waits, the others work. */
const SIDE_BY_SIDE = 16;

/** After this many programs a process is replaced, so that none grows old. */
const LIFETIME = 4000;

/** Seconds without any sign of a process after which it counts as hanging. */
const SILENCE = 45;

/**
 * Removes the Unix sockets that an ended process has left behind.
 *
 * @param {number} pid
 */
function removeSocketPaths(pid) {
  const folder = os.tmpdir();
  for (const name of fs.readdirSync(folder)) {
    if (name.startsWith(`rsnet-fuzz-${pid}-`)) fs.rmSync(path.join(folder, name), { force: true });
  }
}

/** One child process and the jobs it works on. */
class Child {
  /** @param {{backend?: string}} options backend for RSNET_BACKEND */
  constructor({ backend }) {
    const env = childEnvironment({ RSNET_BACKEND: backend });
    this.jobs = new Map();
    this.taken = 0;
    this.ended = false;
    this.stderr = '';
    this.process = withGroup(fork(path.join(__dirname, 'worker.js'), [], {
      detached: true, env, execArgv: ['--no-warnings', '--expose-gc'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }));
    this.process.stderr.setEncoding('utf8').on('data', (text) => { this.stderr = (this.stderr + text).slice(-4000); });
    this.process.on('message', (reply) => this.answer(reply));
    this.process.on('error', () => {});
    this.gone = new Promise((resolve) => {
      this.process.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    this.gone.then((how) => this.die(how));
  }

  /**
   * @param {object} job for worker.js
   * @param {(result: object) => void} done gets its answer, or {died}
   */
  run(job, done) {
    this.taken += 1;
    this.jobs.set(job.id, { job, done });
    this.watch();
    this.process.send(job, (error) => { if (error) this.end(); });
  }

  /** @param {object} reply of worker.js */
  answer(reply) {
    const entry = this.jobs.get(reply.id);
    if (!entry) return;
    if (!reply.isAlive) this.jobs.delete(reply.id);
    this.watch();
    if (!reply.isAlive) entry.done(reply);
  }

  /** Starts to wait for the next sign. Seconds in which this process stands still, too, do not count. */
  watch() {
    clearInterval(this.timer);
    if (this.jobs.size === 0) return;
    let seconds = 0;
    this.timer = setInterval(() => {
      seconds += 1;
      if (seconds < SILENCE) return;
      this.hung = true;
      this.end();
    }, 1000);
  }

  /** Ends the process with its group. */
  end() {
    clearInterval(this.timer);
    if (this.ended) return;
    this.ended = true;
    endGroup(this.process.pid);
  }

  /** @param {string} how the process ended */
  die(how) {
    this.end();
    removeSocketPaths(this.process.pid);
    const died = this.hung ? 'hangs' : how;
    for (const { done } of this.jobs.values()) done({ died, stderr: this.stderr });
    this.jobs.clear();
  }
}

/** Runs programs in as many processes as it is told. */
class Pool {
  /** @param {{processes: number, backend?: string}} options */
  constructor({ processes, backend }) {
    this.backend = backend;
    this.children = Array.from({ length: processes }, () => null);
    this.waiting = [];
    this.singles = new Set();
    this.nextId = 0;
    /** How many jobs may be handed over before an answer is awaited. */
    this.width = processes * SIDE_BY_SIDE;
  }

  /**
   * Runs a program. If its process dies, or the traces differ, the program gets a process of its own; what happens
   * there counts.
   *
   * @param {{seed?: string, program?: object, pairings: string[]}} job
   * @returns {Promise<object>} what judge() says; or verdict 'died' with `died` and `pairing`; or verdict 'excluded'
   *   where the built-in alone dies of the program
   */
  async run(job) {
    const first = await this.hand({ ...job, id: this.nextId++ });
    if (!first.died) return this.isInDoubt(first) ? this.confirm(job, first) : first;
    if ((await this.runAlone({ ...job, pairings: ['self'] })).died) return { verdict: 'excluded', retaken: 0 };
    for (const pairing of job.pairings) {
      const result = await this.runAlone({ ...job, pairings: [pairing] });
      if (result.died) return { verdict: 'died', retaken: 0, pairing, ...result };
      if (result.verdict !== 'equal') return result;
    }
    return { verdict: 'equal', retaken: 0, neighbour: first.died };
  }

  /**
   * @param {object} result of judge()
   * @returns {boolean} whether it may come from another program of the same process: one that blocks it, or that makes
   *   the built-in throw without saying for whom. Bytes that are wrong are wrong.
   */
  isInDoubt({ corrupted, verdict }) {
    return (verdict === 'different' || verdict === 'unsteady') && corrupted !== true;
  }

  /**
   * Runs a program again, with nothing beside it.
   *
   * @param {object} job
   * @param {object} first what judge() said beside others
   * @returns {Promise<object>} as for run()
   */
  async confirm(job, first) {
    const alone = await this.runAlone(job);
    if (alone.died) return { verdict: 'died', retaken: 0, pairing: first.pairing, ...alone };
    return alone.verdict === 'equal' ? { ...alone, neighbour: first.verdict } : alone;
  }

  /**
   * @param {object} job
   * @returns {Promise<object>}
   */
  hand(job) {
    return new Promise((resolve) => {
      this.waiting.push({ job, resolve });
      this.dispatch();
    });
  }

  /** Gives waiting jobs to processes that have room. */
  dispatch() {
    while (this.waiting.length > 0) {
      const index = this.children.findIndex((child) => !child || child.ended
        || (child.jobs.size < SIDE_BY_SIDE && child.taken < LIFETIME));
      if (index < 0) return;
      if (!this.children[index] || this.children[index].ended) this.children[index] = new Child(this);
      const child = this.children[index];
      const { job, resolve } = this.waiting.shift();
      child.run(job, (result) => {
        if (child.taken >= LIFETIME && child.jobs.size === 0) child.end();
        resolve(result);
        this.dispatch();
      });
    }
  }

  /**
   * Runs a job in a process of its own.
   *
   * @param {object} job
   * @returns {Promise<object>}
   */
  async runAlone(job) {
    const child = new Child(this);
    this.singles.add(child);
    const result = await new Promise((resolve) => { child.run({ ...job, id: 0 }, resolve); });
    child.end();
    this.singles.delete(child);
    return result;
  }

  /** @returns {Promise<void>} settled when all processes have ended */
  async close() {
    await Promise.all([...this.children, ...this.singles].map((child) => {
      child?.end();
      return child?.gone;
    }));
  }
}

module.exports = { Child, Pool };
