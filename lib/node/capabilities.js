'use strict';

// What rsnet uses of Node's inside. Node does not document it, so another version may not have it: each is looked for
// once, and what goes on without it stands in the table below, and in docs/architecture.md. One warning tells which
// are missing; RSNET_DEBUG=1 does, too, and lists all of them under NODE_DEBUG=rsnet.

// As a global it is a getter.
const process = require('process');
const { Duplex } = require('stream');
const { builtin } = require('./builtin');
const { nextTick } = require('./captured');

/**
 * @typedef {object} Capability
 * @property {string} member of Node that it stands on
 * @property {string} without what a program has to expect where that is missing
 */

/** @type {{[name: string]: Capability}} */
const table = {
  asyncIds: {
    member: 'async_id_symbol of AsyncResource',
    without: 'sockets and servers have no async id',
  },
  channels: {
    member: 'writeUtf8String of TCP and Pipe handles',
    without: 'a socket that is sent to another process gets a handle of the built-in, servers cannot be sent, and ' +
      'cluster does not deal out connections',
  },
  clusterServers: {
    member: 'cluster._getServer',
    without: 'each worker of a cluster listens for itself',
  },
  fastBuffer: {
    member: 'Buffer[Symbol.species]',
    without: 'small reads are copied once more',
  },
  hostHandles: {
    member: 'the handles of net.Socket',
    without: 'TLS and HTTP/2 read and write through the Socket, which is slower',
  },
  instanceOf: {
    member: 'net.Socket[Symbol.hasInstance]',
    without: 'sockets of rsnet do not count as instances of the built-in\'s classes',
  },
  loadedModules: {
    member: 'process.moduleLoadList',
    without: 'rsnet/register loads http, http2, tls and tty',
  },
  netEntries: {
    member: 'the performance entries of net.Socket',
    without: 'PerformanceObserver gets no entries of type net for connections of rsnet',
  },
  normalizedArgs: {
    member: 'net._normalizeArgs',
    without: 'connect does not know arguments that the built-in has normalized',
  },
  samples: {
    member: 'the option handle of net.Socket, with a handle made up',
    without: 'symbols of Node\'s sockets are not known',
  },
  serverHandles: {
    member: 'net._createServerHandle',
    without: 'the handles in which descriptors are sent are made in another way',
  },
  stdio: {
    member: 'ChildProcess.prototype.spawn',
    without: 'no socket of rsnet can be the stdio of a child process, and cluster does not deal out connections',
  },
  streamState: {
    member: 'the fields of readable._readableState',
    without: 'each read goes through readable.push, which is slower',
  },
  stringWriters: {
    member: 'Buffer.prototype.utf8Write, latin1Write and ucs2Write',
    without: 'strings are encoded by TextEncoder, which is slower',
  },
  ticks: {
    member: 'process._tickCallback',
    without: 'the events of sockets come one by one, which is slower; on the tokio backend, ticks wait for several',
  },
  tls: {
    member: 'TLSSocket.prototype._wrapHandle',
    without: 'TLS reads and writes through the Socket, which is slower',
  },
  transfer: {
    member: 'the symbols of util.transferableAbortSignal',
    without: 'sockets and servers cannot be transferred to other threads',
  },
  undestroy: {
    member: 'Duplex.prototype._undestroy',
    without: 'a socket that was destroyed cannot connect again',
  },
};

/** Whether each capability is there, as far as it was looked for. */
const found = new Map();

/** Those that are missing and no warning has told of yet. */
const untold = [];

/** On the host's Socket, for all copies of rsnet: of which capabilities a warning has told. */
const kTold = Symbol.for('rsnet.toldMissing');

/** @returns {Set<string>} the capabilities that a warning has told of */
function told() {
  if (!Object.hasOwn(builtin.Socket, kTold)) Object.defineProperty(builtin.Socket, kTold, { value: new Set() });
  return builtin.Socket[kTold];
}

/**
 * @param {string} name
 * @returns {string} what is missing, and what that means
 */
function describe(name) {
  const { member, without } = table[name];
  return `${member} is missing or has changed: ${without}`;
}

/** Tells of all that was found missing, in one line. */
function warn() {
  try {
    const names = untold.splice(0).filter((name) => !told().has(name));
    if (names.length === 0) return;
    for (const name of names) told().add(name);
    const text = `rsnet on Node ${process.version}: ${names.map(describe).join('; ')}`;
    process.emitWarning(text, { code: 'RSNET_DEGRADED' });
  } catch {
    // The program has frozen `net`, or this host has no warnings. RSNET_DEBUG=1 tells, too.
  }
}

/**
 * Other hosts than Node lack much of this from the start, and nothing has changed there.
 *
 * @returns {boolean} whether a missing capability is news
 */
function isNode() {
  return process.versions.bun === undefined && process.versions.deno === undefined;
}

/**
 * Notes whether a capability is there.
 *
 * @param {string} name in the table
 * @param {boolean} isPresent
 * @returns {boolean} the same
 */
function settle(name, isPresent) {
  const before = found.get(name);
  found.set(name, isPresent && before !== false);
  if (isPresent || before === false || !isNode()) return isPresent;
  if (untold.length === 0) nextTick(warn);
  untold.push(name);
  return isPresent;
}

/**
 * Looks for a capability.
 *
 * @template T
 * @param {string} name in the table
 * @param {function(): T} find gives what rsnet uses; false, null or undefined, or throws, where it is missing
 * @returns {T|undefined} that; undefined where it is missing
 */
function probe(name, find) {
  let value;
  try {
    value = find() || undefined;
  } catch {
    // The member is another one now.
  }
  settle(name, value !== undefined);
  return value;
}

/**
 * Puts a method before one of the host.
 *
 * @param {object|undefined} object that has it
 * @param {string|symbol} key
 * @param {function(Function): Function} wrap is given the host's method
 * @returns {boolean} whether that was possible; false where there is no such method, or it cannot be changed
 */
function replaceMethod(object, key, wrap) {
  const descriptor = object && Object.getOwnPropertyDescriptor(object, key);
  if (typeof descriptor?.value !== 'function') return false;
  return Reflect.defineProperty(object, key, { ...descriptor, value: wrap(descriptor.value) });
}

/** @returns {string[]} all that was looked for so far, and whether it is there */
function listed() {
  return [...found].map(([name, isPresent]) => `${isPresent ? 'present' : 'missing'}: ${table[name].member}`);
}

/** @returns {string[]} what was found missing so far, and what that means */
function missing() {
  return [...found.keys()].filter((name) => !found.get(name)).map(describe);
}

/** Runs what `process.nextTick` and promises have waiting; undefined where the host has nothing that does. */
const runTicks = probe('ticks', () => typeof process._tickCallback === 'function' && process._tickCallback);

/** The class of Buffers, where it copies bytes as any typed array does; undefined otherwise. */
const FastBuffer = probe('fastBuffer', () => {
  const Class = Buffer[Symbol.species];
  if (Class === Buffer) return undefined;
  const copy = new Class(new Uint8Array([1, 2]));
  return copy instanceof Buffer && copy.length === 2 && copy[1] === 2 && copy.buffer.byteLength === 2 && Class;
});

/** Makes a stream that was destroyed as good as new. */
const undestroy = probe('undestroy', () => typeof Duplex.prototype._undestroy === 'function' &&
  ((stream) => stream._undestroy())) ?? (() => {});

module.exports = { FastBuffer, listed, missing, probe, replaceMethod, runTicks, settle, undestroy };
