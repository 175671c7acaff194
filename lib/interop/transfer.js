'use strict';

// Handing a Socket, a Server or a BoundSocket to another thread: `worker.postMessage({ socket }, [socket])`.
// See "Transferring TCP handles to other threads" in Node's documentation of `net`.
//
// What crosses is a copy of the descriptor, in a proxy (descriptor-proxy.js).

const net = require('node:net');
const { getDefaultHighWaterMark } = require('stream');
const { BoundSocket, heldHandle, hold, kConsume } = require('../api/bound-socket');
const { builtin } = require('../node/builtin');
const { record } = require('../node/capabilities');
const { nextTick } = require('../node/captured');
const { prepare, receive, take } = require('./descriptor-proxy');
const { codes } = require('../node/errors');
const { onFirstUse } = require('../node/first-use');
const { beginOrClose, handleReceived } = require('../handle/foreign');
const { TCP } = require('../handle');
const { isTcp } = require('../handle/handed-over');
const { isOutliving, outliveIteration, servers: outliving } = require('../api/half-open-iteration');
const { optionsOfEach, rememberKernelOptions } = require('../api/kernel-options');
const { readsHeaders } = require('../api/proxy-protocol');
const { Server } = require('../api/server');
const Socket = require('../api/socket');
const { attachHandle, ignoreRead } = require('../api/socket-io');
const { hide, host, implement, marked, marksInPlace } = require('../node/transferable');
const { deserializeWeakly, weakProperty } = require('../node/weak');
const { defineLike, nameLike } = require('../node/mirror-members');

/**
 * How objects of a class are transferred.
 *
 * @typedef {object} Transfer
 * @property {string} name of the class
 * @property {() => object[]} transferList
 * @property {() => *} transfer
 * @property {(data: *) => void} deserialize
 */

/** Property of a class: its receiver, which lives as long as the class. */
const kReceiver = Symbol('kReceiver');

/** Property of a host's class: its own method, which rsnet has replaced. */
const kHostDeserialize = Symbol.for('rsnet.hostDeserialize');

/**
 * A connection can move only before its first read or write: the message does not carry buffers.
 *
 * @param {Socket} socket
 * @throws {Error} ERR_WORKER_HANDLE_NOT_TRANSFERABLE
 */
function checkSocket(socket) {
  const handle = socket._handle;
  const fresh = handle && isTcp(handle) && !socket.connecting && !socket.destroyed &&
    handle.bytesRead === 0 && handle.bytesWritten === 0 &&
    !handle.mayHaveReadAhead && socket.readableLength === 0 && socket.readableEncoding === null &&
    socket.writableLength === 0;
  if (!fresh) throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Socket');
}

/** @type {Transfer & ThisType<Socket>} */
const socketTransfer = {
  name: 'Socket',

  transferList() {
    checkSocket(this);
    this._handle.readStop();
    let transferred;
    try {
      transferred = prepare(this, this._handle);
    } finally {
      // The socket reads on if nobody posts the message.
      nextTick(readOn, this, this._handle);
    }
    return transferred;
  },

  transfer() {
    const handle = this._handle;
    this._handle = null;
    const outlives = isOutliving(this);
    handle.onread = ignoreRead;
    handle.close();
    this.destroy();
    return { handle: take(this), allowHalfOpen: this.allowHalfOpen, outlives };
  },

  deserialize(data) {
    const fd = receive(data, 'net.Socket');
    if (!Object.prototype.isPrototypeOf.call(Socket.prototype, this)) become(this, Socket);
    this.allowHalfOpen = Boolean(data.allowHalfOpen);
    if (data.outlives) outliveIteration(this);
    attachHandle(this, handleReceived(fd));
  },
};

/**
 * @param {Socket} socket
 * @param {AnyHandle} handle that was stopped for a transfer
 */
function readOn(socket, handle) {
  if (socket._handle === handle && handle.reading) handle.readStart();
}

/** @type {Transfer & ThisType<Server>} */
const serverTransfer = {
  name: 'Server',

  transferList() {
    // Another thread would take the headers for data.
    if (!(this._handle instanceof TCP) || readsHeaders(this)) {
      throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE('net.Server');
    }
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
      outlives: outliving.has(this),
      onEach: optionsOfEach(this),
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
    if (data.outlives) outliving.add(this);
    if (data.onEach) rememberKernelOptions(this, data.onEach);
    beginOrClose(handleReceived(fd, true), (handle) => {
      this.listen(handle);
      return 0;
    });
  },
};

/** @type {Transfer & ThisType<BoundSocket>} */
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
    hold(this, handleReceived(fd, true));
  },
};

/**
 * Turns a new object of the host into a new one of rsnet.
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
 * @param {Transfer} kind
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
 * Where rsnet is loaded but not registered, the host deserializes rsnet's messages into objects of its own.
 *
 * @param {object} prototype of the host's class
 * @param {Transfer} kind
 * @returns {boolean} whether that was possible
 */
function takeFromHost(prototype, kind) {
  const byHost = prototype[Object.hasOwn(prototype, kHostDeserialize) ? kHostDeserialize : host.deserialize];
  const isTaken = hide(prototype, kHostDeserialize, byHost) &&
    deserializeWeakly(prototype, host.deserialize, byHost, kind);
  if (isTaken) nameLike(prototype[host.deserialize], byHost);
  return isTaken;
}

/**
 * Gives the protocol's methods the property flags that the host's have.
 *
 * @param {object} prototype
 * @param {object} model the host's
 */
function showLikeHost(prototype, model) {
  const keys = [host.transferList, host.transfer, host.deserialize].filter((key) => Object.hasOwn(prototype, key));
  /** @type {*} */
  const members = Object.fromEntries(keys.map((key) => [key, Object.getOwnPropertyDescriptor(prototype, key)]));
  defineLike(prototype, model, members);
}

/**
 * @param {Transfer} kind
 * @returns {Omit<Transfer, 'name'>} methods of the protocol that transfer nothing
 */
function staysHere({ name }) {
  return {
    transferList() { throw new codes.ERR_WORKER_HANDLE_NOT_TRANSFERABLE(`net.${name}`); },
    transfer() {},
    deserialize() {},
  };
}

/**
 * @param {Function} Class of rsnet
 * @param {Transfer} kind
 * @returns {Function|undefined} the class that the receiver makes first, unless `net` exports it. Where the host's
 *   objects are frozen, there is none, and objects of this class stay in their thread.
 */
function enable(Class, kind) {
  const HostClass = builtin[Class.name];
  const byHost = HostClass !== undefined && host.transfer in HostClass.prototype;
  const receiver = byHost && kind !== boundTransfer ? undefined : receiverOf(kind);
  const exported = `${receiver ? '_Transferred' : ''}${kind.name}`;
  // The host looks the class up in the exports of `net`.
  const isReceived = byHost
    ? takeFromHost(HostClass.prototype, kind)
    : weakProperty(net, exported, /** @type {Function} */ (receiver));
  if (!record('transfer', isReceived)) {
    implement(Class.prototype, staysHere(kind));
    return undefined;
  }
  implement(Class.prototype, {
    transferList: kind.transferList,
    transfer() {
      return { data: { ...kind.transfer.call(this), rsnet: true }, deserializeInfo: `net:${exported}` };
    },
    deserialize: kind.deserialize,
  });
  if (byHost) showLikeHost(Class.prototype, HostClass.prototype);
  else hide(Class, kReceiver, receiver);
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
