'use strict';

// The host's Socket with the members and options of rsnet's. It refuses those that need the engine.

const { builtin } = require('../node/builtin');
const { validateInt32 } = require('../node/validators');
const { nameLike } = require('../node/mirror-members');
const { SEQUENTIAL, kNormalizedArgs } = require('../api/arguments');
const { abortConnect, connectSignalOf } = require('../api/connect-signal');
const { boundConnect, connectTimeoutOf } = require('../api/connect-timeout');
const { checkedOptions, setBlockList } = require('../api/constructor-options');
const { outliveIteration, outlivesIteration } = require('../api/half-open-iteration');
const { KERNEL_OPTIONS, given } = require('../api/kernel-option-names');
const { proxyHeaderOf, rememberHeader, sendHeader } = require('../api/proxy-protocol');
const { sendFile } = require('../api/send-file');
const { removeConnection } = require('./connections');
const { blocked, guardedLookup } = require('./block-list');
const { BoundSocket, consumed } = require('./bound-socket');
const { derive, isMadeBy } = require('./derive');
const { hasBlockList, hasHandles, hasKeepAliveOptions, hasTypeOfService } = require('./host');
const { ask, asked, failConnect, refusal, unavailable } = require('./unavailable');

/** The signals that Sockets were made with. */
const signals = new WeakMap();

const HostSocket = builtin.Socket;
const host = HostSocket.prototype;

/**
 * A TCP or Unix-domain socket as a stream. See "Class: net.Socket" in Node's documentation.
 *
 * @this {Socket}
 * @param {*} [options] an object, or a descriptor
 * @throws {TypeError|RangeError} for bad options
 */
function Socket(options) {
  if (!isMadeBy(Socket, this)) {
    if (this instanceof HostSocket) return HostSocket.call(this, options);
    return new (/** @type {*} */ (Socket))(options);
  }
  const settings = checkedOptions(options);
  const isBound = settings.handle instanceof BoundSocket;
  if (isBound) {
    settings.handle = consumed(settings.handle);
    // A bound socket has nothing to read before it connects.
    settings.manualStart = true;
  }
  HostSocket.call(this, settings);
  if (settings.signal) signals.set(this, settings.signal);
  if (outlivesIteration(settings)) outliveIteration(this);
  for (const name of given(settings)) ask(this, name, settings[name]);
  if (!hasTypeOfService) ask(this, 'typeOfService', settings.typeOfService);
  if (!hasBlockList && settings.blockList) setBlockList(this, settings.blockList);
  const problem = refusal(this);
  if (problem && this._handle && !isBound) this.destroy(problem);
}
derive(Socket, HostSocket);

/**
 * Adds the members of rsnet's Socket to one that the host's Server has accepted.
 * @param {Socket} socket
 */
function adopt(socket) {
  if (Object.getPrototypeOf(socket) === host) Object.setPrototypeOf(socket, Socket.prototype);
}

/**
 * @param {Array} args of `connect`
 * @returns {Array} options and listener; an array without the host's mark is an object of options, as for the host
 */
function normalized(args) {
  const [first] = args;
  return Array.isArray(first) && first[kNormalizedArgs] ? first : builtin._normalizeArgs(args);
}

/**
 * @param {import('net').BlockList} list
 * @param {Array} args of `connect`
 * @returns {{problem: Error|undefined, args: Array}} why it may not connect; arguments with a `lookup` that filters
 */
function withBlockList(list, args) {
  const [options, ...rest] = normalized(args);
  if (options.path != null) return { problem: undefined, args };
  const { host: name, lookup } = options;
  const guarded = { ...options };
  // The host's connect() throws for any other type.
  if (lookup == null || typeof lookup === 'function') guarded.lookup = guardedLookup(list, lookup ?? undefined);
  return { problem: blocked(list, name), args: [guarded, ...rest.filter(Boolean)] };
}

/**
 * @param {Socket} socket
 * @param {Array} args of `connect`
 */
function connectByHost(socket, args) {
  if (hasBlockList || !socket.blockList) {
    host.connect.apply(socket, /** @type {*} */ (args));
    return;
  }
  const { problem, args: guarded } = withBlockList(socket.blockList, args);
  if (problem) failConnect(socket, problem);
  else host.connect.apply(socket, /** @type {*} */ (guarded));
}

