'use strict';

// Lets the engine move the bytes of `net.relay()`, on a thread of its own (src/engine/relay).
//
// The handles stay with their sockets, but do not read meanwhile. What was read before goes out through the stream of
// the other socket, and the engine begins behind that. When a source has ended, its handle reads on, and finds the end.

const { commands, takePending } = require('../addon/bridge');
const { isTracing, trace } = require('../node/debug');
const { codes, ErrnoException } = require('../node/errors');
const { Handle } = require('../handle');
const { countKept } = require('../handle/read-gate');
const { kConnectReq, kPendingRead, kRelay, kSeqpacket, kSlot } = require('../handle/symbols');
const { writerOf } = require('../handle/writable');
const { owner_symbol } = require('../handle/socket-symbols');

const EMPTY = Buffer.alloc(0);

/** What stands for members of a handle while its bytes are relayed. */
const REPLACED_MEMBERS = ['readStart', 'bytesRead', 'bytesWritten'];

/** Relays that go on, by the number that the addon knows them by. */
const relays = new Map();

let hasReporter = false;

/**
 * The addon calls this for the end of a direction.
 *
 * @param {number} id of the relay
 * @param {number} direction
 * @param {number} status 0 or a negated errno
 * @param {boolean} isWrite whether it is the error of a write
 */
function onReport(id, direction, status, isWrite) {
  const relay = relays.get(id);
  if (relay === undefined) return;
  if (status === 0) relay.readEnd(direction);
  else relay.fail(direction, status, isWrite);
}

