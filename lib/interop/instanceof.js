'use strict';

// rsnet's sockets and servers as Node's modules see them: as the built-in's. Node asks `instanceof net.Socket` before
// it takes a socket for TLS or sends it to another process, and what these need is prepared when it asks.

const { record } = require('../node/capabilities');
const { onFirstUse, onUseWith } = require('../node/first-use');
const { Handle } = require('../handle');
const { hookClasses, kServer, kSocket } = require('../node/patches');
const { isHostRun } = require('../node/host-run-sockets');

let isPrepared = false;

/** Whether TLS, which may be who asks, can have the handle of a socket. */
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
 * Node asks of a handle, too, whether it is a socket, before it asks which of its own handles it is.
 *
 * @this {Handle}
 * @returns {boolean} that it is none
 */
function prepareForHandle() {
  prepare.call(this);
  return false;
}

/**
 * @this {object}
 * @returns {boolean} that it counts as the built-in's
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
  // Node asks nothing of what it is to give to a child that could be answered here.
  onUseWith('child_process', () => require('./handle-passing').installStdio());
}

module.exports = { install };