/**
 * @param {Array} args of `connect`
 * @returns {Array} arguments that the host takes: its attempts are sequential
 */
function withBoolean(args) {
  const [options, ...rest] = normalized(args);
  if (options.autoSelectFamily !== SEQUENTIAL) return args;
  return [{ ...options, autoSelectFamily: true }, ...rest.filter(Boolean)];
}

/** @type {ThisType<Socket>} */
const members = {
  connect(...args) {
    const [options] = normalized(args);
    const connectTimeout = connectTimeoutOf(options);
    const proxyHeader = proxyHeaderOf(options);
    const signal = connectSignalOf(options, signals.get(this));
    const refused = refusal(this) ?? (proxyHeader && !hasHandles ? unavailable('proxyProtocol') : undefined);
    if (refused) return failConnect(this, refused);
    rememberHeader(this, proxyHeader);
    if (proxyHeader) this.prependOnceListener('connect', () => sendHeader(this));
    connectByHost(this, withBoolean(args));
    boundConnect(this, connectTimeout);
    abortConnect(this, signal);
    return this;
  },

  info() { return withoutConnection(this, 'info'); },
  originalDestination() { return withoutConnection(this, 'originalDestination'); },
  peerCredentials() { return withoutConnection(this, 'peerCredentials'); },
  sendFile,

  sendDescriptors() { throw unavailable('sendDescriptors'); },

  _destroy(error, callback) {
    removeConnection(this);
    host._destroy.call(this, error, callback);
  },
};

/**
 * @param {Socket} socket
 * @param {string} call
 * @returns {undefined}
 * @throws {TypeError} where the engine would ask the kernel
 */
function withoutConnection(socket, call) {
  if (socket._handle && !socket.connecting) throw unavailable(call);
}

for (const [name, { argument, check, method }] of Object.entries(KERNEL_OPTIONS)) {
  if (method === undefined) continue;
  Object.assign(members, /** @type {ThisType<Socket>} */ ({
    [`set${method}`](value) {
      check(value, /** @type {string} */ (argument));
      if (this._handle) throw unavailable(`set${method}`);
      ask(this, name, value);
      return this;
    },

    [`get${method}`]() {
      withoutConnection(this, `get${method}`);
      return asked(this, name);
    },
  }));
}

/**
 * Newer Nodes have these.
 * @type {ThisType<Socket>}
 */
const typeOfService = {
  setTypeOfService(tos) {
    validateInt32(tos, 'tos', 0, 255);
    if (this._handle) throw unavailable('setTypeOfService');
    ask(this, 'typeOfService', tos);
    return this;
  },

  getTypeOfService() {
    if (this._handle && !this.connecting) throw unavailable('getTypeOfService');
    return asked(this, 'typeOfService') ?? 0;
  },
};

/**
 * Newer Nodes also take an object, an interval and a count.
 * @type {ThisType<Socket>}
 */
const keepAlive = {
  setKeepAlive(enable, initialDelay, interval, count) {
    if (typeof enable === 'object' && enable !== null) {
      const options = enable;
      return this.setKeepAlive(options.enable, options.initialDelay, options.interval, options.count);
    }
    if (interval !== undefined) throw unavailable('interval');
    if (count !== undefined) throw unavailable('count');
    return host.setKeepAlive.call(this, enable, initialDelay);
  },
};

const added = { ...members, ...(!hasTypeOfService && typeOfService), ...(!hasKeepAliveOptions && keepAlive) };
for (const [name, value] of Object.entries(added)) {
  const known = Object.getOwnPropertyDescriptor(host, name);
  nameLike(value, known?.value);
  Object.defineProperty(Socket.prototype, name, {
    value, writable: true, configurable: true, enumerable: known?.enumerable ?? false,
  });
}

Object.defineProperty(Socket.prototype, 'isMptcp', { get: () => false, configurable: true });

module.exports = { Socket: /** @type {SocketClass} */ (/** @type {*} */ (Socket)), adopt };
