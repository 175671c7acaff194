'use strict';

// Node's own TLS on top of rsnet's connections.

const { TLSSocket } = require('tls');
const { streamFor } = require('./hand-over');
const { Handle } = require('./handle');
const { hookTls, kTlsStream } = require('./host-hooks');

Object.defineProperty(Handle.prototype, kTlsStream, { value: streamFor, configurable: true });

/** TLS takes connections of rsnet. Those that it makes itself are the host's. */
function install() {
  hookTls(TLSSocket);
}

module.exports = { install };
