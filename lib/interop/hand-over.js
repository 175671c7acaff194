'use strict';

// Node's TLS and HTTP/2 are C++ and take only C++ streams.
//
// This file moves the descriptor to a TCP or Pipe handle of the host and closes rsnet's handle without it. The host's
// handle becomes `socket._handle`; the Socket stays the same object. Its next consumer gets rsnet's unread bytes
// first, and the host's handle sends rsnet's unsent bytes first.

const fs = require('fs');
const { isUint8Array } = require('util/types');
const { builtin } = require('../node/builtin');
const { commands, makeCallback, takePending } = require('../addon/bridge');
const { codes, ErrnoException } = require('../node/errors');
const hooks = require('../handle/hooks');
const {
  kConnectReq, kReading, kPendingRead, kIsHost, kReadGate, kShutdownReq, kSlot, kWriter,
} = require('../handle/symbols');
const { canTake, hostHandleFor, prepareHostHandle } = require('../handle/handed-over');
const { later } = require('../node/later');
const { checkOpen } = require('../node/permission');
const { GATE_WAITING, countKept } = require('../handle/read-gate');
const { carryAddresses, shareHeader } = require('../api/proxy-protocol/addresses');
const { noteOutcome } = require('../api/hand-over-share');
const { useHostHandle } = require('../api/host-handle');
const { hasMessages } = require('../api/messages');
const { takeHeld } = require('../api/socket-io');
const { kNextHandle, kBoundPath, kBuffer, owner_symbol } = require('../handle/socket-symbols');
const { UV_ECANCELED } = require('../node/errno');

/**
 * The state of a connection when rsnet's handle gives it up.
 *
 * @typedef {object} ConnectionState
 * @property {number} fd
 * @property {boolean} refed whether it keeps the process alive
 * @property {boolean} wantsData whether the owner is reading
 * @property {number} bytesRead
 * @property {number} bytesWritten without the unsent
 * @property {Buffer[]} unread read, but not delivered to the owner
 * @property {number} readError of the read after `unread`; a negated errno, or 0
 * @property {Buffer} [unsent]
 * @property {number} writeError a negated errno, or 0
 * @property {WriteReq[]} writes unfinished requests
 * @property {ShutdownReq|null} shutdown the unfinished request
 * @property {boolean} shuts whether shutdown(2) has not been called for it
 */

/**
 * Closes a handle, but not its descriptor.
 *
 * @param {AnyHandle} handle rsnet's
 * @returns {ConnectionState|undefined} undefined when it is no connection
 */
function takeFrom(handle) {
  if (handle.closing || handle[kConnectReq] !== null) return undefined;
  const refed = handle.hasRef();
  handle[kWriter]?.flushAll();
  countKept(handle);
  const { bytesRead, bytesWritten } = handle;
  handle._keepCounters();
  const slot = handle[kSlot];
  const given = commands.handOver(handle[kSlot]);
  if (!given) return undefined;
  const { unread, unsent } = given;
  const pending = takePending(slot);
  const state = {
    ...given,
    refed,
    wantsData: handle[kReading] || handle[kReadGate] === GATE_WAITING,
    bytesRead: bytesRead + (unread ? unread.length : 0),
    bytesWritten: bytesWritten - (unsent ? unsent.length : 0),
    unread: /** @type {Buffer[]} */ ([handle[kPendingRead], ...pending.chunks, unread].filter(Boolean)),
    readError: given.readError || pending.error,
    writes: handle[kWriter]?.takeRequests() ?? [],
    shutdown: handle[kShutdownReq],
  };
  handle[kPendingRead] = null;
  handle[kShutdownReq] = null;
  handle._closing(undefined, given.announced);
  return state;
}

/**
 * Completes requests of rsnet's handle.
 *
 * @param {Array<(WriteReq|ShutdownReq) & {failed?: number, error?: Error}>} reqs
 * @param {number} status of the first one; an error cancels the others
 */
