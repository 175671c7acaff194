'use strict';

// Handing a Socket, a Server or a BoundSocket to another thread: `worker.postMessage({ socket }, [socket])`.
// See "Transferring TCP handles to other threads" in Node's documentation of `net`.
//
// What crosses is a copy of the descriptor. It travels in an object of the host that closes it should the message
// never arrive: one of the host's own TCP handles where those can be transferred, so that the built-in `net` of a
// thread without rsnet can take it as well, and a FileHandle's native part on hosts before that.

const fs = require('fs');
const net = require('node:net');
const { getDefaultHighWaterMark } = require('stream');
const { BoundSocket, heldHandle, hold, kConsume } = require('./bound-socket');
const { builtin } = require('./builtin');
const { nextTick } = require('./captured');
const { codes, ErrnoException } = require('./errors');
const { onFirstUse } = require('./first-use');
const { handleFromDescriptor } = require('./foreign-handle');
const { TCP } = require('./handle');
const native = require('./native');
const { Server } = require('./server');
const Socket = require('./socket');
const { attachHandle } = require('./socket-io');
const { hide, host, implement, marked, marksInPlace } = require('./transferable');
const { deserializeWeakly, weakProperty } = require('./detached');

/** Where a class of the host keeps its own method, when rsnet's has been put before it. */
/** Keeps the receiver of a class as long as the class. */
const kReceiver = Symbol('kReceiver');

const kHostDeserialize = Symbol.for('rsnet.hostDeserialize');

/** Whether the host's own sockets and servers can be transferred. */
const hostTransfers = host !== null && host.transfer in builtin.Socket.prototype;

/** What carries a descriptor, by the object that is about to be transferred. */
const carriers = new WeakMap();

/**
 * @param {TCP} handle
 * @returns {object} a transferable object of the host that owns a copy of the descriptor
 * @throws {Error} when there can't be a copy
 */
function pack(handle) {
  const fd = handle.dup();
  if (fd < 0) throw new ErrnoException(fd, 'dup');
  if (!hostTransfers) {
    const { FileHandle } = process.binding('fs');
    return new FileHandle(fd);
  }
  const carrier = builtin._createServerHandle(null, 0, 4, fd);
  if (typeof carrier === 'number') throw new ErrnoException(carrier, 'open');
  return carrier;
}

/**
 * @param {object} carrier what `pack` made, or the TCP handle of a built-in socket
 * @returns {number} the descriptor, which the caller owns, or a negated errno
 */
function unpack(carrier) {
  if (typeof carrier.releaseFD === 'function') {
    const { fd } = carrier;
    carrier.releaseFD();
    return fd;
  }
  const fd = native.dupDescriptor(carrier.fd);
  carrier.close();
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
  const fd = unpack(carrier);
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
  return [carriers.get(object)];
}

/**
 * @param {object} object that is being transferred
 * @returns {object} what carries its descriptor
 */
function take(object) {
  const carrier = carriers.get(object);
  carriers.delete(object);
  return carrier;
}

/**
 * @param {{handle: object}} data what has crossed
 * @param {string} name of the class
 * @returns {number} the descriptor, which the caller owns
 * @throws {Error} when nothing usable has come
 */
function receive(data, name) {
  const carrier = data?.handle;
  if (carrier === undefined || carrier === null) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE(name);
  const fd = unpack(carrier);
  if (fd < 0) throw new ErrnoException(fd, 'open');
  return fd;
}

/**
 * Only a connection of which nothing has been read or written yet can move: what is buffered would stay behind.
 *
 * @param {Socket} socket
 * @throws {Error} ERR_WORKER_HANDLE_NOT_TRANSFERABLE
 */
function checkSocket(socket) {
  const handle = socket._handle;
  const fresh = handle instanceof TCP && !socket.connecting && !socket.destroyed &&
    handle.bytesRead === 0 && handle.bytesWritten === 0 &&
    !handle.mayHaveReadAhead && socket.readableLength === 0 && socket.readableEncoding === null &&
    socket.writableLength === 0;
  if (!fresh) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Socket');
}

const socketTransfer = {
  name: 'Socket',

  transferList() {
    checkSocket(this);
    this._handle.readStop();
    let carried;
    try {
      carried = prepare(this, this._handle);
    } finally {
      // Should the message not be posted after all, the socket goes on.
      nextTick(readOn, this, this._handle);
    }
    return carried;
  },

  transfer() {
    const handle = this._handle;
    this._handle = null;
    handle.onread = () => {};
    handle.close();
    this.destroy();
    return { handle: take(this), allowHalfOpen: this.allowHalfOpen };
  },

  deserialize(data) {
    const fd = receive(data, 'net.Socket');
    if (!Object.prototype.isPrototypeOf.call(Socket.prototype, this)) become(this, Socket);
    this.allowHalfOpen = Boolean(data.allowHalfOpen);
    attachHandle(this, handleFromDescriptor(fd));
  },
};

