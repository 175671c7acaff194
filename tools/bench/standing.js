'use strict';

const { Running } = require('./process');

/**
 * Turns for which a program stays up. Meanwhile the others are measured, in turn, at most some seconds apart: where a
 * machine changes its speed now and then, both sides of a ratio have the same. There are several lives, for what V8
 * makes of a program differs by some percent from one process to the next.
 */
const LIFE = 3;

/** Kinds of scenarios whose programs stay up: web servers, and clients that measure themselves. */
const KINDS = new Set(['tool', 'self']);

/**
 * A program that stays up.
 * @typedef {object} Program
 * @property {Running} tested
 * @property {object} facts what it said when it was ready
 */

/** The programs of one scenario that stay up for several turns, by peer. */
class Standing {
  #programs = new Map();

  /** @param {number} limit seconds that a program may take in all */
  constructor(limit) {
    this.limit = limit;
  }

  /**
   * @param {import('./scenarios').Scenario} scenario
   * @param {number} turn from 0
   * @returns {boolean} whether programs are started anew in that turn
   */
  static isBegin({ kind }, turn) {
    return KINDS.has(kind) && turn % LIFE === 0;
  }

  /**
   * Starts a program. That of the turns before has ended.
   * @param {string} id of the peer
   * @param {import('./peers').Command} command
   * @returns {Promise<Program>} when it is ready
   * @throws {Error} if it ends before
   */
  async begin(id, command) {
    const program = { tested: new Running(command, this.limit), facts: {} };
    this.#programs.set(id, program);
    program.facts = await program.tested.json();
    return program;
  }

  /**
   * @param {string} id of the peer
   * @returns {Program}
   * @throws {Error} if none is up
   */
  program(id) {
    const program = this.#programs.get(id);
    if (program === undefined) throw new Error('the program was ended after a failure');
    return program;
  }

  /**
   * @param {string} id of the peer
   * @returns {Running[]} its process, if one is up
   */
  processes(id) {
    const program = this.#programs.get(id);
    return program ? [program.tested] : [];
  }

  /**
   * Ends the program of a peer, if one is up.
   * @param {string} id of the peer
   * @returns {Promise<void>}
   */
  async stop(id) {
    const program = this.#programs.get(id);
    this.#programs.delete(id);
    await program?.tested.stop();
  }

  /** @returns {Promise<void>} when all have ended */
  async stopAll() {
    await Promise.all([...this.#programs.keys()].map((id) => this.stop(id)));
  }
}

module.exports = { LIFE, STANDING_KINDS: KINDS, Standing };