/** To be called before a relay is made. */
function hearReports() {
  if (hasReporter) return;
  hasReporter = true;
  commands.setRelayReporter(onReport);
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether the engine has its connection, which is a stream of bytes
 */
function isEngines({ _handle: handle, destroyed }) {
  return !destroyed && handle instanceof Handle && !handle.closing && !handle[kSeqpacket] &&
    handle[kConnectReq] === null;
}

/**
 * @param {AnyHandle} handle
 * @param {string} name
 * @returns {*} the member's value as its class has it
 */
function ownValue(handle, name) {
  return Reflect.get(Object.getPrototypeOf(handle), name, handle);
}

/** Moves the bytes of two sockets in the engine. */
class EngineMover {
  /**
   * @param {Socket[]} sockets
   * @param {number} id
   */
  constructor(sockets, id) {
    this.sockets = sockets;
    this.id = id;
    this.handles = sockets.map((socket) => socket._handle);
    /** Bytes that went through JavaScript, and those that the engine has moved and that are counted. */
    this.heads = [0, 0];
    this.counted = [0, 0];
    this.unread = this.sockets.map((socket, side) => this._take(socket, this.handles[side]));
  }

  /**
   * Takes a connection from JavaScript.
   *
   * @param {Socket} socket
   * @param {AnyHandle} handle its handle
   * @returns {Buffer} what was read and nobody has got
   */
  _take(socket, handle) {
    handle[kRelay] = this;
    handle.reading = false;
    handle.readStop();
    Object.defineProperties(handle, {
      readStart: { value: () => 0, configurable: true, writable: true },
      bytesRead: { get: () => this._countFor(handle, 'bytesRead'), configurable: true },
      bytesWritten: { get: () => this._countFor(handle, 'bytesWritten'), configurable: true },
    });
    socket.pause();
    const chunks = [];
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
    const slot = handle[kSlot];
    const pending = takePending(slot);
    countKept(handle);
    chunks.push(handle[kPendingRead] ?? EMPTY, ...pending.chunks, commands.takeUndelivered(slot));
    handle[kPendingRead] = null;
    commands.setRelayed(slot, true);
    if (pending.error !== 0) socket.destroy(new ErrnoException(pending.error, 'read'));
    return Buffer.concat(chunks);
  }

  /**
   * Begins with a direction: the engine's bytes come behind all that was written to the destination.
   *
   * @param {number} direction
   */
  open(direction) {
    const to = this.sockets[1 - direction];
    const handle = this.handles[1 - direction];
    const head = this.unread[direction];
    this.heads[direction] = head.length;
    const openIfSent = () => {
      if (to._handle !== handle || !relays.has(this.id)) return;
      if (to.writableEnded) {
        // The program has ended it. Nobody reads the source, unless its own end has passed already.
        const from = this.sockets[direction];
        if (!from.readableEnded) from.destroy(new codes.ERR_STREAM_WRITE_AFTER_END());
        return;
      }
      if (to.writableLength > 0 || handle.writeQueueSize > 0) {
        to.write(EMPTY, openIfSent);
        return;
      }
      // What had to be sent has had the descriptor watched.
      commands.setRelayed(handle[kSlot], true);
      commands.openRelay(this.id, direction);
    };
    // Also an empty one waits for what was written before, a file among it.
    to.write(head, openIfSent);
  }

  /** @param {number} direction whose source has ended, and whose bytes are all sent */
  readEnd(direction) {
    const socket = this.sockets[direction];
    const handle = this.handles[direction];
    if (socket.destroyed || socket._handle !== handle) return;
    delete /** @type {Partial<AnyHandle>} */ (handle).readStart;
    socket.resume();
    // The stream may have asked for data before.
    handle.reading = true;
    handle.readStart();
  }

  /**
   * @param {number} direction
   * @param {number} status
   * @param {boolean} isWrite whether it is the error of a write
   */
  fail(direction, status, isWrite) {
    const call = isWrite ? 'write' : 'read';
    if (isTracing) trace('relay %d: direction %d, %s fails with %d', this.id, direction, call, status);
    const socket = this.sockets[isWrite ? 1 - direction : direction];
    socket.destroy(new ErrnoException(status, call));
  }

  /** @returns {number} milliseconds since bytes were last moved */
  idle() {
    return commands.countRelay(this.id)[2] ?? 0;
  }

  /**
   * @param {AnyHandle} handle
   * @param {string} name of a counter
   * @returns {number} its value, relayed bytes included
   */
  _countFor(handle, name) {
    this._count(commands.countRelay(this.id));
    return ownValue(handle, name);
  }

  /** @param {number[]} counts bytes that the engine has moved in each direction */
  _count(counts) {
    this.sockets.forEach((_, direction) => {
      const bytes = (counts[direction] ?? 0) - this.counted[direction];
      if (bytes <= 0) return;
      this.counted[direction] += bytes;
      const from = this.handles[direction];
      if (!from.closing) commands.countRead(from[kSlot], bytes);
      writerOf(this.handles[1 - direction]).bytes += bytes;
    });
  }

  /** @returns {number[]} the bytes of each direction */
  stop() {
    if (relays.delete(this.id)) this._count(commands.stopRelay(this.id));
    for (const handle of this.handles) {
      if (handle[kRelay] !== this) continue;
      handle[kRelay] = undefined;
      for (const name of REPLACED_MEMBERS) delete handle[name];
      if (!handle.closing) commands.setRelayed(handle[kSlot], false);
    }
    const moved = this.heads.map((bytes, direction) => bytes + this.counted[direction]);
    if (isTracing) trace('relay %d: over, %d and %d bytes', this.id, ...moved);
    return moved;
  }
}

/**
 * @param {Socket[]} sockets
 * @returns {import('./relay').Mover|undefined} undefined: the platform cannot do that, or others have a connection
 */
function engineMover(sockets) {
  if (!sockets.every(isEngines) || commands.relay === undefined) return undefined;
  const handles = sockets.map((socket) => socket._handle);
  if (handles.some((handle, side) => handle[kRelay] !== undefined || handle[owner_symbol] !== sockets[side])) {
    return undefined;
  }
  hearReports();
  // From now on nothing waits to be sent together.
  for (const handle of handles) writerOf(handle).share();
  const id = commands.relay(handles[0][kSlot], handles[1][kSlot]);
  if (id < 0) return undefined;
  const mover = new EngineMover(sockets, id);
  relays.set(id, mover);
  if (isTracing) trace('relay %d: begins, slots %d and %d', id, ...handles.map((handle) => handle[kSlot]));
  return mover;
}

module.exports = { engineMover, hearReports, relays };