function complete(reqs, status) {
  reqs.forEach((req, i) => {
    const own = req.failed || (status < 0 && i > 0 ? UV_ECANCELED : status);
    makeCallback(() => {
      req.resource.runInAsyncScope(req.oncomplete, req, own, req.handle, req.error);
      req.resource.emitDestroy();
    });
  });
}

/**
 * Sends rsnet's unsent bytes, then shuts down if the program has asked for that.
 *
 * @param {Socket} socket whose handle is the host's
 * @param {ConnectionState} state
 * @param {() => void} onSent
 */
function sendRest(socket, { unsent, writes, writeError, shutdown, shuts }, onSent) {
  for (const req of writes) req.handle = socket._handle;
  if (unsent && writeError === 0) {
    const finish = (status) => {
      complete(writes, status);
      onSent();
    };
    let isAsync = false;
    builtin.Socket.prototype._writeGeneric.call(socket, false, unsent, 'buffer', (error) => {
      const status = error?.errno ?? 0;
      if (isAsync) finish(status);
      else later(finish, status);
    });
    isAsync = true;
  } else {
    later(() => {
      complete(writes, writeError);
      onSent();
    });
  }
  if (shutdown === null) return;
  shutdown.handle = socket._handle;
  const finish = (error) => later(() => complete([shutdown], error?.errno ?? 0));
  if (shuts) builtin.Socket.prototype._final.call(socket, finish);
  else finish();
}

/**
 * Appends bytes to those that the stream has buffered. The next consumer looks at `readableLength` and calls
 * `read()`. The bytes do not go into the stream's buffer, because a flowing stream would emit them.
 *
 * @param {Socket} socket
 * @param {Buffer[]} chunks
 */
function giveFirst(socket, chunks) {
  const { read } = socket;
  const flowing = socket.readableFlowing;
  socket.readableFlowing = false;
  const length = () => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  Object.defineProperties(socket, {
    readableLength: {
      configurable: true,
      get() { return Reflect.get(Object.getPrototypeOf(this), 'readableLength', this) + length(); },
    },
    read: {
      configurable: true,
      writable: true,
      value(size) {
        const own = read.call(this, size);
        if (own !== null || size === 0) return own;
        const chunk = chunks.shift();
        if (chunks.length === 0) {
          delete this.read;
          delete this.readableLength;
          this.readableFlowing = flowing;
        }
        return chunk;
      },
    },
  });
}

/**
 * Gives a socket's connection to a handle of the host, which becomes its `_handle`.
 *
 * @param {Socket} socket connected, with a handle of rsnet
 * @param {object} [options]
 * @param {() => void} [options.onSent] called when rsnet's unsent bytes are sent
 * @param {(chunk: Buffer) => void} [options.takeUnread] called with each undelivered chunk; without it, the socket's
 *   `read()` returns them
 * @returns {*} that handle; undefined when it cannot take the connection
 * @throws {Error} ERR_ACCESS_DENIED where the permission model refuses `handle.open(fd)`
 */
function handOver(socket, { onSent = () => {}, takeUnread } = {}) {
  checkOpen();
  const handle = socket._handle;
  const hostHandle = socket[kNextHandle] ?? hostHandleFor(handle);
  const state = hostHandle && takeFrom(handle);
  if (!state) return undefined;
  Reflect.deleteProperty(hostHandle, 'close');
  hostHandle.open(state.fd);
  prepareHostHandle(hostHandle, state);
  // A function of `onread` may have given something else, which Node's handle would end the process for.
  if (isUint8Array(socket[kBuffer])) hostHandle.useUserBuffer(socket[kBuffer]);
  if (!state.refed) hostHandle.unref();
  hostHandle.reading = handle.reading;
  useHostHandle(socket, hostHandle);
  carryAddresses(socket, hostHandle);
  // STARTTLS: the program itself has read before.
  noteOutcome(socket, state.bytesRead === 0 || Boolean(socket.parser));
  // rsnet's handle would remove the path that it has bound. The host's handle has not bound it.
  const bound = socket[kBoundPath];
  if (bound !== undefined && !bound.startsWith('\0')) {
    socket.prependOnceListener('close', () => fs.rmSync(bound, { force: true }));
  }
  const unread = /** @type {Buffer[]} */ ([takeHeld(socket), ...state.unread].filter(Boolean));
  if (takeUnread) unread.forEach(takeUnread);
  else if (unread.length > 0) giveFirst(socket, unread);
  sendRest(socket, state, onSent);
  if (state.readError !== 0) {
    later(() => socket.destroy(new ErrnoException(state.readError, 'read')));
  } else if (state.wantsData) {
    hostHandle.readStart();
  }
  return hostHandle;
}

