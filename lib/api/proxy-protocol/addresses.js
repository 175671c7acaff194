'use strict';

// What a Socket tells of its ends once its PROXY header has named others.

/** The headers of Sockets. A program may keep something else as `socket.proxy`. */
const headers = new WeakMap();

/**
 * @param {object} handle
 * @param {string} name of its method
 * @param {{address?: string, port?: number, family: string}} end
 */
function answerWith(handle, name, { address, port, family }) {
  Object.defineProperty(handle, name, {
    value(out) {
      // As under Node, the end of a Unix-domain socket is nothing.
      if (address !== undefined) Object.assign(out, { address, family, port });
      return 0;
    },
    writable: true,
    configurable: true,
  });
}

/**
 * Lets the handle of a Socket answer what its header says. TLS asks the handle, and has no other way to know.
 *
 * @param {Socket} socket
 * @param {AnyHandle|HostHandle} handle that is or becomes the Socket's
 */
function carryAddresses(socket, handle) {
  const header = headers.get(socket);
  if (header?.source === undefined) return;
  answerWith(handle, 'getpeername', header.source);
  answerWith(handle, 'getsockname', header.destination);
}

/**
 * Gives a Socket what its header says.
 *
 * @param {Socket} socket
 * @param {*} header parsed
 */
function applyHeader(socket, header) {
  const proxy = { ...header, peer: { ...socket._getpeername() }, local: { ...socket._getsockname() } };
  headers.set(socket, proxy);
  socket.proxy = proxy;
  carryAddresses(socket, socket._handle);
  socket._peername = undefined;
  socket._sockname = null;
}

/**
 * @param {Socket} socket below a TLS socket
 * @param {Socket} tlsSocket that gets to know the header, too
 */
function shareHeader(socket, tlsSocket) {
  const header = headers.get(socket);
  if (header !== undefined) tlsSocket.proxy = header;
}

module.exports = { applyHeader, carryAddresses, shareHeader };
