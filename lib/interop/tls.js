'use strict';

// Node's own TLS on top of rsnet's connections.

const { probe, record } = require('../node/capabilities');
const { streamFor } = require('./hand-over');
const { Handle } = require('../handle');
const { canHandOver } = require('../node/builtin-handles');
const { hookTls, kTlsStream } = require('../node/patches');
const { encryptPlain } = require('../node/substitutes');

/** The host's module; undefined where it does not load. */
const tls = probe('tls', () => require('tls'));

Object.defineProperty(Handle.prototype, kTlsStream, { value: streamFor, configurable: true });

/**
 * Lets TLS take connections of rsnet. TLS makes its own connections with the host's handles.
 *
 * @returns {boolean} whether TLS takes their handles
 */
function install() {
  if (tls === undefined) return false;
  const takesHandles = canHandOver() && record('tls', hookTls(tls.TLSSocket));
  if (!takesHandles) encryptPlain(tls);
  return takesHandles;
}

module.exports = { install };
