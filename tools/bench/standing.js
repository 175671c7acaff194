'use strict';

const { Running } = require('./process');

/**
 * How programs that stay up are measured. All are up at the same time and have their turns one after the other: where a
 * machine changes its speed now and then, both sides of a ratio have the same. There are several lives, for what V8
 * makes of a program differs by some percent from one process to the next.
 * @typedef {object} Rhythm
 * @property {number} life turns for which a process stays up
 * @property {number} turns of a peer in all
 * @property {number} wake milliseconds in which a program gets back to what it was, after a pause: V8 drops code in
 *   some seconds without work
 * @property {number} [time] milliseconds of a turn, if the scenario does not say
 */

/**
 * For clients that measure themselves, which go on where they were. This machine's speed changes within a second, so
 * that many short turns tell more than few long ones.
 * @type {Rhythm}
 */
const CLIENTS = { life: 15, turns: 75, wake: 50, time: 150 };

/** For servers: a tool makes its connections anew for each turn. @type {Rhythm} */
const SERVERS = { life: 8, turns: 32, wake: 250, time: 300 };

/** For scenarios that say how long a turn takes them. @type {Rhythm} */
const LONG = { life: 3, turns: 12, wake: 500 };

/**
 * @param {import('./scenarios').Scenario} scenario
 * @returns {Rhythm|undefined} undefined: its programs are started for each turn
 */
function rhythmOf({ kind, time }) {
  if (kind !== 'tool' && kind !== 'self') return undefined;
  if (time !== undefined) return LONG;
  return kind === 'tool' ? SERVERS : CLIENTS;
}

/** @returns {number[]} the turns of a peer, by rhythm */
function standingTurns() {
  return [CLIENTS, SERVERS, LONG].map(({ turns }) => turns);
}

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
  static isBegin(scenario, turn) {
    const rhythm = rhythmOf(scenario);
    return rhythm !== undefined && turn % rhythm.life === 0;
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

module.exports = { Standing, rhythmOf, standingTurns };
