'use strict';

/**
 * Node's modules derive their classes from `net` at load. One that was loaded before `rsnet/register` would keep the
 * built-in's prototypes under rsnet's constructors. Where the host does not list its loaded modules, rsnet loads them
 * here.
 */

const { isLoaded } = require('../node/loaded-modules');

/**
 * Lets a class derive from another base, if it derives from the given one.
 * @param {Function} derived the class
 * @param {Function} from its base so far
 * @param {Function} to its base from now on
 */
function rebase(derived, from, to) {
  if (Object.getPrototypeOf(derived) === from) Object.setPrototypeOf(derived, to);
  if (Object.getPrototypeOf(derived.prototype) === from.prototype) {
    Object.setPrototypeOf(derived.prototype, to.prototype);
  }
}

/**
 * Rebases the classes of modules that are already loaded.
 * @param {typeof import('node:net')} builtin the host's own net
 * @param {typeof import('node:net')} rsnet what takes its place
 */
function rebaseClasses(builtin, rsnet) {
  if (isLoaded('_http_server')) rebase(require('node:http').Server, builtin.Server, rsnet.Server);
  if (isLoaded('_http_agent')) {
    const { Agent } = require('node:http');
    if (Agent.prototype.createConnection === builtin.createConnection) {
      Agent.prototype.createConnection = rsnet.createConnection;
    }
  }
  const { openssl } = process.versions;
  // Node 22 renamed the module.
  if (openssl && (isLoaded('_tls_wrap') || isLoaded('internal/tls/wrap'))) {
    const { Server, TLSSocket } = require('node:tls');
    rebase(Server, builtin.Server, rsnet.Server);
    rebase(TLSSocket, builtin.Socket, rsnet.Socket);
  }
  if (isLoaded('tty')) {
    const { ReadStream, WriteStream } = require('node:tty');
    rebase(ReadStream, builtin.Socket, rsnet.Socket);
    rebase(WriteStream, builtin.Socket, rsnet.Socket);
  }
  if (openssl && isLoaded('internal/http2/core')) {
    rebase(require('node:http2').createServer().constructor, builtin.Server, rsnet.Server);
  }
}

module.exports = { rebaseClasses };
