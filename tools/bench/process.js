'use strict';

const { spawn } = require('node:child_process');
const readline = require('node:readline');
const { childEnvironment } = require('../../scripts/lib/environment');
const { endGroup, withGroup } = require('../lib/group');

/** How much of a process's error output is kept for the message when it fails, in characters. */
const KEPT = 2000;

/** A process in a group of its own that speaks lines on its standard output and has a time limit. */
class Running {
  /**
   * @param {{file: string, args: string[], env?: object, cwd?: string}} command
   * @param {number} limit seconds until the group is killed
   */
  constructor(command, limit) {
    const { file, args, env = childEnvironment(), cwd } = command;
    this.name = [file, ...args].join(' ');
    this.errors = '';
    this.lines = [];
    this.waiting = [];
    this.hasEnded = false;
    this.child = withGroup(spawn(file, args, { env, cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'] }));
    this.child.stdin.on('error', () => {});
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.errors = (this.errors + text).slice(-KEPT);
    });
    readline.createInterface({ input: this.child.stdout }).on('line', (line) => {
      if (this.waiting.length > 0) this.waiting.shift().resolve(line);
      else this.lines.push(line);
    });
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.errors += error.message;
        resolve();
      });
      this.child.on('close', resolve);
    }).then(() => this.#finish());
    this.timer = setTimeout(() => {
      this.errors += `\nended after ${limit} seconds`;
      this.kill();
    }, limit * 1000);
  }

  /** @returns {number|undefined} the process id */
  get pid() {
    return this.child.pid;
  }

  #finish() {
    clearTimeout(this.timer);
    this.hasEnded = true;
    for (const { reject } of this.waiting) reject(this.#failure());
    this.waiting = [];
  }

  #failure() {
    const { exitCode, signalCode } = this.child;
    const how = signalCode ? `was killed by ${signalCode}` : `ended with code ${exitCode}`;
    return new Error(`${this.name} ${how}${this.errors ? `: ${this.errors.trim()}` : ''}`);
  }

  /**
   * Waits for the next line of output.
   * @returns {Promise<string>}
   * @throws {Error} if the process ends first
   */
  async line() {
    if (this.lines.length > 0) return this.lines.shift();
    if (this.hasEnded) throw this.#failure();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /**
   * Waits for the next line that is JSON.
   * @param {(line: string) => void} [other] told the other lines
   * @returns {Promise<object>}
   * @throws {Error} if the process ends first
   */
  async json(other = () => {}) {
    for (;;) {
      const line = await this.line();
      if (line.startsWith('{')) return JSON.parse(line);
      other(line);
    }
  }

  /**
   * Writes a line to its standard input.
   * @param {string|number} text
   */
  say(text) {
    this.child.stdin.write(`${text}\n`);
  }

  /** Kills the whole group. */
  kill() {
    endGroup(this.pid);
  }

  /**
   * Kills the group and waits until the process is gone.
   * @returns {Promise<void>}
   */
  async stop() {
    if (!this.hasEnded) this.kill();
    await this.ended;
  }
}

/**
 * Runs a command to its end and returns what it printed.
 * @param {{file: string, args: string[], env?: object, cwd?: string}} command
 * @param {number} limit seconds
 * @returns {Promise<string>} standard output
 * @throws {Error} if it fails
 */
async function run(command, limit) {
  const process = new Running(command, limit);
  await process.ended;
  const output = process.lines.join('\n');
  if (process.child.exitCode !== 0) {
    throw new Error(`${process.name} failed: ${process.errors.trim() || output}`);
  }
  return output;
}

module.exports = { Running, run };
