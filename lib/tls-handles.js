'use strict';

// Node's own TLS on top of rsnet's connections.
//
// A TLSSocket has a handle in C++ that encrypts for another one, and both are brought together in one method of its
// prototype. There, rsnet's handle is given as the stream of C++ that it takes.

const { ErrnoException } = require('./errors');
const { Handle, Pipe, TCP } = require('./handle');
const { onReadError, streamBaseOf } = require('./stream-base');
const { TLS } = require('./stream-units');
const { owner_symbol } = require('./symbols');

/** Symbols of the registry, since several copies of rsnet may meet at the host's one TLSSocket. */
const kShared = Symbol.for('rsnet.tlsHandles');
const kTlsStream = Symbol.for('rsnet.tlsStream');

/**
 * What TLS is to encrypt for.
 *
 * @this {Handle}
 * @param {object} tlsSocket
 * @param {object|null} wrap the socket that the handle belongs to; null where it is the TLSSocket's own
 * @returns {object} a stream of C++
 */
function tlsStream(tlsSocket, wrap) {
  const stream = streamBaseOf(this, TLS);
  onReadError(stream, (status) => tlsSocket.destroy(new ErrnoException(status, 'read')));
  if (wrap) {
    wrap._handle = stream;
  } else {
    this[owner_symbol] = tlsSocket;
  }
  return stream;
}
Object.defineProperty(Handle.prototype, kTlsStream, { value: tlsStream, writable: true, configurable: true });

/**
 * The handle for a TLSSocket that makes its connection itself.
 *
 * @param {object} tlsSocket
 * @param {object} [handle] the host's, where one more attempt to connect is made
 * @returns {object} rsnet's
 */
function ownHandle(tlsSocket, handle) {
  const isPipe = handle ? handle.constructor.name === 'Pipe' : Boolean(tlsSocket._tlsOptions.pipe);
  handle?.close();
  return isPipe ? new Pipe(Pipe.SOCKET) : new TCP(TCP.SOCKET);
}

/**
 * Wraps the method of TLSSocket that takes the handle below. Once for each class.
 *
 * @returns {{ownHandle?: Function}} what the method looks up
 */
function install() {
  const { TLSSocket } = require('tls');
  const wrapHandle = TLSSocket.prototype._wrapHandle;
  if (wrapHandle[kShared]) return wrapHandle[kShared];
  const shared = { ownHandle: undefined };
  const method = {
    _wrapHandle(wrap, handle, ...rest) {
      let own = handle;
      if (wrap === null && shared.ownHandle && !(handle?.fd >= 0)) own = shared.ownHandle(this, handle);
      const stream = own?.[kTlsStream]?.(this, wrap) ?? own;
      const result = wrapHandle.call(this, wrap, stream, ...rest);
      // A JSStream knows of no descriptor, and that is what TLS asks.
      if (stream !== own) Object.defineProperty(result, 'fd', { configurable: true, get: () => stream.fd });
      return result;
    },
  };
  method._wrapHandle[kShared] = shared;
  TLSSocket.prototype._wrapHandle = method._wrapHandle;
  return shared;
}

/** TLS connects through rsnet from now on, where it makes the connection itself. */
function connectByRsnet() {
  install().ownHandle = ownHandle;
}

module.exports = { connectByRsnet, install };
