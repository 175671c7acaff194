'use strict';

// The books: what the client says of a session against what the server says of it.

const { FLAGS } = require('./client-session');
const { HEADER, isClean, planOf } = require('./plan');

/** How many problems are told in full. */
const TOLD = 20;
/** Errors that a connection may end with which one side has aborted. */
const ABORT_CODES = new Set(['', 'ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_DESTROYED']);

/** Compares the two sides of each session. */
class Ledger {
  /**
   * @param {number} seed of the run
   */
  constructor(seed) {
    this.seed = seed;
    /** Entries whose other side has not come yet, by session. */
    this.open = { client: new Map(), server: new Map() };
    this.problems = [];
    this.counts = {
      sessions: 0, clean: 0, aborted: 0, timedOut: 0, unknown: 0, unaccepted: 0, problems: 0,
      bytes: 0, written: 0, lost: 0,
    };
    this.codes = {};
  }

  /**
   * @param {'client'|'server'} side
   * @param {import('./client-session').Entry[]} entries
   * @returns {void}
   */
  add(side, entries) {
    for (const entry of entries) {
      const [id] = entry;
      if (side === 'client') this.counts.sessions++;
      if (id < 0) {
        this.counts.unknown++;
        continue;
      }
      const other = side === 'client' ? this.open.server : this.open.client;
      const match = other.get(id);
      if (match) {
        other.delete(id);
        if (side === 'client') this.#both(entry, match);
        else this.#both(match, entry);
      } else if (this.open[side].has(id)) {
        this.#problem(id, `two sessions of this number at the ${side}`);
      } else {
        this.open[side].set(id, entry);
      }
    }
  }

  #problem(id, text) {
    this.counts.problems++;
    if (this.problems.length >= TOLD) return;
    this.problems.push({ text, plan: id === undefined ? null : planOf(this.seed, id) });
  }

  #both(client, server) {
    const plan = planOf(this.seed, client[0]);
    const [id, up, down, clientRead, clientWritten, clientFlags, clientCode] = client;
    const [, serverSent, serverReceived, serverRead, serverWritten, serverFlags, serverCode] = server;
    const { counts } = this;
    const say = (text) => {
      this.#problem(id, `${text}: client ${JSON.stringify(client)}, server ${JSON.stringify(server)}`);
    };
    for (const code of [clientCode, serverCode]) if (code) this.codes[code] = (this.codes[code] ?? 0) + 1;
    counts.bytes += down + serverReceived;
    counts.written += up + serverSent;
    if ((clientFlags | serverFlags) & FLAGS.wrong) return say('another byte');
    if (serverReceived > up || down > serverSent) return say('more bytes than were sent');
    // What an aborted side has read and not delivered counts as read, too.
    if (clientRead < down || clientRead > serverSent) return say('bytesRead of the client');
    if (serverRead < serverReceived + HEADER || serverRead > up + HEADER) return say('bytesRead of the server');
    if (!isClean(plan)) {
      counts.lost += up - serverReceived + serverSent - down;
      if ((clientFlags | serverFlags) & FLAGS.timedOut) counts.timedOut++;
      else counts.aborted++;
      for (const code of [clientCode, serverCode]) if (!ABORT_CODES.has(code)) return say(`error ${code}`);
      return undefined;
    }
    counts.clean++;
    const good = FLAGS.ended | FLAGS.finished;
    if (clientFlags !== good || serverFlags !== good || clientCode || serverCode) return say('not ended well');
    if (up !== plan.up || serverReceived !== plan.up || down !== plan.down || serverSent !== plan.down) {
      return say('bytes are missing');
    }
    if (clientWritten !== up + HEADER || serverWritten !== serverSent) return say('bytesWritten');
    if (clientRead !== down || serverRead !== up + HEADER) return say('bytesRead');
    return undefined;
  }

  /**
   * Look at what only one side knows, once both have ended: sessions the client has left before the server knew
   * which one it was.
   *
   * @returns {void}
   */
  close() {
    for (const [id, entry] of this.open.client) {
      const plan = planOf(this.seed, id);
      this.counts.unaccepted++;
      if (isClean(plan)) this.#problem(id, `the server knows nothing of it: client ${JSON.stringify(entry)}`);
      else if (entry[2] > 0) this.#problem(id, `bytes came from nowhere: client ${JSON.stringify(entry)}`);
    }
    for (const [id, entry] of this.open.server) {
      this.#problem(id, `the client knows nothing of it: server ${JSON.stringify(entry)}`);
    }
    const { unaccepted, unknown } = this.counts;
    if (unknown > unaccepted) {
      this.#problem(undefined, `${unknown} connections said nothing, ${unaccepted} were left early`);
    }
  }
}

module.exports = { Ledger };
