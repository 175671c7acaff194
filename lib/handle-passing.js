'use strict';

// Sending rsnet's sockets and servers to other processes: `child.send(message, socket)`, the deals of `cluster`, and a
// socket as a child's stdio.
//
// Node writes a handle to the channel together with the message, and only its own handles can be written. So an rsnet
// handle is represented there by one of the host's, on a copy of its descriptor.

const { ChildProcess } = require('child_process');
const fs = require('fs');
const { builtin } = require('./builtin');
const { Handle, Pipe, TCP } = require('./handle');
const { closed, openHandle } = require('./host-handles');
const { hookChannels, hookSpawn, kHandleKind, kHostTwin } = require('./host-hooks');

/**
 * The host's handle for the same descriptor, closed with the handle it stands for.
 *
 * @this {Handle}
 * @returns {object|undefined} undefined when there is no descriptor to copy
 */
function hostTwin() {
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
  hookSpawn(ChildProcess);
}

module.exports = { install };
