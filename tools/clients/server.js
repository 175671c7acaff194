'use strict';

const { randomInt } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { findProgram } = require('./install');
const { endGroup, runToEnd, startGroup } = require('./processes');

/** Seconds that a server has to accept connections, and to end. */
const START_LIMIT = 60;
const STOP_LIMIT = 15;

const taken = new Set();

/**
 * A free TCP port of 127.0.0.1, below those that the system gives to outgoing connections: none of these can
 * take it while a server is stopped.
 * @returns {Promise<number>}
 */
async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (taken.has(port)) continue;
    const probe = net.createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
    } catch (error) {
      if (error.code === 'EADDRINUSE') continue;
      throw error;
    }
    probe.close();
    await once(probe, 'close');
    taken.add(port);
    return port;
  }
}

/**
 * Try to connect once.
 * @param {{port?: number, path?: string}} target
 * @returns {Promise<boolean>} whether somebody accepts
 */
function accepts(target) {
  return new Promise((resolve) => {
    const socket = net.connect(target.path === undefined ? { host: '127.0.0.1', ...target } : target);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** A server of servers/NAME.js, to be started and stopped any number of times. */
class Server {
  /**
   * @param {string} name
   * @param {string} folder an empty one, which becomes its own
   * @param {{ca: string, cert: string, key: string}} tls paths
   */
  constructor(name, folder, tls) {
    this.name = name;
    this.folder = folder;
    this.tls = tls;
    this.module = require(`./servers/${name}`);
    this.child = null;
    this.ports = new Map();
    this.address = null;
    this.output = '';
  }

  /** @returns {boolean} whether it runs */
  get isRunning() { return this.child !== null && this.child.exitCode === null && this.child.signalCode === null; }

  /** @returns {string} the path of its program */
  get program() { return findProgram(this.module.program, this.module.folders?.()); }

  /** @returns {Promise<string>} its version as digits and dots; empty where it does not say */
  async version() {
    const output = await runToEnd(this.program, this.module.version ?? ['--version'], { anyStatus: true });
    return /\d+(\.\d+)+/.exec(output)?.[0] ?? '';
  }

  /**
   * Start it; its addresses are the same each time.
   * @returns {Promise<object>} what scripts get as `servers.NAME`
   */
  async start() {
    if (this.isRunning) return this.address;
    this.output = '';
    this.address = await this.module.start(this.context());
    return this.address;
  }

  /** Stop it and what it started. */
  async stop() {
    const { child } = this;
    if (!this.isRunning) return;
    const ended = once(child, 'exit');
    child.kill(this.module.stopSignal ?? 'SIGTERM');
    const timer = setTimeout(() => endGroup(child.pid), STOP_LIMIT * 1000);
    await ended;
    clearTimeout(timer);
    this.child = null;
  }

  /** @returns {object} what the module's start() works with */
  context() {
    const { folder, tls, program } = this;
    return {
      folder,
      tls,
      program,
      file: (name) => path.join(folder, name),
      write: (name, text) => fs.writeFileSync(path.join(folder, name), text),
      port: (key = '') => this.port(key),
      exec: (command, args, options) => runToEnd(command, args, { cwd: folder, ...options }),
      run: (command, args, options) => this.run(command, args, options),
      ready: (target) => this.ready(target),
    };
  }

  /**
   * @param {string} key
   * @returns {Promise<number>} the port that this key has got
   */
  async port(key) {
    if (!this.ports.has(key)) this.ports.set(key, await freePort());
    return this.ports.get(key);
  }

  /**
   * Start its process.
   * @param {string} command
   * @param {string[]} args
   * @param {import('node:child_process').SpawnOptions} [options]
   * @returns {import('node:child_process').ChildProcess}
   */
  run(command, args, options) {
    const child = startGroup(command, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.child = child;
    child.once('error', (error) => { this.output += error.message; });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.output = (this.output + text).slice(-8000); });
    }
    return child;
  }

  /**
   * Wait until it accepts connections, or says in another way that it is ready.
   * @param {{port?: number, path?: string} | (() => boolean|Promise<boolean>)} target
   * @returns {Promise<void>} rejects with its output if it ends or takes too long
   */
  async ready(target) {
    const end = Date.now() + START_LIMIT * 1000;
    const isReady = typeof target === 'function' ? target : () => accepts(target);
    while (!await isReady()) {
      if (!this.isRunning || Date.now() > end) throw new Error(`${this.name} does not start:\n${this.output}`);
      await sleep(25);
    }
  }
}

module.exports = { Server };