/**
 * @param {Socket} socket
 * @param {TCP} handle that was stopped for a transfer
 */
function readOn(socket, handle) {
  if (socket._handle === handle && handle.reading) handle.readStart();
}

const serverTransfer = {
  name: 'Server',

  transferList() {
    if (!(this._handle instanceof TCP)) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Server');
    return prepare(this, this._handle);
  },

  transfer() {
    const handle = this._handle;
    this._handle = null;
    handle.close();
    return {
      handle: take(this),
      allowHalfOpen: this.allowHalfOpen,
      pauseOnConnect: this.pauseOnConnect,
      noDelay: this.noDelay,
      keepAlive: this.keepAlive,
      keepAliveInitialDelay: this.keepAliveInitialDelay * 1000,
      highWaterMark: this.highWaterMark,
    };
  },

  deserialize(data) {
    const fd = receive(data, 'net.Server');
    if (!Object.prototype.isPrototypeOf.call(Server.prototype, this)) become(this, Server);
    this.allowHalfOpen = Boolean(data.allowHalfOpen);
    this.pauseOnConnect = Boolean(data.pauseOnConnect);
    this.noDelay = Boolean(data.noDelay);
    this.keepAlive = Boolean(data.keepAlive);
    this.keepAliveInitialDelay = Math.trunc(data.keepAliveInitialDelay / 1000) || 0;
    this.highWaterMark = data.highWaterMark ?? getDefaultHighWaterMark(false);
    this.listen(handleFromDescriptor(fd, true));
  },
};

const boundTransfer = {
  name: 'BoundSocket',

  transferList() {
    const handle = heldHandle(this);
    if (!(handle instanceof TCP)) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.BoundSocket');
    return prepare(this, handle);
  },

  transfer() {
    this[kConsume]().close();
    return { handle: take(this) };
  },

  deserialize(data) {
    const fd = receive(data, 'net.BoundSocket');
    Object.setPrototypeOf(this, BoundSocket.prototype);
    hold(this, handleFromDescriptor(fd, true));
  },
};

/**
 * Makes a new object of the host a new one of rsnet.
 *
 * @param {object} object
 * @param {Function} Class Socket or Server
 */
function become(object, Class) {
  for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key);
  Object.setPrototypeOf(object, Class.prototype);
  Class.call(object);
}

/**
 * @param {object} kind one of those above
 * @returns {Function} the class that a receiver makes first, where it can't make one of rsnet's
 */
function receiverOf({ deserialize }) {
  /**
   * @returns {object}
   */
  function Transferred() {
    return marked(Object.create(Transferred.prototype));
  }
  implement(Transferred.prototype, { deserialize });
  return Transferred;
}

/**
 * Where rsnet is loaded and not registered, the host makes an object of its own out of what rsnet has sent.
 *
 * @param {object} prototype of the host's class
 * @param {object} kind one of those above
 */
function takeFromHost(prototype, kind) {
  if (!Object.hasOwn(prototype, kHostDeserialize)) hide(prototype, kHostDeserialize, prototype[host.deserialize]);
  deserializeWeakly(prototype, host.deserialize, prototype[kHostDeserialize], kind);
}

/**
 * @param {Function} Class of rsnet
 * @param {object} kind one of those above
 * @returns {Function|undefined} what the receiver makes first, if that is not a class that `net` exports
 */
function enable(Class, kind) {
  const HostClass = builtin[Class.name];
  const byHost = HostClass !== undefined && host.transfer in HostClass.prototype;
  const receiver = byHost && kind !== boundTransfer ? undefined : receiverOf(kind);
  const deserializeInfo = `net:${receiver ? '_Transferred' : ''}${kind.name}`;
  implement(Class.prototype, {
    transferList: kind.transferList,
    transfer() {
      return { data: { ...kind.transfer.call(this), rsnet: true }, deserializeInfo };
    },
    deserialize: kind.deserialize,
  });
  if (byHost) takeFromHost(HostClass.prototype, kind);
  // Where the host looks for it: among the exports of `net`.
  else {
    weakProperty(net, `_Transferred${kind.name}`, receiver);
    hide(Class, kReceiver, receiver);
  }
  return receiver;
}

/**
 * Makes the classes transferable.
 *
 * @returns {Function|undefined} `net._TransferredBoundSocket`, where the host exports one
 */
function install() {
  if (host === null) return undefined;
  enable(Socket, socketTransfer);
  enable(Server, serverTransfer);
  const receiver = enable(BoundSocket, boundTransfer);
  if (!marksInPlace) onFirstUse(() => require('./transfer-message').install());
  return builtin._TransferredBoundSocket && receiver;
}

module.exports = { install };
