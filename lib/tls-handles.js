'use strict';

// Node's own TLS on top of rsnet's connections.

const { TLSSocket } = require('tls');
const { ErrnoException } = require('./errors');
const { Handle, Pipe, TCP } = require('./handle');
const { hookTls, kTlsStream } = require('./host-hooks');
const { onReadError, setWhole, streamBaseOf } = require('./stream-base');
const { TLS } = require('./stream-units');
const { owner_symbol } = require('./symbols');

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
  // What comes right behind the handshake's last record is answered together with it: an answer of its own would have
  // to wait for the end of the handshake's write.
  setWhole(stream, () => !tlsSocket._secureEstablished);
  if (wrap) wrap._handle = stream;
  else this[owner_symbol] = tlsSocket;
  return stream;
}

Object.defineProperty(Handle.prototype, kTlsStream, { value: tlsStream, configurable: true });

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

/** TLS takes connections of rsnet. */
function install() {
  hookTls(TLSSocket);
}

/** TLS connects through rsnet from now on, where it makes the connection itself. */
function connectByRsnet() {
  hookTls(TLSSocket).ownHandle = ownHandle;
}

module.exports = { connectByRsnet, install };
