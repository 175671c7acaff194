'use strict';

// What both sides of a session do alike: send a part in writes of all sizes and kinds, read with pauses, abort.

const { random } = require('./random');

/** The longest write, in bytes. */
const LONGEST_WRITE = 65536;

/** Writes a part of the block, as fast as the socket takes it. */
class Sender {
  /**
   * @param {import('net').Socket} socket
   * @param {import('./bytes').Part} part
   * @param {number} seed how it is cut into writes
   * @param {() => void} onSent called after each round of writes, with all or some of it written
   */
  constructor(socket, part, seed, onSent) {
    this.socket = socket;
    this.part = part;
    this.next = random(seed);
    this.onSent = onSent;
    this.limit = 0;
    this.waiting = false;
    this.busy = false;
  }

  /** @returns {boolean} whether all that may be sent by now has been written */
  get done() {
    return this.part.position >= this.limit;
  }

  /**
   * Send up to a position of the part.
   *
   * @param {number} limit bytes
   * @returns {void}
   */
  sendUpTo(limit) {
    this.limit = Math.max(this.limit, limit);
    this.#go();
  }

  #go() {
    if (this.waiting || this.busy) return;
    this.busy = true;
    const { next, part, socket } = this;
    const corked = next(12) === 0;
    if (corked) socket.cork();
    while (part.position < this.limit && socket.writable) {
      const size = next(4) === 0 ? next(LONGEST_WRITE) : next(3000);
      if (!this.#write(part.take(Math.min(size + 1, this.limit - part.position)))) {
        this.waiting = true;
        socket.once('drain', () => {
          this.waiting = false;
          this.#go();
        });
        break;
      }
    }
    if (corked) socket.uncork();
    this.busy = false;
    this.onSent();
  }

  #write(chunk) {
    switch (this.next(8)) {
      case 0: return this.socket.write(chunk.toString('latin1'), 'latin1');
      case 1: return this.socket.write(chunk.toString('hex'), 'hex');
      case 2: return this.socket.write(new Uint8Array(chunk));
      case 3: return this.socket.write(chunk, () => {});
      default: return this.socket.write(chunk);
    }
  }
}

/**
 * Stop reading for some turns of the event loop, or some milliseconds, now and then.
 *
 * @param {import('net').Socket} socket
 * @param {(limit: number) => number} next
 * @param {() => boolean} mayResume whether it may be read again then
 * @returns {void}
 */
function pauseSometimes(socket, next, mayResume) {
  if (next(6) !== 0) return;
  socket.pause();
  let turns = next(5) + 1;
  const wait = () => {
    if (--turns > 0) setImmediate(wait);
    else if (mayResume()) socket.resume();
  };
  if (next(8) === 0) setTimeout(wait, next(20));
  else setImmediate(wait);
}

/**
 * End a connection by force.
 *
 * @param {import('net').Socket} socket
 * @param {import('./plan').Abort} abort
 * @param {boolean} isPath over a Unix path, where there is no reset
 * @returns {void}
 */
function abortNow(socket, { how, when }, isPath) {
  const act = () => {
    // Nor one after end(): libuv refuses to reset what it shuts down, and the built-in's socket then never closes.
    if (how === 'destroy' || isPath || socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  };
  if (when === 'now') act();
  else if (when === 'tick') process.nextTick(act);
  else setImmediate(act);
}

module.exports = { Sender, abortNow, pauseSometimes };
