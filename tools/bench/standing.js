'use strict';

const { Running } = require('./process');

/**
 * Turns for which a server stays up. Its start and its warm-up take as long as both. Processes of one program differ by
 * up to a fifth, so each peer has several.
 */
const TURNS = 2;

/**
 * A server that stays up.
 * @typedef {object} Server
 * @property {Running} tested
 * @property {number} port
 * @property {number} turns how many it has had, this one included
 */

/** The servers of one scenario that stay up for several turns, by peer. */
class Standing {
  #servers = new Map();
  #limit;

  /** @param {number} limit seconds that a server may take in all */
  constructor(limit) {
    this.#limit = limit;
  }

  /**
   * The server for a turn of a peer: the one that is up, or a new one if there is none or it has had its turns.
   * @param {string} id of the peer
   * @param {() => import('./peers').Command} command
   * @returns {Promise<Server>}
   * @throws {Error} if it ends before it listens
   */
  async enter(id, command) {
    if (this.#servers.get(id)?.turns === TURNS) await this.stop(id);
    let server = this.#servers.get(id);
    if (server === undefined) {
      server = { tested: new Running(command(), this.#limit), turns: 0 };
      this.#servers.set(id, server);
      server.port = (await server.tested.json()).port;
    }
    server.turns++;
    return server;
  }

  /**
   * @param {string} id of the peer
   * @returns {Running[]} its process, if one is up
   */
  processes(id) {
    const server = this.#servers.get(id);
    return server ? [server.tested] : [];
  }

  /**
   * Ends the server of a peer, if one is up.
   * @param {string} id of the peer
   * @returns {Promise<void>}
   */
  async stop(id) {
    const server = this.#servers.get(id);
    this.#servers.delete(id);
    await server?.tested.stop();
  }

  /** @returns {Promise<void>} when all have ended */
  async stopAll() {
    await Promise.all([...this.#servers.keys()].map((id) => this.stop(id)));
  }
}

module.exports = { STANDING_TURNS: TURNS, Standing };
