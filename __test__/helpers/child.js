'use strict';

const { spawnNode } = require('./spawn');

/**
 * A child process that a test talks with while it runs.
 *
 * In the child, `process.send({kind: value})` tells something, and what the test says arrives as
 * `process.on('message')`. The code runs as `spawnNode` runs it: own group, time limit, `net` at hand.
 */
class Child {
  /**
   * @param {string} implementation 'net' or 'rsnet'
   * @param {string | Function} code as for `spawnNode`
   * @param {object} [options] as for `spawnNode`
   */
  constructor(implementation, code, options = {}) {
    /** Everything that was told, in order. @type {object[]} */
    this.told = [];
    this.unheard = [];
    this.waiting = [];
    this.process = null;
    /** What `spawnNode` resolves to, once the child has ended. @type {Promise<object>} */
    this.result = spawnNode(implementation, code, {
      ...options,
      stdio: ['ipc', ...(options.stdio || [])],
      onStart: (started) => {
        this.process = started;
        started.on('message', (message) => this.tell(message));
      },
    });
    this.result.then((result) => {
      for (const { kind, reject } of this.waiting.splice(0)) {
        reject(new Error(`the child ended before it told "${kind}": ${JSON.stringify(result)}`));
      }
      this.ended = result;
    });
  }

  /**
   * @param {object} message from the child
   * @returns {void}
   */
  tell(message) {
    this.told.push(message);
    const index = this.waiting.findIndex(({ kind }) => kind in message);
    if (index === -1) this.unheard.push(message);
    else this.waiting.splice(index, 1)[0].resolve(message);
  }

  /**
   * Wait for the next message that has a key.
   *
   * @param {string} kind
   * @returns {Promise<any>} the value under the key; rejects when the child ends without telling it
   */
  heard(kind) {
    const index = this.unheard.findIndex((message) => kind in message);
    if (index !== -1) return Promise.resolve(this.unheard.splice(index, 1)[0][kind]);
    if (this.ended) return Promise.reject(new Error(`the child never told "${kind}": ${JSON.stringify(this.ended)}`));
    return new Promise((resolve, reject) => {
      this.waiting.push({ kind, resolve: (message) => resolve(message[kind]), reject });
    });
  }

  /**
   * Say something to the child, and wait until it tells a message of that kind.
   *
   * @param {string} what
   * @returns {Promise<any>}
   */
  ask(what) {
    const answer = this.heard(what);
    this.process.send(what);
    return answer;
  }

  /**
   * Say something to the child.
   *
   * @param {any} what
   * @returns {void}
   */
  send(what) {
    this.process.send(what);
  }
}

module.exports = { Child };
