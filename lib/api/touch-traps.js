'use strict';

// Notices that anybody touches the streams or the handles of two sockets, before he sees or changes anything.
//
// The states of a stream, and its table of listeners, have a Proxy in their place for a while. Sockets and handles get
// a prototype with accessors. The first one that is called takes all of them away, and then does what it was called
// for. Properties of the sockets themselves do not change, since V8 would keep such an object in a slower form.

const { inspect } = require('util');
const { kHandle } = require('../handle/socket-symbols');
const { kRelay } = require('../handle/symbols');

/** What all that Node does with a stream begins with. */
const STATE_OF_SOURCE = ['_events', '_readableState'];
const STATE_OF_DESTINATION = ['_events', '_writableState'];

/** Members of sockets: whoever reads them looks at the socket, or does something with its connection. */
const OF_SOCKET = ['_handle', inspect.custom];

/** What a program may replace so as to see each chunk. Reading these has no meaning. */
const PATCHED_AT_SOURCE = ['emit', 'push', 'read', '_read', 'pause', 'resume', '_unrefTimer'];
const PATCHED_AT_DESTINATION = ['emit', 'write', '_write', '_writev', '_writeGeneric', '_unrefTimer'];

/** Members of handles. */
const OF_BOTH = ['fd', 'dup', 'close', 'reset', 'isStreamBase'];
const OF_READER = ['readStart', 'readStop', 'bytesRead', 'onread', 'hasPendingRead', 'mayHaveReadAhead',
  'useUserBuffer', 'setReadCap'];
const OF_WRITER = ['writeBuffer', 'writeUtf8String', 'writeLatin1String', 'writeAsciiString', 'writeUcs2String',
  'writev', 'shutdown', 'bytesWritten', 'writeQueueSize'];

/** For each prototype: those with accessors, by the role. */
const trapping = new WeakMap();

/**
 * @param {object} prototype of a handle or a socket
 * @param {{reads: boolean, writes: boolean}} role
 * @param {() => object} make returns one with accessors
 * @returns {object} what `make` has returned for that prototype and role
 */
function trappingPrototype(prototype, { reads, writes }, make) {
  if (!trapping.has(prototype)) trapping.set(prototype, new Map());
  const byRole = trapping.get(prototype);
  const role = Number(reads) + 2 * Number(writes);
  if (!byRole.has(role)) byRole.set(role, make());
  return byRole.get(role);
}

/**
 * @param {object} prototype
 * @param {Array<string|symbol>} names of members that end the relay
 * @param {(object: object) => *} relayOf finds it by the object with that prototype
 * @param {Array<string|symbol>} [patched] names of members that end the relay if they are replaced
 * @returns {object} a prototype that derives from `prototype`
 */
function withAccessors(prototype, names, relayOf, patched = []) {
  const own = Object.create(prototype);
  for (const name of [...names, ...patched]) {
    const mayBeRead = patched.includes(name);
    Object.defineProperty(own, name, {
      get() {
        if (!mayBeRead) relayOf(this)?.giveBack();
        return Reflect.get(prototype, name, this);
      },
      set(value) {
        relayOf(this)?.giveBack();
        Reflect.set(prototype, name, value, this);
      },
      configurable: true,
      enumerable: false,
    });
  }
  return own;
}

/**
 * @param {AnyHandle} handle
 * @param {{reads: boolean, writes: boolean}} role
 * @returns {object} the prototype that it gets
 */
function handlePrototype(handle, role) {
  const prototype = Object.getPrototypeOf(handle);
  return trappingPrototype(prototype, role, () => {
    const names = [...OF_BOTH, ...(role.reads ? OF_READER : []), ...(role.writes ? OF_WRITER : [])];
    return withAccessors(prototype, names, (self) => self[kRelay]);
  });
}

/**
 * @param {Socket} socket
 * @param {{reads: boolean, writes: boolean}} role
 * @returns {object} the prototype that it gets
 */
function socketPrototype(socket, role) {
  const prototype = Object.getPrototypeOf(socket);
  return trappingPrototype(prototype, role, () => {
    const patched = [...(role.reads ? PATCHED_AT_SOURCE : []), ...(role.writes ? PATCHED_AT_DESTINATION : [])];
    return withAccessors(prototype, OF_SOCKET, (self) => self[kHandle]?.[kRelay], [...new Set(patched)]);
  });
}

/**
 * @param {{reads: boolean, writes: boolean}} role
 * @returns {string[]} the names of a socket's properties that have a Proxy in their place
 */
function statesOf({ reads, writes }) {
  return [...new Set([...(reads ? STATE_OF_SOURCE : []), ...(writes ? STATE_OF_DESTINATION : [])])];
}

/** Traps on two sockets and their handles. */
class TouchTraps {
  /** @param {() => void} onTouch is called by the first one, behind `release` */
  constructor(onTouch) {
    /** Properties that are replaced: object, name, value, Proxy. */
    this.states = [];
    /** Objects, and the prototypes that they had and have. */
    this.prototypes = [];
    /** For each operation of a Proxy, the ordinary one behind `onTouch`. The receiver is the object itself. */
    this.operations = {};
    for (const name of Object.getOwnPropertyNames(Reflect)) {
      const operate = (target, ...args) => {
        this.release();
        onTouch();
        const count = { get: 1, set: 2 }[name] ?? args.length;
        return Reflect[name](target, ...args.slice(0, count));
      };
      this.operations[name] = operate;
    }
  }

  /**
   * @param {Socket} socket
   * @param {AnyHandle} handle its handle
   * @param {{reads: boolean, writes: boolean}} role whether the relay reads it, and whether it writes to it
   */
  set(socket, handle, role) {
    for (const name of statesOf(role)) {
      const value = socket[name];
      const proxy = new Proxy(value, this.operations);
      socket[name] = proxy;
      this.states.push([socket, name, value, proxy]);
    }
    for (const [object, next] of [[socket, socketPrototype(socket, role)], [handle, handlePrototype(handle, role)]]) {
      this.prototypes.push([object, Object.getPrototypeOf(object), next]);
      Object.setPrototypeOf(object, next);
    }
  }

  /** Whether all of them are in their places. */
  get areSet() {
    return this.states.every(([socket, name, , proxy]) => socket[name] === proxy) &&
      this.prototypes.every(([object, , next]) => Object.getPrototypeOf(object) === next);
  }

  /** Takes all of them away. What somebody has replaced stays. */
  release() {
    for (const [socket, name, value, proxy] of this.states.splice(0)) if (socket[name] === proxy) socket[name] = value;
    for (const [object, before, next] of this.prototypes.splice(0)) {
      if (Object.getPrototypeOf(object) === next) Object.setPrototypeOf(object, before);
    }
  }
}

/**
 * @param {Socket} socket
 * @param {{reads: boolean, writes: boolean}} role as for TouchTraps.set
 * @returns {boolean} whether its properties can be replaced, and nobody else has done so
 */
function canTrap(socket, role) {
  const isPlain = (name) => {
    const { configurable, writable } = Object.getOwnPropertyDescriptor(socket, name) ?? {};
    return configurable === true && writable === true;
  };
  const isAbsent = (name) => !Object.hasOwn(socket, name);
  if (!Object.isExtensible(socket) || !isAbsent('_handle') || inspect.custom in socket) return false;
  const patched = [...(role.reads ? PATCHED_AT_SOURCE : []), ...(role.writes ? PATCHED_AT_DESTINATION : [])];
  return statesOf(role).every(isPlain) && patched.every(isAbsent);
}

module.exports = { TouchTraps, canTrap };
