'use strict';

// Sockets of rsnet's class that the built-in runs: those on a FIFO, and on a handle that is not rsnet's (of TLS, of a
// terminal, or made by the program). Only the built-in knows how to read from such a handle. So the built-in's
// constructor sets the Socket up, and the members of rsnet's prototype call the built-in's for it.

const { builtin } = require('./builtin');
const { membersOf } = require('./mirror-members');
const { hookClasses } = require('./patches');
const { isHandleKnown, kHostBytesRead } = require('./private-symbols');

/** The members of the built-in's prototype. */
const hostMembers = membersOf(builtin.Socket.prototype);

/**
 * @param {object} socket of rsnet's class
 * @returns {boolean} whether the built-in runs it, by the counter that the built-in's constructor sets
 */
function isHostRun(socket) {
  return socket[kHostBytesRead] !== undefined;
}

/**
 * Calls the built-in's constructor on a new socket.
 * @param {object} socket of rsnet's class
 * @param {object|number} options of the constructor
 */
function runByHost(socket, options) {
  // Otherwise `this` is no instance for the built-in's constructor, and it makes another socket.
  const prototype = hookClasses() ? undefined : Object.getPrototypeOf(socket);
  // The constructor may call methods, which ask `isHostRun`.
  socket[kHostBytesRead] = 0;
  if (prototype) Object.setPrototypeOf(socket, builtin.Socket.prototype);
  try {
    Reflect.apply(builtin.Socket, socket, [options]);
  } finally {
    if (prototype) Object.setPrototypeOf(socket, prototype);
  }
}

/**
 * The built-in's `connect`. It sets `socket.write` back to that of the built-in's prototype after the peer had ended
 * the connection. Without that property the socket has rsnet's.
 * @this {import('net').Socket}
 * @param {...*} args
 * @returns {import('net').Socket} this
 */
function hostConnect(...args) {
  const result = Reflect.apply(hostMembers.connect.value, this, args);
  if (Object.hasOwn(this, 'write') && this.write === builtin.Socket.prototype.write) {
    delete /** @type {Partial<typeof this>} */ (this).write;
  }
  return result;
}

/**
 * Members on hot paths. rsnet's own handle both kinds of sockets.
 * @type {Set<string|symbol>}
 */
const SHARED = new Set(['_handle', '_unrefTimer', '_write', '_writeGeneric', '_writev']);

/**
 * @param {Function} [own] rsnet's
 * @param {Function} [host] the built-in's
 * @returns {Function|undefined} a function that calls the one for the socket's kind
 */
function shared(own, host) {
  if (own === host || typeof own !== 'function' || typeof host !== 'function') return own;
  return {
    method(...args) { return Reflect.apply(isHostRun(this) ? host : own, this, args); },
  }.method;
}

/**
 * Makes members that serve both kinds of sockets. Those that only the built-in has are added as they are.
 * @param {PropertyDescriptorMap} members of rsnet's prototype
 * @param {PropertyDescriptorMap} replaced what takes the place of the built-in's members
 * @returns {PropertyDescriptorMap}
 */
function withHostMembers(members, replaced) {
  const all = { ...hostMembers };
  delete /** @type {{constructor?: *}} */ (all).constructor;
  for (const key of Reflect.ownKeys(members)) {
    if (SHARED.has(key)) {
      // Where kHandle is unknown, only the built-in's accessor finds the handle for its code.
      if (key !== '_handle' || isHandleKnown) all[key] = members[key];
      continue;
    }
    const host = replaced[key] ?? hostMembers[key];
    all[key] = { ...members[key] };
    for (const part of ['value', 'get', 'set']) {
      if (part in all[key]) all[key][part] = shared(all[key][part], host?.[part]);
    }
  }
  return all;
}

module.exports = { hostConnect, hostMembers, isHostRun, runByHost, withHostMembers };
