'use strict';

// Has the engine move the bytes of `a.pipe(b)` while they come in bulk, if both are sockets of rsnet and nobody else
// looks (Linux).
//
// For the program nothing has changed meanwhile: the streams stand as between two chunks. Whatever it does to one of
// the sockets ends the relay first (lib/api/touch-traps.js), as do an end, an error, and 100 ms in which no byte was
// moved. What the relay has read and not sent comes as the next reads of the source, and the pipe goes on.

const { awaitsRead, commands, takePending } = require('../addon/bridge');
const { sizes: { USUAL_READ } } = require('../addon/constants');
const { ownCopy } = require('../addon/landing');
const { setTimeout } = require('../node/captured');
const { ErrnoException } = require('../node/errors');
const { UV_EPIPE } = require('../node/errno');
const { hasStockStreams, isQuiet, pipedTo } = require('../node/stock-pipe');
const { isDebugging, isTracing, trace } = require('../node/debug');
const { isOn } = require('../node/switches');
const { Handle } = require('../handle');
const { BULK } = require('../handle/base');
const hooks = require('../handle/hooks');
const { kBulkLeft, kPendingRead, kReading, kRelay, kSlot, kUncounted } = require('../handle/symbols');
const { writerOf } = require('../handle/writable');
const { kBuffer, kHandle, owner_symbol } = require('../handle/socket-symbols');
const { hearReports, relays } = require('./relay-engine');
const { TouchTraps, canTrap } = require('./touch-traps');

/** The most that `BULK` grows to for a source whose relays are given back soon, and what has to be moved until then. */
const MOST_BULK = 64 * 1024 * 1024;
const PAYS = 1024 * 1024;

/** A pipe that cannot be relayed is looked at again behind so many bytes. */
const NEXT_LOOK = 1024 * 1024;

/** Each relay has up to eight descriptors more. */
const MOST_RELAYS = 128;

/** Milliseconds between two looks at all relays. */
const LOOK_EVERY = 100;

/** A timer of less than that could fire before a look has told it of traffic. */
const LEAST_TIMEOUT = 10 * LOOK_EVERY;

/** Relays of pipes that go on. */
const active = new Set();

/** Whether a look at them is to come. */
let looks = false;

/** Whether the program, which has touched a socket, waits for one to be given back. */
let givingBack = false;

/** For handles whose relays were given back soon: how many bytes the next one waits for. */
const waits = new WeakMap();

/** Members of sockets that have to be those of the class, as they were when rsnet was loaded. */
const READING = ['emit', 'push', 'read', 'unshift', '_read', 'pause', 'resume', 'isPaused', 'pipe', 'unpipe', 'destroy',
  '_destroy', '_unrefTimer', '_onTimeout'];
const WRITING = ['emit', 'write', 'end', 'cork', 'uncork', '_write', '_writev', '_writeGeneric', '_final', 'destroy',
  '_destroy', '_unrefTimer', '_onTimeout'];

/** Those members. */
let stock;

/** @param {Function} Socket the class */
function useSocketClass(Socket) {
  stock = Object.fromEntries([...READING, ...WRITING].map((name) => [name, Socket.prototype[name]]));
  if (!isOn('RSNET_NO_PIPE_RELAY')) hooks.takesBulk = takesBulk;
}

/**
 * @param {Socket} socket
 * @param {string[]} names
 * @returns {boolean} whether these members are those of the class
 */
function isStock(socket, names) {
  return names.every((name) => socket[name] === stock[name]);
}

/**
 * @param {*} socket
 * @returns {boolean} whether the engine has its connection, and nobody else uses that
 */
function isMovable(socket) {
  const handle = socket[kHandle];
  if (!(handle instanceof Handle) || handle.closing || handle[kRelay] !== undefined) return false;
  if (handle[owner_symbol] !== socket || socket.connecting || socket[kBuffer] || socket.parser) return false;
  if (socket._httpMessage || (socket.timeout > 0 && socket.timeout < LEAST_TIMEOUT)) return false;
  return !writerOf(handle).isShared && writerOf(handle).requests.length === 0 && !Object.hasOwn(handle, 'onread');
}

/**
 * @param {Socket} from
 * @returns {Socket|undefined} where its bytes go, if a relay may move them
 */
function destinationOf(from) {
  const handle = from[kHandle];
  if (!isMovable(from) || !handle[kReading] || !handle.reading || handle[kPendingRead] !== null) return undefined;
  if (handle.onread !== hooks.onSocketRead || !isStock(from, READING)) return undefined;
  const to = /** @type {Socket|undefined} */ (pipedTo(from));
  if (to === undefined || to === from || !isMovable(to) || !isStock(to, WRITING)) return undefined;
  return to;
}

/**
 * @param {Socket} to
 * @param {Socket} from
 * @returns {boolean} whether what `to` reads goes to `from`
 */
function isPipedBack(to, from) {
  const { pipes } = to._readableState;
  return !to.readableEnded && Array.isArray(pipes) && pipes.includes(from);
}

