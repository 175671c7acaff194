'use strict';

// What carries the copy of a descriptor to another thread. It closes it should the message never arrive.
//
// - One of the host's own TCP handles, where those can be transferred: the built-in `net` of a thread without rsnet can
//   take it as well.
// - The native part of a FileHandle on hosts before that.
// - A number beside a port, where the permission model refuses the others. The port is closed when the message is taken
//   and when it is lost; the other end of its channel hears of it.

const fs = require('fs');
const { builtin } = require('../node/builtin');
const { nextTick } = require('../node/captured');
const { codes, ErrnoException } = require('../node/errors');
const { hostHandleOf } = require('../node/builtin-handles');
const native = require('../addon/native');
const { host } = require('../node/transferable');
const { UV_EBADF } = require('../node/errno');

/**
 * @typedef {object} Carrier
 * @property {object} item what must be transferred
 * @property {object} handle what stands for the descriptor in the message
 */

/** Whether the host's own sockets and servers can be transferred. */
const hostTransfers = host !== null && host.transfer in builtin.Socket.prototype;

/** Carriers, by the object that is about to be transferred. */
const carriers = new WeakMap();

/**
 * @param {Int32Array} claim shared by both threads
 * @returns {boolean} whether the descriptor is the caller's: the first one gets it
 */
function claimed(claim) {
  return Atomics.exchange(claim, 0, 1) === 0;
}

/**
 * @param {number} fd
 * @returns {Carrier}
 */
function carryByPort(fd) {
  const { MessageChannel } = require('node:worker_threads');
  const { port1, port2 } = new MessageChannel();
  const claim = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  port2.on('close', () => {
    if (claimed(claim)) fs.closeSync(fd);
  });
  port2.unref();
  return { item: port1, handle: { port: port1, fd, claim } };
}

/**
 * @param {number} fd
 * @returns {object|undefined} a transferable object of the host that owns it; undefined where there is none to be had
 * @throws {Error} when the host can't take the descriptor
 */
function hostCarrier(fd) {
  let carrier;
  try {
    carrier = hostTransfers ? hostHandleOf(fd, false) : new (process.binding('fs').FileHandle)(fd);
  } catch {
    return undefined;
  }
  if (typeof carrier === 'number') {
    fs.closeSync(fd);
    throw new ErrnoException(carrier, 'open');
  }
  return carrier;
}

/**
 * @param {object} handle of TCP: rsnet's, or the host's
 * @returns {Carrier} with a copy of the descriptor
 * @throws {Error} when there can't be a copy
 */
function pack(handle) {
  const fd = handle.dup ? handle.dup() : native.dupDescriptor(handle.fd);
  if (fd < 0) throw new ErrnoException(fd, 'dup');
  const carrier = hostCarrier(fd);
  return carrier === undefined ? carryByPort(fd) : { item: carrier, handle: carrier };
}

/**
 * @param {object} handle that of a carrier, or the TCP handle of a built-in socket
 * @returns {number} the descriptor, which the caller owns, or a negated errno
 */
function unpack(handle) {
  if (handle.claim !== undefined) {
    handle.port.close();
    return claimed(handle.claim) ? handle.fd : UV_EBADF;
  }
  if (typeof handle.releaseFD === 'function') {
    const { fd } = handle;
    handle.releaseFD();
    return fd;
  }
  const fd = native.dupDescriptor(handle.fd);
  handle.close();
  return fd;
}

/**
 * Lets go of a descriptor that was made ready, and whose message could not be posted.
 *
 * @param {object} object
 */
function discard(object) {
  const carrier = carriers.get(object);
  if (carrier === undefined) return;
  carriers.delete(object);
  const fd = unpack(carrier.handle);
  if (fd >= 0) fs.closeSync(fd);
}

/**
 * @param {object} object that is about to be transferred
 * @param {TCP} handle its handle
 * @returns {object[]} what must be transferred with it
 * @throws {Error} when its descriptor can't be copied
 */
function prepare(object, handle) {
  if (!carriers.has(object)) {
    carriers.set(object, pack(handle));
    nextTick(discard, object);
  }
  return [carriers.get(object).item];
}

/**
 * @param {object} object that is being transferred
 * @returns {object} what stands for its descriptor in the message
 */
function take(object) {
  const { handle } = carriers.get(object);
  carriers.delete(object);
  return handle;
}

/**
 * @param {{handle: object}} data what has crossed
 * @param {string} name of the class
 * @returns {number} the descriptor, which the caller owns
 * @throws {Error} when nothing usable has come
 */
function receive(data, name) {
  const handle = data?.handle;
  if (handle === undefined || handle === null) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE(name);
  const fd = unpack(handle);
  if (fd < 0) throw new ErrnoException(fd, 'open');
  return fd;
}

module.exports = { prepare, receive, take };
