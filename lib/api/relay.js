'use strict';

// `net.relay()`: moves bytes both ways between two sockets until both have ended.

const { AbortError, codes } = require('../node/errors');
const { kBuffer } = require('../handle/socket-symbols');
const { later } = require('../node/later');
const { validateAbortSignal, validateObject } = require('../node/validators');

/**
 * So many bytes, of both directions together, go by the streams first: to give two connections to the engine costs as
 * much as some messages do, and many connections carry no more.
 */
const BYTES_BEFORE = 64 * 1024;

/**
 * What moves the bytes of both directions.
 *
 * @typedef {object} Mover
 * @property {(direction: number) => void} open begins with a direction. The source emits 'end' behind its last byte.
 * @property {(direction: number, tell: () => void) => void} [refuse] the destination of a direction has been ended:
 *   tells of the next byte of its source, and of its end as ever. The engine's writes fail by themselves.
 * @property {() => number[]} stop ends both, and returns the bytes moved in each direction
 */

/**
 * @param {*} socket
 * @param {string} name of the argument
 * @throws {TypeError} when its bytes cannot be relayed
 */
function checkSocket(socket, name) {
  if (typeof socket?.pipe !== 'function' || typeof socket.write !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE(name, 'Socket', socket);
  }
  // What it has buffered are characters, and those of a broken sequence are lost.
  if (socket.readableEncoding) throw new codes.ERR_INVALID_ARG_VALUE(name, socket, 'must not have an encoding');
  if (socket[kBuffer]) throw new codes.ERR_INVALID_ARG_VALUE(name, socket, 'must not have the option onread');
}

/**
 * Moves the bytes by the sockets' streams.
 *
 * @param {Socket[]} sockets
 * @param {(length: number) => void} onBytes called with the length of each chunk
 * @returns {Mover}
 */
function streamMover(sockets, onBytes) {
  const counts = [0, 0];
  const counters = [0, 1].map((direction) => ({ length }) => {
    counts[direction] += length;
    onBytes(length);
  });
  return {
    open(direction) {
      const from = sockets[direction];
      from.on('data', counters[direction]);
      from.pipe(sockets[1 - direction], { end: false });
    },
    refuse(direction, refusal) {
      const from = sockets[direction];
      // The pipe is taken away by the same event, and then pauses its source.
      later(() => {
        from.on('data', refusal);
        from.resume();
      });
    },
    stop() {
      sockets.forEach((from, direction) => {
        from.removeListener('data', counters[direction]);
        from.unpipe(sockets[1 - direction]);
      });
      return counts;
    },
  };
}

/** Sockets whose bytes are relayed. */
const relayed = new WeakSet();

/**
 * @param {Socket} socket
 * @returns {boolean} whether a relay reads and writes it
 */
function isRelayed(socket) {
  return relayed.has(socket);
}

/** A relay that goes on. */
class Relay {
  /**
   * @param {Socket[]} sockets
   * @param {object} how
   * @param {AbortSignal} [how.signal]
   * @param {(sockets: Socket[]) => (Mover|undefined)} [how.moverOf] moves bytes without the streams, if
   *   it can do that with these sockets
   * @param {number} how.bytesBefore how many bytes the streams move before that
   * @param {(result: {aToB: number, bToA: number}) => void} how.resolve
   * @param {(error: Error) => void} how.reject
   */
  constructor(sockets, { signal, moverOf, bytesBefore, resolve, reject }) {
    this.sockets = sockets;
    this.signal = signal;
    this.moverOf = /** @type {(sockets: Socket[]) => (Mover|undefined)} */ (moverOf);
    /** How many bytes the streams still move before they are given up; `Infinity`: they are not. */
    this.bytesLeft = moverOf === undefined ? Infinity : bytesBefore;
    this.resolve = resolve;
    this.reject = reject;
    /** @type {Mover|undefined} */
    this.mover = undefined;
    /** The bytes that movers before that one have moved in each direction. */
    this.counts = [0, 0];
    this.isOver = false;
    /** Listeners to be removed: socket, event, function. */
    this.listeners = [];
    const abort = () => this.fail(new AbortError(signal?.reason));
    this.abort = abort;
  }

  /** Begins once both sockets are connected. */
  begin() {
    if (this.signal?.aborted) {
      this.abort();
      return;
    }
    this.signal?.addEventListener('abort', this.abort, { once: true });
    const destroyed = this.sockets.find((socket) => socket.destroyed);
    if (destroyed) {
      this.fail(destroyed.errored);
      return;
    }
    this.sockets.forEach((socket, direction) => {
      relayed.add(socket);
      // The other direction goes on behind an end.
      socket.allowHalfOpen = true;
      this.on(socket, 'error', (error) => this.fail(error));
      this.on(socket, 'close', () => {
        if (!(socket.readableEnded && socket.writableFinished)) this.fail(socket.errored);
      });
      this.on(socket, 'end', () => this.passEnd(direction));
      this.on(socket, 'finish', () => this.finished(1 - direction));
      if (socket.connecting) this.on(socket, 'connect', () => this.openIfConnected());
    });
    this.openIfConnected();
  }

