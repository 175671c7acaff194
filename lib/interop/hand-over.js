'use strict';

// Connections for the parts of Node that are written in C++ and take only streams of C++: TLS, HTTP/2.
//
// The descriptor goes to a TCP or Pipe handle of the host, and rsnet's handle closes without it. The host's becomes
// `socket._handle`; the Socket stays what it is. What rsnet has read and nobody got comes first, what it has not sent
// goes before all else.

const fs = require('fs');
const { builtin } = require('../node/builtin');
const { makeCallback, takePending } = require('../addon/bridge');
const { ErrnoException } = require('../node/errors');
const hooks = require('../handle/hooks');
const {
  kConnectReq, kReading, kPendingRead, kIsHost, kNative, kReadGate, kShutdownReq, kSlot, kWriter,
} = require('../handle/symbols');
const { canTake, hostHandleFor, prepareHostHandle } = require('../handle/handed-over');
const { onStreamRead } = require('../node/private-symbols');
const { later } = require('../node/later');
const { checkOpen } = require('../node/permission');
const { GATE_WAITING } = require('../handle/read-gate');
const { takeHeld } = require('../api/socket-io');
const { async_id_symbol, kAwaited, kBoundPath, kBuffer, owner_symbol } = require('../handle/socket-symbols');
const { UV_ECANCELED } = require('../node/errno');

/**
 * What a handle of rsnet leaves.
 *
 * @typedef {object} Remainder
 * @property {number} fd
 * @property {boolean} refed whether it keeps the process alive
 * @property {boolean} wantsData whether the owner wants to be given data
 * @property {number} bytesRead
 * @property {number} bytesWritten of what is sent
 * @property {Buffer[]} unread what was read, and the owner has not got
 * @property {number} readError that comes behind it; a negated errno, or 0
 * @property {Buffer} [unsent]
 * @property {number} writeError a negated errno, or 0
 * @property {object[]} writes requests that have not ended
 * @property {object|null} shutdown the same
 * @property {boolean} shuts whether that shutdown is still to be made
 */

/**
 * Closes a handle without its descriptor.
 *
 * @param {object} handle rsnet's
 * @returns {Remainder|undefined} undefined when it is no connection
 */
function takeFrom(handle) {
  if (handle.closing || handle[kConnectReq] !== null) return undefined;
  const refed = handle.hasRef();
  handle[kWriter]?.flushAll();
  const { bytesRead, bytesWritten } = handle;
  handle._keepCounters();
  const slot = handle[kSlot];
  const given = handle[kNative].handOver();
  if (!given) return undefined;
  const { unread, unsent } = given;
  const pending = takePending(slot);
  const remainder = {
    ...given,
    refed,
    wantsData: handle[kReading] || handle[kReadGate] === GATE_WAITING,
    bytesRead: bytesRead + (unread ? unread.length : 0),
    bytesWritten: bytesWritten - (unsent ? unsent.length : 0),
    unread: [handle[kPendingRead], ...pending.chunks, unread].filter(Boolean),
    readError: given.readError || pending.error,
    writes: handle[kWriter]?.takeRequests() ?? [],
    shutdown: handle[kShutdownReq],
  };
  handle[kPendingRead] = null;
  handle[kShutdownReq] = null;
  handle._closing(undefined, given.announced);
  return remainder;
}

/**
 * Ends what rsnet's handle was asked to do.
 *
 * @param {object[]} reqs
 * @param {number} status of the first one; if it is an error, those behind it are cancelled
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
 * Sends what rsnet has not sent, and shuts down behind it, if that was asked for.
 *
 * @param {object} socket whose handle is the host's
 * @param {Remainder} remainder
 * @param {function(): void} onSent
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
 * Lets the next consumer of a socket, which looks at `readableLength` and calls `read()`, find bytes behind those that
 * the stream has. The stream itself must not have them: it might flow.
 *
 * @param {object} socket
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
 * Gives a socket's connection to a handle of the host, which is its `_handle` then.
 *
 * @param {object} socket connected, with a handle of rsnet
 * @param {object} [options]
 * @param {function(): void} [options.onSent] called when what rsnet had not sent is sent, if there is any
 * @param {function(Buffer): void} [options.takeUnread] called for what rsnet has read and nobody got; otherwise the
 *   next consumer of the socket finds it there
 * @returns {object|undefined} that handle; undefined when there can be none
 * @throws {Error} ERR_ACCESS_DENIED, where the permission model lets handles of the host have no descriptor
 */
