'use strict';

const { Part } = require('./bytes');
const { Sender, abortNow, pauseSometimes } = require('./flow');
const { HEADER } = require('./plan');
const { random } = require('./random');

/**
 * What a side tells of a session that has ended.
 *
 * @typedef {[id: number, sent: number, received: number, read: number, written: number, flags: number,
 *   code: string]} Entry
 *   bytes written and received by the session, `bytesRead` and `bytesWritten` of the socket, FLAGS, error code
 */

/** Bits of an entry. */
const FLAGS = { ended: 1, finished: 2, wrong: 4, aborted: 8, timedOut: 16, hadError: 32 };

/** The client's side of one session. */
class ClientSession {
  /**
   * @param {import('./plan').Plan} plan
   * @param {number} seed of the run, for the header
   * @param {boolean} isPath over a Unix path
   * @param {{onHeld: (session: ClientSession) => void, onClose: (entry: Entry, session: ClientSession) => void}} told
   */
  constructor(plan, seed, isPath, told) {
    this.plan = plan;
    this.seed = seed;
    this.isPath = isPath;
    this.told = told;
    this.flags = 0;
    this.code = '';
    this.held = false;
    this.wasHeld = false;
    this.up = new Part(plan.upStart, plan.up);
    this.down = new Part(plan.downStart, plan.down);
  }

  /**
   * @param {typeof import('net')} net
   * @param {object} where for `connect`
   * @returns {void}
   */
  start(net, where) {
    const { plan } = this;
    const options = { ...where, allowHalfOpen: plan.ender === 'server' || plan.early };
    if (plan.onread) {
      options.onread = {
        buffer: Buffer.allocUnsafe(4096),
        callback: (length, buffer) => {
          this.#receive(buffer.subarray(0, length));
          return true;
        },
      };
    }
    const socket = net.connect(options);
    this.socket = socket;
    this.next = random(plan.writes);
    this.sender = new Sender(socket, this.up, plan.writes, () => this.#step());
    const header = Buffer.allocUnsafe(HEADER);
    header.writeUInt32LE(plan.id, 0);
    header.writeUInt32LE(this.seed, 4);
    const begin = () => {
      socket.write(header);
      this.sender.sendUpTo(plan.hold || plan.timeout ? plan.before : plan.up);
    };
    // Half of them write before they are connected.
    if (plan.writes % 2) begin();
    else socket.once('connect', begin);
    if (!plan.onread) socket.on('data', (data) => this.#receive(data));
    socket.on('end', () => {
      this.flags |= FLAGS.ended;
      this.#step();
    });
    socket.on('finish', () => {
      this.flags |= FLAGS.finished;
    });
    socket.on('error', ({ code }) => {
      this.code = code;
    });
    socket.on('close', (hadError) => this.#closed(hadError));
    if (plan.timeout && plan.timeoutBy === 'client') {
      socket.setTimeout(plan.timeout, () => {
        this.flags |= FLAGS.timedOut;
        socket.destroy();
      });
    }
  }

  /**
   * Go on after the session has been held open.
   *
   * @returns {void}
   */
  release() {
    this.held = false;
    this.wasHeld = true;
    const { plan, socket } = this;
    if (plan.abort && plan.abort.by === 'client' && plan.abort.held) return this.#abort();
    if (plan.pause && !plan.onread) socket.resume();
    this.sender.sendUpTo(plan.up);
  }

  #receive(data) {
    this.down.check(data);
    const { onread, turns } = this.plan;
    if (turns && !onread) pauseSometimes(this.socket, this.next, () => !this.#pausedByHold());
    this.#step();
  }

  /** @returns {boolean} whether it must not be read before it is released */
  #pausedByHold() {
    const { onread, pause, timeout } = this.plan;
    return this.held && pause && !onread && !timeout;
  }

  #abort() {
    if (this.flags & FLAGS.aborted) return;
    this.flags |= FLAGS.aborted;
    abortNow(this.socket, this.plan.abort, this.isPath);
  }

  /** Whatever is due: holding, aborting, ending. */
  #step() {
    const { down, plan, sender, socket, up } = this;
    if (socket.destroyed || this.flags & FLAGS.aborted) return;
    if (plan.timeout && this.flags & FLAGS.ended) return void socket.end();
    if (plan.abort && plan.abort.by === 'client' && !(plan.abort.held && plan.hold) &&
        up.position + down.position >= plan.abort.at) return this.#abort();
    if ((plan.hold || plan.timeout) && !this.wasHeld && !this.held && sender.done) {
      if (socket.connecting) return void socket.once('connect', () => this.#step());
      this.held = true;
      if (this.#pausedByHold()) socket.pause();
      return this.told.onHeld(this);
    }
    if (this.held || up.left > 0 || socket.writableEnded) return;
    if (this.flags & FLAGS.ended || (plan.ender === 'client' && (plan.early || down.left <= 0))) socket.end();
  }

  #closed(hadError) {
    const { down, plan, socket, up } = this;
    if (hadError) this.flags |= FLAGS.hadError;
    if (down.wrongAt >= 0) this.flags |= FLAGS.wrong;
    const { bytesRead, bytesWritten } = socket;
    this.told.onClose([plan.id, up.position, down.position, bytesRead, bytesWritten, this.flags, this.code], this);
  }
}

module.exports = { ClientSession, FLAGS };
