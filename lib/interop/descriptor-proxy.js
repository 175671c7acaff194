'use strict';

// A proxy: the transferable object that stands for a copied descriptor in a message to another thread. It closes the
// descriptor if nobody receives the message. It is one of:
//
// - A TCP handle of the host, where the host can transfer them. The built-in `net` of a thread without rsnet receives
//   it, too.
// - The native part of a FileHandle, on older hosts.
// - A MessagePort beside the number, where the permission model refuses both. The port closes when the message is
//   received or lost, and its other end hears that.

const fs = require('fs');
const { builtin } = require('../node/builtin');
const { nextTick } = require('../node/captured');
const { codes, ErrnoException } = require('../node/errors');
const { hostHandleOf } = require('../node/builtin-handles');
const native = require('../addon/native');
const { host } = require('../node/transferable');
const { UV_EBADF } = require('../node/errno');

/**
 * @typedef {object} DescriptorProxy
 * @property {object} item what must be transferred
 * @property {object} handle its place in the message
 */

/** Whether the host's own sockets and servers can be transferred. */
const hostTransfers = host !== null && host.transfer in builtin.Socket.prototype;

/** Proxies, by the object that is about to be transferred. */
const proxies = new WeakMap();

/**
 * @param {Int32Array} claim shared by both threads
 * @returns {boolean} whether the caller gets the descriptor: the first one does
 */
function claimed(claim) {
  return Atomics.exchange(claim, 0, 1) === 0;
}

/**
 * @param {number} fd
 * @returns {DescriptorProxy}
 */
function portProxy(fd) {
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
 * @returns {object|undefined} a transferable owner of the descriptor; undefined where the host refuses one
 * @throws {Error} when the host can't take the descriptor
 */
function proxyOf(fd) {
  let proxy;
  try {
    proxy = hostTransfers ? hostHandleOf(fd, false) : new (process.binding('fs').FileHandle)(fd);
  } catch {
    return undefined;
  }
  if (typeof proxy === 'number') {
    fs.closeSync(fd);
    throw new ErrnoException(proxy, 'open');
  }
  return proxy;
}

/**
 * @param {*} handle of TCP: rsnet's, or the host's
 * @returns {DescriptorProxy} with a copy of the descriptor
 * @throws {Error} when there can't be a copy
 */
function pack(handle) {
  const fd = handle.dup ? handle.dup() : native.dupDescriptor(handle.fd);
  if (fd < 0) throw new ErrnoException(fd, 'dup');
  const proxy = proxyOf(fd);
  return proxy === undefined ? portProxy(fd) : { item: proxy, handle: proxy };
}

/**
 * @param {*} handle that of a proxy, or the TCP handle of a built-in socket
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
 * Closes the descriptor of an object whose message could not be posted.
 *
 * @param {object} object
 */
function discard(object) {
  const proxy = proxies.get(object);
  if (proxy === undefined) return;
  proxies.delete(object);
  const fd = unpack(proxy.handle);
  if (fd >= 0) fs.closeSync(fd);
}

/**
 * @param {object} object that is about to be transferred
 * @param {AnyHandle|TCP} handle its handle
 * @returns {object[]} what must be transferred with it
 * @throws {Error} when its descriptor can't be copied
 */
function prepare(object, handle) {
  if (!proxies.has(object)) {
    proxies.set(object, pack(handle));
    nextTick(discard, object);
  }
  return [proxies.get(object).item];
}

/**
 * @param {object} object that is being transferred
 * @returns {object} the proxy's place in the message
 */
function take(object) {
  const { handle } = proxies.get(object);
  proxies.delete(object);
  return handle;
}

/**
 * @param {{handle: *}} data the message
 * @param {string} name of the class
 * @returns {number} the descriptor, which the caller owns
 * @throws {Error} when the message has no open descriptor
 */
function receive(data, name) {
  const handle = data?.handle;
  if (handle === undefined || handle === null) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE(name);
  const fd = unpack(handle);
  if (fd < 0) throw new ErrnoException(fd, 'open');
  return fd;
}

module.exports = { prepare, receive, take };