function handOver(socket, { onSent = () => {}, takeUnread } = {}) {
  checkOpen();
  const handle = socket._handle;
  const hostHandle = socket[kAwaited] ?? hostHandleFor(handle);
  const remainder = hostHandle && takeFrom(handle);
  if (!remainder) return undefined;
  delete hostHandle.close;
  hostHandle.open(remainder.fd);
  prepareHostHandle(hostHandle, remainder);
  hostHandle[owner_symbol] = socket;
  hostHandle.onread = onStreamRead;
  if (socket[kBuffer]) hostHandle.useUserBuffer(socket[kBuffer]);
  if (!remainder.refed) hostHandle.unref();
  hostHandle.reading = handle.reading;
  socket._handle = hostHandle;
  socket[async_id_symbol] = hostHandle.getAsyncId();
  // rsnet's handle would remove the path that it has bound; the host's does not know of it.
  const bound = socket[kBoundPath];
  if (bound !== undefined && !bound.startsWith('\0')) {
    socket.prependOnceListener('close', () => fs.rmSync(bound, { force: true }));
  }
  const unread = [takeHeld(socket), ...remainder.unread].filter(Boolean);
  if (takeUnread) unread.forEach(takeUnread);
  else if (unread.length > 0) giveFirst(socket, unread);
  sendRest(socket, remainder, onSent);
  if (remainder.readError !== 0) {
    later(() => socket.destroy(new ErrnoException(remainder.readError, 'read')));
  } else if (remainder.wantsData) {
    hostHandle.readStart();
  }
  return hostHandle;
}

/**
 * The same, as soon as a socket is connected.
 *
 * @param {object} socket that connects
 * @param {object} hostHandle which handle it will be
 */
function handOverOnceConnected(socket, hostHandle) {
  socket[kAwaited] = hostHandle;
  // Whoever closes it means the connection.
  hostHandle.close = (callback) => {
    if (typeof callback === 'function') socket.once('close', callback);
    socket.destroy();
  };
  socket.once('close', () => {
    if (hostHandle[kIsHost]) return;
    delete hostHandle.close;
    hostHandle.close();
  });
}

/**
 * @param {object} handle rsnet's
 * @returns {boolean} whether the kernel has not taken all that was written
 */
function hasUnsent(handle) {
  handle[kWriter]?.flush();
  return handle.writeQueueSize > 0;
}

/**
 * What TLS is to encrypt for.
 *
 * @param {object} socket with a handle of rsnet
 * @param {function(): void} onSent called when what was written before is sent, if TLS has to wait for it
 * @returns {{stream: object|undefined, waits: boolean}} a stream of C++, undefined when there can be none; whether
 *   `onSent` is going to be called
 */
function streamFor(socket, onSent) {
  if (!socket.connecting) {
    const waits = hasUnsent(socket._handle);
    return { stream: handOver(socket, waits ? { onSent } : {}), waits };
  }
  let stream = socket[kAwaited];
  if (!stream) {
    stream = hostHandleFor(socket._handle);
    if (stream) handOverOnceConnected(socket, stream);
  }
  return { stream, waits: false };
}

/**
 * @returns {boolean} whether the permission model lets handles of the host have no descriptor
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
 * The answer to `handle.isStreamBase`. Node's HTTP/2 asks before it takes the handle from the socket; Node's HTTP,
 * which asks too, has given the socket its parser by then, and does better with a socket's data as it is.
 *
 * @param {object} handle rsnet's
 * @returns {boolean} whether the socket has, or will have once it is connected, a stream of C++ for its handle
 */
function offer(handle) {
  const socket = handle[owner_symbol];
  if (!socket || socket.parser || socket._handle !== handle || !canTake(handle)) return false;
  // A session takes each write that ends for its own. What is to be sent before takes the way through the Socket.
  if (!socket.connecting) return !hasUnsent(handle) && !isRefused() && handOver(socket) !== undefined;
  socket[kAwaited] ??= null;
  return true;
}

Object.assign(hooks, { handOver, offer });

module.exports = { handOver, isRefused, streamFor };
