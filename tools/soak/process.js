'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { childEnvironment } = require('../../scripts/lib/environment');
const { endGroup, withGroup } = require('../lib/group');

/** Descriptors that a process needs besides those of its connections. */
const SPARE = 512;
/** How much of a process's error output is kept, in characters. */
const KEPT = 4000;

/** A process of the soak: in a group of its own, with an IPC channel and as many descriptors as it needs. */
class Running {
  /**
   * @param {string} program file of this folder
   * @param {object} options given as JSON
   * @param {{open: number, env: object, onMessage: (message: object) => void}} settings descriptors needed, added to
   *   the environment, told each message
   */
  constructor(program, options, { open, env, onMessage }) {
    this.name = program;
    this.errors = '';
    const raise = 'n=$1; shift; had=$(ulimit -n); ' +
      '[ "$had" = unlimited ] || [ "$had" -ge "$n" ] || ulimit -n "$n" || exit 9; exec "$@"';
    this.child = withGroup(spawn('sh', ['-c', raise, 'sh', String(open + SPARE), process.execPath, '--expose-gc',
      path.join(__dirname, program), JSON.stringify(options)], {
      detached: true,
      env: childEnvironment(env),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }));
    const keep = (text) => {
      this.errors = (this.errors + text).slice(-KEPT);
    };
    this.child.stdout.setEncoding('utf8').on('data', keep);
    this.child.stderr.setEncoding('utf8').on('data', keep);
    this.child.on('message', onMessage);
    /** How it ended. @type {Promise<{code: number|null, signal: string|null, errors: string}>} */
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => keep(error.message));
      this.child.on('close', (code, signal) => resolve({ code, signal, errors: this.errors.trim() }));
    });
  }

  /**
   * @param {any} message
   * @returns {void}
   */
  send(message) {
    if (this.child.connected) this.child.send(message);
  }

  /**
   * End it with its whole group.
   *
   * @returns {void}
   */
  kill() {
    endGroup(this.child.pid);
  }
}

module.exports = { Running };
