'use strict';

// The Socket of the host, with the members and options that rsnet's has. What needs the engine is refused.

const { builtin } = require('../node/builtin');
const { validateInt32, validateString } = require('../node/validators');
const { nameLike } = require('../node/mirror-members');
const { checkedOptions, setBlockList } = require('../api/constructor-options');
const { blocked, guardedLookup } = require('./block-list');
const { BoundSocket, consumed } = require('./bound-socket');
const { hasBlockList, hasKeepAliveOptions, hasTypeOfService } = require('./host');
const { ask, asked, failConnect, refusal, unavailable } = require('./unavailable');

const HostSocket = builtin.Socket;
const host = HostSocket.prototype;

/**
 * A TCP or Unix-domain socket as a stream. See "Class: net.Socket" in Node's documentation.
 *
 * @class
 * @param {object|number} [options] or a descriptor
 * @throws {TypeError|RangeError} for bad options
 */
function Socket(options) {
  if (!isSocket(this)) {
    if (this instanceof HostSocket) return HostSocket.call(this, options);
    return new Socket(options);
  }
  const settings = checkedOptions(options);
  const isBound = settings.handle instanceof BoundSocket;
  if (isBound) {
    settings.handle = consumed(settings.handle);
    // There is nothing to read before it connects.
    settings.manualStart = true;
  }
  HostSocket.call(this, settings);
  ask(this, 'congestionControl', settings.congestionControl);
  if (!hasTypeOfService) ask(this, 'typeOfService', settings.typeOfService);
  if (!hasBlockList && settings.blockList) setBlockList(this, settings.blockList);
  const problem = refusal(this);
  if (problem && this._handle && !isBound) this.destroy(problem);
}
Object.setPrototypeOf(Socket.prototype, host);
Object.setPrototypeOf(Socket, HostSocket);

/**
 * @param {*} value
 * @returns {boolean} whether it was made by this class, or by one derived from it
 */
function isSocket(value) {
  return Object.prototype.isPrototypeOf.call(Socket.prototype, value);
}

// The host's sockets (terminals, TLS) count as instances too, as they do where rsnet's engine runs.
Object.defineProperty(Socket, Symbol.hasInstance, {
  value(instance) {
    return Function.prototype[Symbol.hasInstance].call(this, instance) ||
      (this === Socket && instance instanceof HostSocket);
  },
});

/**
 * Gives a socket that the host has made the members of rsnet's.
 * @param {object} socket which a Server of the host has accepted
 */
function adopt(socket) {
  if (Object.getPrototypeOf(socket) === host) Object.setPrototypeOf(socket, Socket.prototype);
}

/**
 * @param {object} list a net.BlockList
 * @param {Array} args of `connect`
 * @returns {{problem: Error|undefined, args: Array}} why it may not connect; arguments with which it minds the list
 */
function minding(list, args) {
  const isNormalized = Array.isArray(args[0]);
  const [options, ...rest] = isNormalized ? args[0] : builtin._normalizeArgs(args);
  if (options.path != null) return { problem: undefined, args };
  const { host: name, lookup } = options;
  const guarded = { ...options };
  // The host says of anything else that it is none.
  if (lookup == null || typeof lookup === 'function') guarded.lookup = guardedLookup(list, lookup ?? undefined);
  return { problem: blocked(list, name), args: [guarded, ...rest.filter(Boolean)] };
}

const members = {
  connect(...args) {
    const refused = refusal(this);
    if (refused) return failConnect(this, refused);
    if (hasBlockList || !this.blockList) return host.connect.apply(this, args);
    const { problem, args: guarded } = minding(this.blockList, args);
    return problem ? failConnect(this, problem) : host.connect.apply(this, guarded);
  },

  setCongestionControl(name) {
    validateString(name, 'name');
    if (this._handle) throw unavailable('setCongestionControl');
    ask(this, 'congestionControl', name);
    return this;
  },

  getCongestionControl() {
    if (this._handle && !this.connecting) throw unavailable('getCongestionControl');
    return asked(this, 'congestionControl');
  },
};

/** Members of newer Nodes. */
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

/** As newer Nodes have it. */
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

module.exports = { Socket, adopt };
