'use strict';

// The host's Server with the options of rsnet's. It refuses options that need the engine.

const { builtin } = require('../node/builtin');
const { codes } = require('../node/errors');
const { nameLike } = require('../node/mirror-members');
const { outliveIteration, outlivesIteration, servers: outliving } = require('../api/half-open-iteration');
const { descriptorNamed } = require('../api/listen-descriptors');
const { checkKernelOptions, given } = require('../api/kernel-option-names');
const { awaitHeader, readsHeaders, rememberProxyProtocol } = require('../api/proxy-protocol');
const { addConnectionMembers } = require('../api/server-connections');
const { isRelayed } = require('../api/relay');
const { differsFromNode } = require('../api/unlink-on-close');
const { addShutdown } = require('../api/server-shutdown');
const { blocked } = require('./block-list');
const { BoundSocket, consumed } = require('./bound-socket');
const { addConnection, openConnections } = require('./connections');
const { derive, isMadeBy } = require('./derive');
const { hasBlockList, hasHandles, hasReusePort } = require('./host');
const { adopt } = require('./socket');
const { ask, failListen, refusal, unavailable } = require('./unavailable');

const HostServer = builtin.Server;
const host = HostServer.prototype;

/**
 * Listens on a TCP port or a Unix-domain socket. See "Class: net.Server" in Node's documentation.
 *
 * @this {Server}
 * @param {*} [options] an object, or the listener
 * @param {(socket: *) => void} [connectionListener] listener of 'connection'
 * @throws {TypeError|RangeError} for bad options
 */
function Server(options, connectionListener) {
  if (!isMadeBy(Server, this)) {
    if (this instanceof HostServer) return HostServer.call(this, options, connectionListener);
    return new (/** @type {*} */ (Server))(options, connectionListener);
  }
  HostServer.call(this, options, connectionListener);
  if (typeof options !== 'object' || options === null) return;
  const { blockList } = options;
  checkKernelOptions(options);
  if (outlivesIteration(options)) outliving.add(this);
  rememberProxyProtocol(this, options.proxyProtocol);
  if (!hasHandles && readsHeaders(this)) ask(this, 'proxyProtocol', true);
  for (const name of given(options)) ask(this, name, options[name]);
  if (hasBlockList || !blockList) return;
  if (!(blockList instanceof builtin.BlockList)) {
    throw new codes.ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', blockList);
  }
  this.blockList = blockList;
}
derive(Server, HostServer);

/**
 * @param {*} where an argument of listen()
 * @returns {TypeError|undefined} why the server can't listen there
 */
function refusalOf(where) {
  if (!hasReusePort && where?.reusePort) return unavailable('reusePort');
  const hasPath = where?.path || where?.handle || where?._handle;
  if (hasPath && differsFromNode(where.unlinkOnClose)) return unavailable('unlinkOnClose');
  return !hasHandles && where?.proxyProtocol ? unavailable('proxyProtocol') : undefined;
}

/** Sockets whose header is read, or has been. */
const begun = new WeakSet();

/** @type {ThisType<Server>} */
const members = {
  listen(...args) {
    const [where] = args;
    rememberProxyProtocol(this, where?.proxyProtocol);
    const problem = refusal(this) ?? refusalOf(where);
    if (problem) return failListen(this, problem);
    if (where instanceof BoundSocket) args[0] = consumed(where);
    else if (where?.handle instanceof BoundSocket) args[0] = { ...where, handle: consumed(where.handle) };
    else if (where?.fdName !== undefined) args[0] = { ...where, fd: descriptorNamed(where.fdName) };
    return host.listen.apply(this, /** @type {*} */ (args));
  },

  // The host's Server makes instances of the built-in Socket.
  emit(event, ...args) {
    const socket = /** @type {Socket} */ (args[0]);
    if (event === 'connection' && socket instanceof builtin.Socket) {
      adopt(socket);
      if (outliving.has(this)) outliveIteration(socket);
      if (!hasBlockList && blocked(this.blockList, socket.remoteAddress)) {
        socket.destroy();
        return false;
      }
      // Programs emit 'connection' with sockets of their own, too.
      if (socket._server === this) addConnection(this, socket);
      if (socket._server === this && readsHeaders(this) && !begun.has(socket)) {
        begun.add(socket);
        awaitHeader(this, socket, () => host.emit.call(this, event, ...args));
        return true;
      }
    }
    return host.emit.call(this, event, ...args);
  },
};

for (const [name, value] of Object.entries(members)) {
  nameLike(value, host[name]);
  Object.defineProperty(Server.prototype, name, { value, writable: true, configurable: true, enumerable: true });
}

addConnectionMembers(Server, openConnections);
addShutdown(Server, { openConnections, isTaken: isRelayed });
for (const name of ['pause', 'resume']) {
  const { [name]: value } = { [name]() { throw unavailable(name); } };
  Object.defineProperty(Server.prototype, name, { value, writable: true, configurable: true });
}

/**
 * `net.createServer`.
 * @param {*} [options] an object, or the listener
 * @param {(socket: Socket) => void} [connectionListener] listener of 'connection'
 * @returns {Server}
 */
function createServer(options, connectionListener) {
  return new (/** @type {*} */ (Server))(options, connectionListener);
}

module.exports = { Server: /** @type {ServerClass} */ (/** @type {*} */ (Server)), createServer };
