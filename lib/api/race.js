'use strict';

// Attempts to connect that are under way at the same time (RFC 8305, section 5). The attempt that began last has
// `socket._handle`, as the only one has in the built-in.

/** By Socket, its race. Only a Socket that has left an attempt behind is here. */
const races = new WeakMap();

/** `oncomplete` of an attempt that nobody waits for. */
function ignoreEnd() {}

/** The attempts of one connect call that are under way. */
class Race {
  /** @param {Socket} socket */
  constructor(socket) {
    this.socket = socket;
    /** Handles by request, the oldest first. */
    this.running = new Map();
  }

  /**
   * The attempt of `socket._handle` goes on while the next one begins.
   */
  leaveBehind() {
    const earlier = races.get(this.socket);
    if (earlier === this) return;
    earlier?.closeOthers();
    races.set(this.socket, this);
  }

  /**
   * Forgets an attempt that has ended. The handle of the socket itself stays open: the next attempt, or the end of the
   * socket, closes it.
   *
   * @param {ConnectReq} req
   */
  remove(req) {
    const handle = this.running.get(req);
    this.running.delete(req);
    if (handle !== this.socket._handle) handle?.close();
  }

  /** Whether `socket._handle` has an attempt that is under way. */
  get hasOwn() {
    for (const handle of this.running.values()) {
      if (handle === this.socket._handle) return true;
    }
    return false;
  }

  /** The handle of the attempt under way that began last. */
  get newest() { return [...this.running.values()].at(-1); }

  /** Ends all attempts but that of `socket._handle`. Nobody hears of their ends. */
  closeOthers() {
    races.delete(this.socket);
    const { running, socket } = this;
    this.running = new Map();
    for (const [req, handle] of running) {
      if (handle === socket._handle) continue;
      req.oncomplete = ignoreEnd;
      handle.close();
    }
  }
}

/**
 * @param {Socket} socket
 * @returns {AnyHandle[]} the handles of attempts that are under way beside that of `socket._handle`
 */
function otherHandles(socket) {
  const race = races.get(socket);
  return race ? [...race.running.values()].filter((handle) => handle !== socket._handle) : [];
}

/**
 * Ends all attempts of a socket but that of `socket._handle`.
 *
 * @param {Socket} socket
 */
function closeOtherAttempts(socket) {
  races.get(socket)?.closeOthers();
}

module.exports = { closeOtherAttempts, ignoreEnd, otherHandles, Race };
