'use strict';

// Sending rsnet's sockets and servers to other processes: `child.send(message, socket)`, the deals of `cluster`, and a
// socket as a child's stdio.
//
// Node can write only its own handles to a channel. So a proxy stands for an rsnet handle there: a handle of the host
// on a copy of the descriptor.

const fs = require('fs');
const { commands } = require('../addon/bridge');
const { record } = require('../node/capabilities');
const { nextTick } = require('../node/captured');
const { codes } = require('../node/errors');
const { setOnHost } = require('../node/host-objects');
const { onLoad } = require('../node/load-trap');
const { Handle, Pipe, TCP } = require('../handle');
const { countKept } = require('../handle/read-gate');
const { kReading, kPendingRead, kSeqpacket, kSlot } = require('../handle/symbols');
const { handOver } = require('./hand-over');
const { canHandOver, closed, hostHandleOf, openHandle } = require('../node/builtin-handles');
const { hookChannels, hookSpawn, kHandleKind, kHostProxy } = require('../node/patches');
const { guardSend, kHandOver } = require('../node/substitutes');
const Socket = require('../api/socket');
const { giveToUser } = require('../api/socket-io');
const { kBuffer, owner_symbol } = require('../handle/socket-symbols');

/**
 * The `onread` of a handle whose connection goes to another process. The socket still gets the bytes read so far.
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
 * Stops reading, since another process reads on. The kernel does not take back bytes that rsnet has read ahead. The
 * socket gets them in the next tick.
 *
 * @param {Handle} handle that Node has taken from its socket
 */
function leave(handle) {
  if (handle.readStop()) return;
  countKept(handle);
  const undelivered = commands.takeUndelivered(handle[kSlot]);
  const rest = [handle[kPendingRead] ?? [], undelivered].filter(({ length }) => length > 0);
  handle[kPendingRead] = null;
  handle.onread = onRestRead;
  // The batch of events may have more reads for it.
  handle[kReading] = true;
  nextTick(() => {
    for (const chunk of rest) handle.runInAsyncScope(onRestRead, handle, chunk.length, chunk);
  });
}

/**
 * A handle of the host on a copy of the descriptor. It closes with the rsnet handle that it stands for.
 *
 * @this {Handle}
 * @returns {object|undefined} undefined when there is no descriptor to copy
 * @throws {TypeError} ERR_INVALID_HANDLE_TYPE when the connection has messages
 */
function hostProxy() {
  const socket = this[owner_symbol];
  if (this[kSeqpacket]) {
    // The host would take it for a stream of bytes. If Node has taken it from its socket, nobody else closes it.
    if (socket?._handle !== this) this.close();
    throw new codes.ERR_INVALID_HANDLE_TYPE();
  }
  // Node takes the handle from its socket if this process stops reading.
  if (socket instanceof Socket && socket._handle !== this) leave(this);
  if (this._adopted) return this._adopted;
  const fd = this.dup();
  if (fd < 0) return undefined;
  let proxy;
  try {
    // The permission model may refuse it.
    proxy = hostHandleOf(fd, this instanceof Pipe);
  } finally {
    if (typeof proxy !== 'object') fs.closeSync(fd);
  }
  if (typeof proxy !== 'object') return undefined;
  this._adopt(proxy);
  return proxy;
}

/**
 * Gives a connection to a handle of the host.
 *
 * @this {Handle}
 * @returns {boolean} whether that was possible
 */
function giveToHost() {
  const socket = this[owner_symbol];
  return canHandOver() && socket instanceof Socket && handOver(socket) !== undefined;
}

Object.defineProperty(Handle.prototype, kHostProxy, { value: hostProxy, configurable: true });
Object.defineProperty(Handle.prototype, kHandOver, { value: giveToHost, configurable: true });

/** Lets the channels between processes take rsnet's handles, once there can be such channels. */
function install() {
  onLoad('child_process', installChannels);
}

/** Node has loaded child_process, or is going to now. */
function installChannels() {
  const hasChannels = record('channels', hookChannels((isPipe) => closed(openHandle(isPipe))));
  if (!hasChannels) guardSend(process);
  if (!installStdio(hasChannels) || !hasChannels) {
    // With SCHED_NONE the primary sends a listening handle of the host, and the workers accept.
    onLoad('cluster', () => {
      const cluster = require('cluster');
      setOnHost(cluster, 'schedulingPolicy', cluster.SCHED_NONE);
    });
    return;
  }
  // The host sends them as its own handles of these names.
  Object.defineProperty(TCP.prototype, kHandleKind, { value: 'TCP', configurable: true });
  Object.defineProperty(Pipe.prototype, kHandleKind, { value: 'Pipe', configurable: true });
}

/**
 * Lets child processes have rsnet's sockets as their stdio.
 *
 * @param {boolean} [hasChannels] whether channels of child processes take rsnet's handles
 * @returns {boolean} false where the host does not allow that
 */
function installStdio(hasChannels = true) {
  return record('stdio', hookSpawn(require('child_process').ChildProcess, hasChannels ? undefined : guardSend));
}

module.exports = { install, installStdio };