  /**
   * @param {Socket} socket
   * @param {string} event
   * @param {(...args: *) => void} listener
   */
  on(socket, event, listener) {
    socket.on(event, listener);
    this.listeners.push([socket, event, listener]);
  }

  /** Lets bytes flow. A direction whose source has ended before has none. */
  openIfConnected() {
    const { sockets } = this;
    if (this.isOver || this.mover !== undefined || sockets.some((socket) => socket.connecting)) return;
    for (const socket of sockets) while (socket.writableCorked > 0) socket.uncork();
    this.mover = (this.bytesLeft > 0 ? undefined : this.moverOf(sockets)) ?? this.streams();
    sockets.forEach((from, direction) => {
      if (this.isOver) return;
      if (from.readableEnded) this.passEnd(direction);
      else if (sockets[1 - direction].writableEnded) this.fail(new codes.ERR_STREAM_WRITE_AFTER_END());
      else this.mover?.open(direction);
    });
  }

  /** @returns {Mover} by the streams */
  streams() {
    return streamMover(this.sockets, (bytes) => {
      this.bytesLeft -= bytes;
      if (this.bytesLeft > 0) return;
      this.bytesLeft = Infinity;
      later(() => this.leaveStreams());
    });
  }

  /** Has the bytes moved without the streams from now on, if that can be. */
  leaveStreams() {
    const { sockets } = this;
    if (this.isOver || sockets.some((socket) => socket.destroyed)) return;
    const open = [0, 1].filter((direction) => !sockets[direction].readableEnded);
    // The program has ended a destination. The streams see what its source does; the engine would not read it.
    if (open.some((direction) => sockets[1 - direction].writableEnded)) return;
    this.count();
    this.mover = this.moverOf(sockets) ?? this.streams();
    for (const direction of open) this.mover.open(direction);
  }

  /** Stops what moves the bytes, and counts them. */
  count() {
    this.counts = (this.mover?.stop() ?? [0, 0]).map((bytes, direction) => bytes + this.counts[direction]);
  }

  /** @param {number} direction whose source has ended */
  passEnd(direction) {
    const to = this.sockets[1 - direction];
    if (!to.writableEnded) to.end();
    this.finishIfDone();
  }

  /** @param {number} direction whose destination has ended, and has sent all */
  finished(direction) {
    const from = this.sockets[direction];
    // Not the relay, but the program has ended it.
    if (!from.readableEnded && !from.destroyed) {
      this.mover?.refuse?.(direction, () => this.fail(new codes.ERR_STREAM_WRITE_AFTER_END()));
    }
    this.finishIfDone();
  }

  /** Fulfils the promise if both sockets have ended, and all is sent. */
  finishIfDone() {
    if (this.isOver || !this.sockets.every((socket) => socket.readableEnded && socket.writableFinished)) return;
    this.stop();
    const [aToB, bToA] = this.counts;
    this.resolve({ aToB, bToA });
  }

  /** @param {Error|null} [error] without one, a socket was closed too early */
  fail(error) {
    if (this.isOver) return;
    this.stop();
    for (const socket of this.sockets) {
      // The promise has the error.
      if (!socket.closed) socket.on('error', () => {});
      socket.destroy();
    }
    this.reject(error ?? new codes.ERR_STREAM_PREMATURE_CLOSE());
  }

  /** Leaves the sockets to the program. */
  stop() {
    this.isOver = true;
    for (const socket of this.sockets) relayed.delete(socket);
    this.signal?.removeEventListener('abort', this.abort);
    for (const [socket, event, listener] of this.listeners) socket.removeListener(event, listener);
    this.count();
  }
}

/**
 * Makes `net.relay` for one implementation of `net`.
 *
 * @param {(sockets: Socket[]) => (Mover|undefined)} [moverOf] as for Relay
 * @param {number} [bytesBefore] as for Relay
 * @returns {Function}
 */
function relayBy(moverOf, bytesBefore = BYTES_BEFORE) {
  /**
   * Moves bytes both ways between two sockets until both have ended.
   *
   * @param {Socket} a
   * @param {Socket} b
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<{aToB: number, bToA: number}>} the bytes of each direction; rejects with the error of a socket,
   *   or with an AbortError
   */
  return async function relay(a, b, options = {}) {
    checkSocket(a, 'a');
    checkSocket(b, 'b');
    if (a === b) throw new codes.ERR_INVALID_ARG_VALUE('b', b, 'must be another socket than a');
    validateObject(options, 'options');
    const { signal } = options;
    validateAbortSignal(signal, 'options.signal');
    return new Promise((resolve, reject) => {
      new Relay([a, b], { signal, moverOf, bytesBefore, resolve, reject }).begin();
    });
  };
}

module.exports = { isRelayed, relayBy };