/**
 * @param {AnyHandle} handle
 * @returns {boolean} whether its connection is open both ways and has sent all
 */
function isSteady(handle) {
  writerOf(handle).flushAll();
  return !awaitsRead(handle[kSlot], true) && handle.writeQueueSize === 0;
}

/**
 * Counts a large read. Takes over the pipe of its socket once there have been enough, if that can be.
 *
 * @param {AnyHandle} handle
 * @param {Buffer} chunk which nobody has got yet
 * @returns {boolean} whether a relay has it now
 */
function takesBulk(handle, chunk) {
  if (handle[kBulkLeft] === undefined || givingBack) return false;
  handle[kBulkLeft] -= chunk.length;
  if (handle[kBulkLeft] > 0) return false;
  handle[kBulkLeft] = NEXT_LOOK;
  if (commands.lendToRelay === undefined || isDebugging || active.size >= MOST_RELAYS) return false;
  const from = handle[owner_symbol];
  const to = destinationOf(from);
  if (to === undefined) return false;
  const isBoth = to[kHandle][kReading] && destinationOf(to) === from;
  // What hinders it now may be over soon.
  handle[kBulkLeft] = USUAL_READ;
  // Each write to the source would end a relay of one direction.
  if (!isBoth && isPipedBack(to, from)) return false;
  const roles = [{ reads: true, writes: isBoth }, { reads: isBoth, writes: true }];
  if (!canTrap(from, roles[0]) || !canTrap(to, roles[1])) return false;
  const handles = [handle, to[kHandle]];
  if (![from, to].every(isQuiet) || !handles.every(isSteady)) return false;
  if (!handles.every(({ [kSlot]: slot }, side) => commands.isRelayable(slot, roles[side].reads))) return false;
  hearReports();
  const id = commands.lendToRelay(handle[kSlot], to[kHandle][kSlot]);
  if (id < 0) return false;
  if (isTracing) trace('relay %d: a pipe begins, slots %d and %d', id, ...handles.map((each) => each[kSlot]));
  new PipeRelay(id, [from, to], handles, isBoth ? [0, 1] : [0]).begin(chunk, roles);
  return true;
}

/** A relay that goes on. */
class PipeRelay {
  /**
   * @param {number} id that the addon knows it by
   * @param {Socket[]} sockets
   * @param {AnyHandle[]} handles theirs
   * @param {number[]} directions that are piped. 0: from the first socket to the second one
   */
  constructor(id, sockets, handles, directions) {
    this.id = id;
    this.sockets = sockets;
    this.handles = handles;
    this.directions = directions;
    /** Bytes with which each direction begins. They are counted as read. */
    this.heads = [0, 0];
    /** Bytes moved until the last look. */
    this.seen = -1;
    this.isOver = false;
    this.traps = new TouchTraps(() => this.giveBack());
  }

  /**
   * @param {Buffer} chunk that the first socket has read
   * @param {Array<{reads: boolean, writes: boolean}>} roles as for TouchTraps.set
   */
  begin(chunk, roles) {
    const chunks = this.directions.map((direction) => this._take(direction, direction === 0 ? [chunk] : []));
    relays.set(this.id, this);
    active.add(this);
    this.sockets.forEach((socket, side) => {
      this.handles[side][kRelay] = this;
      this.traps.set(socket, this.handles[side], roles[side]);
    });
    for (const direction of this.directions) {
      const head = Buffer.concat(chunks[direction]);
      this.heads[direction] = head.length;
      commands.openRelayBehind(this.id, direction, head);
    }
    lookLater();
  }

  /**
   * Stops the reads of a source.
   *
   * @param {number} direction
   * @param {Buffer[]} chunks to which is added what was read and nobody has got
   * @returns {Buffer[]} `chunks`
   */
  _take(direction, chunks) {
    const slot = this.handles[direction][kSlot];
    commands.readStop(slot);
    chunks.push(...takePending(slot).chunks, commands.takeUndelivered(slot));
    commands.setRelayed(slot, true);
    return chunks;
  }

  /** The engine reports an end or an error, and has stopped. */
  readEnd() {
    this.giveBack();
  }

  /** As `readEnd`. */
  fail() {
    this.giveBack();
  }

  /** @returns {number} milliseconds since bytes were last moved */
  idle() {
    return commands.countRelay(this.id)[2] ?? 0;
  }

  /**
   * An idle timer has fired.
   *
   * @param {Socket} socket
   * @returns {boolean} whether there was traffic, of which the timer did not know
   */
  restartsTimer(socket) {
    const isIdle = this.idle() >= /** @type {number} */ (socket.timeout);
    this.giveBack();
    if (!isIdle) socket._unrefTimer();
    return !isIdle;
  }

  /** @returns {boolean} whether what the chunks would run through is as it was when the relay began */
  _isUnpatched() {
    return hasStockStreams() && this.directions.every((direction) => (
      isStock(this.sockets[direction], READING) && isStock(this.sockets[1 - direction], WRITING)));
  }

