'use strict';

// Sending rsnet's sockets and servers to other processes: `child.send(message, socket)` and the deals of `cluster`.
//
// Node writes a handle to the channel together with the message, and only its own handles can be written. So for the
// time of the call an rsnet handle is represented by one of the host's, on a copy of its descriptor.

const { builtin } = require('./builtin');
const { Handle } = require('./handle');

const kInstalled = Symbol.for('rsnet.handlePassing');

/**
 * The host's handle for the same descriptor, closed with the handle it stands for.
 *
 * @param {object} handle rsnet's
 * @returns {object|undefined} undefined when there is no descriptor to copy
 */
function hostTwin(handle) {
  if (handle._adopted) return handle._adopted;
  const fd = handle.dup();
  if (fd < 0) return undefined;
  const twin = builtin._createServerHandle(null, 0, 4, fd);
  if (typeof twin === 'number') return undefined;
  handle._adopt(twin);
  return twin;
}

/**
 * @returns {object} the prototype that the host's TCP and pipe handles share, where their methods stand
 */
function streamHandlePrototype() {
  const socket = new builtin.Socket();
  socket.connect({ host: 'rsnet', port: 1, lookup() {} });
  const handle = socket._handle;
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(handle));
  // Destroying it would create process.stderr: Node's sockets look at it then.
  handle.close();
  socket._handle = null;
  return prototype;
}

/** Lets the channels between processes take rsnet's handles. Once in each environment. */
function install() {
  const prototype = streamHandlePrototype();
  if (prototype[kInstalled]) return;
  const { writeUtf8String } = prototype;
  const method = {
    writeUtf8String(req, string, handle) {
      if (!(handle instanceof Handle)) return writeUtf8String.call(this, req, string, handle);
      return writeUtf8String.call(this, req, string, hostTwin(handle));
    },
  };
  Object.defineProperty(prototype, 'writeUtf8String', {
    ...Object.getOwnPropertyDescriptor(prototype, 'writeUtf8String'), value: method.writeUtf8String,
  });
  Object.defineProperty(prototype, kInstalled, { value: true });
}

module.exports = { install };
