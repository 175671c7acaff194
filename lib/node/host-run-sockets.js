'use strict';

// Sockets of rsnet's class that the built-in runs.
//
// A handle that rsnet does not know (of TLS, of a terminal, one that a program has made up) and a FIFO speak the
// built-in's inner protocol. The Socket of one is what the program has made, of a derived class perhaps, but it is set
// up by the built-in's constructor, and the members of rsnet's prototype leave it to the built-in's.

const { builtin } = require('./builtin');
const { hookClasses } = require('./patches');
const { isHandleKnown, kHostBytesRead } = require('./private-symbols');

/** The built-in's members as they were on loading. */
const hostMembers = Object.getOwnPropertyDescriptors(builtin.Socket.prototype);

/**
 * @param {object} socket of rsnet's class
 * @returns {boolean} whether the built-in's constructor has set it up, and so its counter of what was read
 */
function isHostRun(socket) {
  return socket[kHostBytesRead] !== undefined;
}

/**
 * Sets a new socket up as the built-in's.
 *
 * @param {object} socket of rsnet's class
 * @param {object|number} options of the constructor
 */
function runByHost(socket, options) {
  // The built-in's constructor would make another socket where `this` is none of its own.
  hookClasses();
  // Set from the start, as the constructor may call methods.
  socket[kHostBytesRead] = 0;
  Reflect.apply(builtin.Socket, socket, [options]);
}

/**
 * `connect` of the built-in. It takes away the `write` of a socket that the other party had ended, by putting that of
 * its own prototype in place; here, the one of rsnet's is meant, which a program may have replaced.
 *
 * @this {object}
 * @param {...*} args
 * @returns {object} this
 */
function hostConnect(...args) {
  const result = Reflect.apply(hostMembers.connect.value, this, args);
  if (Object.hasOwn(this, 'write') && this.write === builtin.Socket.prototype.write) delete this.write;
  return result;
}

/** Members that serve all sockets by themselves: they are called for each write and read. */
const SHARED = new Set(['_handle', '_unrefTimer', '_write', '_writeGeneric', '_writev']);

/**
 * @param {Function} [own] of rsnet
 * @param {Function} [host] the counterpart of the built-in
 * @returns {Function|undefined} one that does what each socket needs
 */
function shared(own, host) {
  if (own === host || typeof own !== 'function' || typeof host !== 'function') return own;
  return {
    method(...args) { return Reflect.apply(isHostRun(this) ? host : own, this, args); },
  }.method;
}

/**
 * Completes the members of rsnet's prototype, so that they serve the sockets that the built-in runs, too. Those that
 * only the built-in has (of a newer version, or for Node's own modules) are there as they are.
 *
 * @param {{[name: string]: PropertyDescriptor}} members
 * @returns {{[name: string]: PropertyDescriptor}}
 */
function withHostMembers(members) {
  const all = { ...hostMembers };
  delete all.constructor;
  for (const key of Reflect.ownKeys(members)) {
    if (SHARED.has(key)) {
      // The host's code looks for the handle where its own accessor has it.
      if (key !== '_handle' || isHandleKnown) all[key] = members[key];
      continue;
    }
    const host = key === 'connect' ? { value: hostConnect } : hostMembers[key];
    all[key] = { ...members[key] };
    for (const part of ['value', 'get', 'set']) {
      if (part in all[key]) all[key][part] = shared(all[key][part], host?.[part]);
    }
  }
  return all;
}

module.exports = { hostMembers, isHostRun, runByHost, withHostMembers };
