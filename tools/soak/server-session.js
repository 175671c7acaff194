'use strict';

const { Part } = require('./bytes');
const { FLAGS } = require('./client-session');
const { Sender, abortNow, pauseSometimes } = require('./flow');
const { HEADER, planOf } = require('./plan');
const { random } = require('./random');

/** The server's side of one session. */
class ServerSession {
  /**
   * @param {import('net').Socket} socket just accepted
   * @param {boolean} isPath over a Unix path
   * @param {(entry: import('./client-session').Entry, session: ServerSession) => void} onClose id -1 if the client
   *   went before it said which session it is
   */
  constructor(socket, isPath, onClose) {
    this.socket = socket;
    this.isPath = isPath;
    this.plan = null;
    this.head = null;
    this.flags = 0;
    this.code = '';
    socket.on('data', (data) => this.#receive(data));
    socket.on('end', () => this.#peerEnded());
    socket.on('finish', () => {
      this.flags |= FLAGS.finished;
    });
    socket.on('error', ({ code }) => {
      this.code = code;
    });
    socket.on('close', (hadError) => {
      if (hadError) this.flags |= FLAGS.hadError;
      if (this.up && this.up.wrongAt >= 0) this.flags |= FLAGS.wrong;
      onClose([this.plan ? this.plan.id : -1, this.down ? this.down.position : 0, this.up ? this.up.position : 0,
        socket.bytesRead, socket.bytesWritten, this.flags, this.code], this);
    });
  }

  #receive(data) {
    if (this.plan) return this.#body(data);
    this.head = this.head ? Buffer.concat([this.head, data]) : data;
    if (this.head.length < HEADER) return;
    const rest = this.head.subarray(HEADER);
    this.#begin(this.head.readUInt32LE(0), this.head.readUInt32LE(4));
    this.head = null;
    if (rest.length > 0) this.#body(rest);
  }

  #begin(id, seed) {
    const { socket } = this;
    const plan = planOf(seed, id);
    this.plan = plan;
    this.next = random(plan.writes + 1);
    this.up = new Part(plan.upStart, plan.up);
    this.down = new Part(plan.downStart, plan.down);
    this.sender = new Sender(socket, this.down, plan.writes + 2, () => this.#step());
    if (plan.timeout && plan.timeoutBy === 'server') {
      socket.setTimeout(plan.timeout, () => {
        this.flags |= FLAGS.timedOut;
        socket.destroy();
      });
    }
    if (plan.kind !== 'echo' && plan.kind !== 'half') this.sender.sendUpTo(plan.down);
    this.#step();
  }

  #body(data) {
    const { plan, socket, up } = this;
    up.check(data);
    if (plan.kind === 'echo') {
      // What came was right up to here, so the part of the block is what would be sent back.
      this.sender.sendUpTo(Math.min(up.position, plan.down));
      if (this.sender.waiting) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    }
    // An echo that waits for drain is resumed by that.
    const mayResume = () => plan.kind !== 'echo' || !this.sender.waiting;
    if (plan.turns && !socket.isPaused()) pauseSometimes(socket, this.next, mayResume);
    this.#step();
  }

  #peerEnded() {
    this.flags |= FLAGS.ended;
    if (!this.plan) return void this.socket.end();
    if (this.plan.kind === 'half') this.sender.sendUpTo(this.plan.down);
    this.#step();
  }

  /** Whatever is due: aborting, ending. */
  #step() {
    const { down, plan, socket, up } = this;
    if (socket.destroyed || this.flags & FLAGS.aborted) return;
    const { abort } = plan;
    if (abort && abort.by === 'server' && up.position + down.position >= abort.at) {
      this.flags |= FLAGS.aborted;
      return abortNow(socket, abort, this.isPath);
    }
    if (socket.writableEnded) return;
    if (this.flags & FLAGS.ended ? down.left <= 0 || plan.kind === 'echo' && this.sender.done
      : plan.ender === 'server' && down.left <= 0) socket.end();
  }
}

module.exports = { ServerSession };