/**
 * Calls `handOver` once a socket is connected.
 *
 * @param {Socket} socket that connects
 * @param {*} hostHandle its next handle
 */
function handOverOnceConnected(socket, hostHandle) {
  socket[kNextHandle] = hostHandle;
  // A consumer that closes this handle wants the connection closed.
  const closeSocket = (callback) => {
    if (typeof callback === 'function') socket.once('close', callback);
    socket.destroy();
  };
  hostHandle.close = closeSocket;
  socket.once('close', () => {
    if (hostHandle[kIsHost]) return;
    Reflect.deleteProperty(hostHandle, 'close');
    hostHandle.close();
  });
}

/**
 * @param {AnyHandle} handle rsnet's
 * @returns {boolean} whether the kernel has not accepted all written bytes
 */
function hasUnsent(handle) {
  handle[kWriter]?.flush();
  return handle.writeQueueSize > 0;
}

/**
 * Finds the stream for TLS.
 *
 * @param {Socket} socket with a handle of rsnet
 * @param {() => void} onSent called when earlier writes are sent, if TLS must wait for them
 * @param {Socket} [tlsSocket] whose stream it is
 * @returns {{stream: object|undefined, waits: boolean}} a C++ stream, if there can be one; whether it calls `onSent`
 * @throws {TypeError} ERR_INVALID_HANDLE_TYPE when the connection has messages, which records of TLS are not
 */
function streamFor(socket, onSent, tlsSocket) {
  if (hasMessages(socket)) throw new codes.ERR_INVALID_HANDLE_TYPE();
  if (tlsSocket) shareHeader(socket, tlsSocket);
  if (!socket.connecting) {
    const waits = hasUnsent(socket._handle);
    return { stream: handOver(socket, waits ? { onSent } : {}), waits };
  }
  let stream = socket[kNextHandle];
  if (!stream) {
    stream = hostHandleFor(socket._handle);
    if (stream) handOverOnceConnected(socket, stream);
  }
  return { stream, waits: false };
}

/**
 * @returns {boolean} whether the permission model refuses `handle.open(fd)`
 */
function isRefused() {
  try {
    checkOpen();
    return false;
  } catch {
    return true;
  }
}

/**
 * Answers `handle.isStreamBase`. Node's HTTP/2 asks before it takes the handle from the socket. Node's HTTP asks
 * after it has given the socket a parser. It is faster without a hand-over, so the answer is false.
 *
 * @param {AnyHandle} handle rsnet's
 * @returns {boolean} whether the socket's handle is, or becomes on connect, a C++ stream
 */
function offer(handle) {
  const socket = handle[owner_symbol];
  if (!socket || socket.parser || socket._handle !== handle || hasMessages(socket) || !canTake(handle)) return false;
  // An HTTP/2 session takes every completed write for its own, so earlier unsent bytes must go through the Socket.
  if (!socket.connecting) return !hasUnsent(handle) && !isRefused() && handOver(socket) !== undefined;
  socket[kNextHandle] ??= null;
  return true;
}

Object.assign(hooks, { handOver, offer });

module.exports = { handOver, isRefused, streamFor };
