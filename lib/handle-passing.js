'use strict';

// Sending rsnet's sockets and servers to other processes: `child.send(message, socket)`, the deals of `cluster`, and a
// socket as a child's stdio.
//
// Node writes a handle to the channel together with the message, and only its own handles can be written. So an rsnet
// handle is represented there by one of the host's, on a copy of its descriptor.

const { ChildProcess } = require('child_process');
const fs = require('fs');
const { builtin } = require('./builtin');
const { nextTick } = require('./captured');
const { Handle, Pipe, TCP } = require('./handle');
const { kDelivers, kHeldBack, kNative } = require('./handle-symbols');
const { closed, openHandle } = require('./host-handles');
const { hookChannels, hookSpawn, kHandleKind, kHostTwin } = require('./host-hooks');
const Socket = require('./socket');
const { giveToUser } = require('./socket-io');
const { kBuffer, owner_symbol } = require('./symbols');

/**
 * The `onread` of a handle whose connection goes to another process: what was read before is still the socket's.
 *
 * @this {Handle}
 * @param {number} nread bytes, UV_EOF or a negated errno
 * @param {Buffer} [buffer]
 */
function onRestRead(nread, buffer) {
  const socket = this[owner_symbol];
  if (!(nread > 0) || socket === null || socket.destroyed) return;
  if (socket[kBuffer]) giveToUser(socket, nread, buffer);
  else socket.push(buffer);
}

/**
 * Stops reading, since another process reads on. The kernel does not take back what was read ahead: it goes to the
 * socket, not before the next tick, so that nothing is lost.
 *
 * @param {Handle} handle that its socket does not have any more
 */
function leave(handle) {
  if (handle.readStop()) return;
  const rest = [handle[kHeldBack] ?? [], handle[kNative].takeUndelivered()].filter(({ length }) => length > 0);
  handle[kHeldBack] = null;
  handle.onread = onRestRead;
  // What a batch still has for it comes, too.
  handle[kDelivers] = true;
  nextTick(() => {
    for (const chunk of rest) handle.runInAsyncScope(onRestRead, handle, chunk.length, chunk);
  });
}

/**
 * The host's handle for the same descriptor, closed with the handle it stands for.
 *
 * @this {Handle}
 * @returns {object|undefined} undefined when there is no descriptor to copy
 */
function hostTwin() {
  const socket = this[owner_symbol];
  // Node has taken the handle from its socket, if nobody is going to read from it here any more.
  if (socket instanceof Socket && socket._handle !== this) leave(this);
  if (this._adopted) return this._adopted;
  const fd = this.dup();
  if (fd < 0) return undefined;
  let twin;
  try {
    // The permission model may refuse it.
    twin = builtin._createServerHandle(null, 0, 4, fd);
  } finally {
    if (typeof twin !== 'object') fs.closeSync(fd);
  }
  if (typeof twin === 'number') return undefined;
  this._adopt(twin);
  return twin;
}

Object.defineProperty(Handle.prototype, kHostTwin, { value: hostTwin, configurable: true });
Object.defineProperty(TCP.prototype, kHandleKind, { value: 'TCP', configurable: true });
Object.defineProperty(Pipe.prototype, kHandleKind, { value: 'Pipe', configurable: true });

/** Lets the channels between processes take rsnet's handles. */
function install() {
  hookChannels(() => closed(openHandle()));
  installStdio();
}

/** Lets child processes have rsnet's sockets as their stdio. */
function installStdio() {
  hookSpawn(ChildProcess);
}

module.exports = { install, installStdio };
