'use strict';

// Makes rsnet's sockets and servers instances of the built-in classes. Node asks `instanceof net.Socket` before it
// takes a socket for TLS or sends it to another process. The first question prepares both.

const { record } = require('../node/capabilities');
const { onFirstUse, onUseWith } = require('../node/first-use');
const { Handle } = require('../handle');
const { onLoad } = require('../node/load-trap');
const { hookClasses, kServer, kSocket } = require('../node/patches');
const { isHostRun } = require('../node/host-run-sockets');

let isPrepared = false;

/** Whether TLS can take the handle of a socket. TLS may be asking. */
let hasTls = true;

/**
 * Lets Node's channels and TLS take rsnet's handles.
 *
 * @this {object}
 * @returns {boolean} whether it counts as the built-in's
 */
function prepare() {
  if (isHostRun(this)) return true;
  if (!isPrepared) {
    isPrepared = true;
    require('./handle-passing').install();
    if (process.versions.openssl) hasTls = require('./tls').install();
  }
  return hasTls;
}

/**
 * Node asks whether a handle is a socket before it asks for the kind of handle.
 *
 * @this {Handle}
 * @returns {boolean} false
 */
function prepareForHandle() {
  prepare.call(this);
  return false;
}

/**
 * @this {object}
 * @returns {boolean} true
 */
function prepareForServer() {
  prepare.call(this);
  return true;
}

/**
 * @param {{Socket: Function, Server: Function}} rsnet
 */
function install({ Socket, Server }) {
  Object.defineProperty(Socket.prototype, kSocket, { value: prepare });
  Object.defineProperty(Server.prototype, kServer, { value: prepareForServer });
  Object.defineProperty(Handle.prototype, kSocket, { value: prepareForHandle });
  onFirstUse(() => record('instanceOf', hookClasses()));
  if (process.versions.openssl) onUseWith('tls', () => require('./tls').installPlain(hookClasses()));
  // Node asks no question about a child's stdio that this file could answer.
  onFirstUse(() => onLoad('child_process', () => require('./handle-passing').installStdio()));
}

module.exports = { install };
