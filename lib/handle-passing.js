'use strict';

// Sending rsnet's sockets and servers to other processes: `child.send(message, socket)`, the deals of `cluster`, and a
// socket as a child's stdio.
//
// Node writes a handle to the channel together with the message, and only its own handles can be written. So an rsnet
// handle is represented there by one of the host's, on a copy of its descriptor.

const { builtin } = require('./builtin');
const { Handle, Pipe, TCP } = require('./handle');

/** In the global registry, since several copies of rsnet may meet at the host's one channel. */
const kInstalled = Symbol.for('rsnet.handlePassing');
const kHostTwin = Symbol.for('rsnet.hostTwin');

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
  const twin = builtin._createServerHandle(null, 0, 4, fd);
  if (typeof twin === 'number') return undefined;
  this._adopt(twin);
  return twin;
}
Object.defineProperty(Handle.prototype, kHostTwin, { value: hostTwin, writable: true, configurable: true });

/** Tells as which of the host's handles one of rsnet's can be sent. */
const kKind = Symbol.for('rsnet.handleKind');
Object.defineProperty(TCP.prototype, kKind, { value: 'TCP', configurable: true });
Object.defineProperty(Pipe.prototype, kKind, { value: 'Pipe', configurable: true });

/**
 * @returns {object} a TCP handle of the host, closed
 */
function sampleHandle() {
  const socket = new builtin.Socket();
  socket.connect({ host: 'rsnet', port: 1, lookup() {} });
  const handle = socket._handle;
  // Destroying the socket would create process.stderr: Node's sockets look at it then.
  handle.close();
  socket._handle = null;
  return handle;
}

/**
 * Node asks of what it is to send, if it is no socket or server, whether it is one of its handles.
 *
 * @param {Function} HostHandle the class, TCP or Pipe
 */
function countIn(HostHandle) {
  Object.defineProperty(HostHandle, Symbol.hasInstance, {
    configurable: true,
    value(instance) {
      return Function.prototype[Symbol.hasInstance].call(this, instance) ||
        (this === HostHandle && instance?.[kKind] === HostHandle.name);
    },
  });
}

/**
 * The channel writes a message and a handle by this method of its own handle, which is a pipe.
 *
 * @param {object} prototype where the methods of the host's handles stand
 */
function wrapChannelWrite(prototype) {
  const { writeUtf8String } = prototype;
  let knowsPipe = false;
  const method = {
    writeUtf8String(req, string, handle) {
      if (!knowsPipe && this.constructor.name === 'Pipe') {
        knowsPipe = true;
        countIn(this.constructor);
      }
      return writeUtf8String.call(this, req, string, handle?.[kHostTwin] ? handle[kHostTwin]() : handle);
    },
  };
  Object.defineProperty(prototype, 'writeUtf8String', {
    ...Object.getOwnPropertyDescriptor(prototype, 'writeUtf8String'), value: method.writeUtf8String,
  });
}

/**
 * @param {*} entry of the option `stdio`
 * @returns {*} the descriptor where it is a socket or handle of rsnet, which the child gets a copy of either way
 */
function stdioEntry(entry) {
  const handle = [entry, entry?.handle, entry?._handle].find((candidate) => candidate?.[kHostTwin]);
  return handle ? handle.fd : entry;
}

/** Lets sockets of rsnet be the stdio of child processes. */
function wrapSpawn() {
  const { prototype } = require('child_process').ChildProcess;
  const { spawn } = prototype;
  prototype.spawn = {
    spawn(options) {
      if (!Array.isArray(options?.stdio)) return spawn.call(this, options);
      return spawn.call(this, { ...options, stdio: options.stdio.map(stdioEntry) });
    },
  }.spawn;
}

/** Lets the channels between processes take rsnet's handles. Once in each environment. */
function install() {
  const tcp = sampleHandle();
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(tcp));
  if (prototype[kInstalled]) return;
  Object.defineProperty(prototype, kInstalled, { value: true });
  wrapChannelWrite(prototype);
  countIn(tcp.constructor);
  wrapSpawn();
}

module.exports = { install };