  /** Tells the idle timers of traffic, or gives the pipe back if there was none since the last look. */
  look() {
    const [there, back] = commands.countRelay(this.id);
    if (there + back === this.seen || !this.traps.areSet || !this._isUnpatched()) {
      this.giveBack();
      return;
    }
    this.seen = there + back;
    this.refreshTimers();
  }

  /** Restarts the idle timers. */
  refreshTimers() {
    for (const socket of this.sockets) socket._unrefTimer();
  }

  /**
   * Lets JavaScript go on with the pipe where the relay has come to. What that has read goes through the pipe before
   * this returns, as far as its destination takes it.
   */
  giveBack() {
    if (this.isOver) return;
    this.isOver = true;
    relays.delete(this.id);
    active.delete(this);
    const { sent, rests, failure } = commands.takeBackRelay(this.id);
    if (isTracing) trace('relay %d: given back, %d and %d bytes', this.id, ...sent);
    this.traps.release();
    for (const handle of this.handles) handle[kRelay] = undefined;
    if (sent[0] + sent[1] !== this.seen) this.refreshTimers();
    givingBack = true;
    try {
      this._goOn(sent, rests, failure);
    } finally {
      givingBack = false;
    }
  }

  /**
   * @param {number[]} sent bytes of each direction
   * @param {Buffer[]} rests what was read and not sent
   * @param {number[]} failure what has failed: the direction, the status, and 1 for a write; or nothing
   */
  _goOn(sent, rests, failure) {
    const [failed, status, isWrite] = failure;
    const reader = failed === undefined ? -1 : this._readerWith(failed, status, isWrite === 1);
    for (const direction of this.directions) this._resume(direction, sent[direction]);
    // The other direction had its bytes before this one failed.
    for (const direction of this.directions.filter((one) => one !== failed)) {
      const handle = this.handles[direction];
      this._deliver(direction, rests[direction]);
      const received = this._received(direction, sent, rests);
      const kept = handle[kPendingRead]?.length ?? 0;
      handle[kUncounted] = Math.min(received, kept);
      commands.countRead(handle[kSlot], received - handle[kUncounted]);
    }
    if (failed === undefined) return;
    commands.countRead(this.handles[failed][kSlot], this._received(failed, sent, rests));
    if (reader >= 0) this.handles[reader]._completeRead(status);
    else this.sockets[1 - failed].destroy(new ErrnoException(status, 'write'));
    this._deliver(failed, rests[failed]);
  }

  /**
   * @param {number} direction
   * @param {number[]} sent bytes of each direction
   * @param {Buffer[]} rests what was read and not sent
   * @returns {number} bytes that the relay has read
   */
  _received(direction, sent, rests) {
    return sent[direction] + rests[direction].length - this.heads[direction];
  }

  /**
   * @param {number} direction that has failed
   * @param {number} status
   * @param {boolean} isWrite whether its destination has failed
   * @returns {number} the socket that reports the error as one of a read; -1: none. As under libuv, a connection that
   *   reads and waits to write finds its error by the read, which was taken away from it by this write.
   */
  _readerWith(direction, status, isWrite) {
    if (!isWrite) return direction;
    return status !== UV_EPIPE && this.handles[1 - direction][kReading] ? 1 - direction : -1;
  }

  /**
   * Lets the source of a direction read.
   *
   * @param {number} direction
   * @param {number} sent bytes
   */
  _resume(direction, sent) {
    const from = this.handles[direction];
    const slot = from[kSlot];
    writerOf(this.handles[1 - direction]).bytes += sent;
    commands.setRelayed(slot, false);
    commands.resumeReading(slot);
    if (sent >= PAYS) {
      waits.delete(from);
    } else {
      waits.set(from, Math.min(2 * (waits.get(from) ?? BULK), MOST_BULK));
    }
    from[kBulkLeft] = waits.get(from) ?? BULK;
  }

  /**
   * @param {number} direction
   * @param {Buffer} rest that its source has read and nobody has got
   */
  _deliver(direction, rest) {
    const handle = this.handles[direction];
    const socket = this.sockets[direction];
    for (let at = 0; at < rest.length; at += USUAL_READ) {
      if (!socket.destroyed && !handle[kReading]) {
        handle[kPendingRead] = ownCopy(rest.subarray(at));
        return;
      }
      const chunk = ownCopy(rest.subarray(at, at + USUAL_READ));
      // The pipe has bytes of a source that was destroyed, too, if they came before.
      if (socket.destroyed) socket.emit('data', chunk);
      else handle._completeRead(chunk.length, chunk);
    }
  }
}

/** Looks at all relays, again and again while there are any. */
function lookLater() {
  if (looks) return;
  looks = true;
  setTimeout(() => {
    looks = false;
    // What a listener throws must not end the looks at other relays.
    try {
      const areScarce = commands.areDescriptorsScarce();
      for (const relay of active) {
        if (areScarce) relay.giveBack();
        else relay.look();
      }
    } finally {
      if (active.size > 0) lookLater();
    }
  }, LOOK_EVERY).unref?.();
}

module.exports = { useSocketClass };
