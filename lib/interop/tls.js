'use strict';

// Node's own TLS on top of rsnet's connections.

const { record } = require('../node/capabilities');
const { streamFor } = require('./hand-over');
const { Handle } = require('../handle');
const { canHandOver } = require('../node/builtin-handles');
const { canReplaceMethod } = require('../node/host-objects');
const { hookTls, kTlsStream } = require('../node/patches');
const { encryptPlain } = require('../node/substitutes');

/** The host's module; undefined where the host cannot load it. */
const tls = load();

Object.defineProperty(Handle.prototype, kTlsStream, { value: streamFor, configurable: true });

/** @returns {typeof import('tls')|undefined} as `tls` */
function load() {
  try {
    return require('tls');
  } catch {
    // Node sets members of classes that derive from those of `net`: it cannot, where a program has frozen these.
    return undefined;
  }
}

/**
 * Lets TLS take connections of rsnet. Those that it makes itself are in `api/host-run-connect`.
 *
 * @returns {boolean} whether TLS takes their handles; true where there is no TLS that could ask for one
 */
function install() {
  if (tls === undefined) return true;
  const takesHandles = canHandOver() && record('tls', hookTls(tls.TLSSocket));
  if (!takesHandles) encryptPlain(tls);
  return takesHandles;
}

/**
 * Lets TLS read and write through sockets of rsnet, where it is not going to take their handles.
 *
 * @param {boolean} areInstances whether sockets of rsnet count as the built-in's
 */
function installPlain(areInstances) {
  if (tls === undefined) return;
  const takesHandles = areInstances && canReplaceMethod(tls.TLSSocket.prototype, '_wrapHandle');
  if (!takesHandles) encryptPlain(tls);
}

module.exports = { install, installPlain };
