'use strict';

// What rsnet uses of Node's inside. Node does not document it, so another version may lack it. rsnet looks for each of
// these capabilities once; the table below, and docs/node-inside.md, say what happens without it. One warning, and the
// line of RSNET_DEBUG=1, name those that are missing. NODE_DEBUG=rsnet lists all.

// The global `process` is a getter: each use would call it.
const process = require('process');
const { Duplex } = require('stream');
const { builtin } = require('./builtin');
const { nextTick } = require('./captured');
const { sharedState } = require('./host-objects');

/**
 * @typedef {object} Capability
 * @property {string} member of Node
 * @property {string} without what a program has to expect where the member is missing
 */

/** @type {{[name: string]: Capability}} */
const table = {
  asyncIds: {
    member: 'async_id_symbol of AsyncResource',
    without: 'sockets and servers have no async id',
  },
  channels: {
    member: 'writeUtf8String and writeBuffer of TCP and Pipe handles',
    without: 'a socket that is sent to another process gets a handle of the built-in, servers cannot be sent, and ' +
      'cluster does not deal out connections',
  },
  clusterServers: {
    member: 'cluster._getServer',
    without: 'each worker of a cluster listens for itself',
  },
  exports: {
    member: 'net with the classes that derive from its own',
    without: 'rsnet/register leaves the built-in in place',
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
    without: 'sockets of rsnet do not count as instances of the built-in\'s classes; without ' +
      'rsnet/register they cannot be sent to other processes',
  },
  loadedModules: {
    member: 'process.moduleLoadList',
    without: 'rsnet/register loads rsnet at once, and http, http2, tls and tty',
  },
  netEntries: {
    member: 'the performance entries of net.Socket',
    without: 'PerformanceObserver gets no entries of type net for connections of rsnet',
  },
  normalizedArgs: {
    member: 'net._normalizeArgs',
    without: 'connect does not know arguments that the built-in has normalized',
  },
  pipes: {
    member: 'the listeners of readable.pipe',
    without: 'a pipe of two sockets goes through JavaScript, also in bulk',
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
    without: 'TLS reads and writes through the Socket, which is slower; without rsnet/register sockets cannot be ' +
      'sent to other processes',
  },
  tlsConnects: {
    member: 'the handle below that of a TLSSocket',
    without: 'the built-in alone makes the connections of tls.connect and https.request',
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

/** Whether each capability is there, for those that rsnet has looked for. */
const found = new Map();

/** Missing capabilities that the next warning names. */
const unwarned = [];

/** For `sharedState`: the capabilities that a warning has named. */
const kWarned = Symbol.for('rsnet.warnedMissing');

/** @returns {Set<string>} the capabilities that a warning has named */
function warned() {
  return sharedState(kWarned, () => new Set());
}

/**
 * @param {string} name
 * @returns {string} what is missing, and what that means
 */
function describe(name) {
  const { member, without } = table[name];
  return `${member} is missing or has changed: ${without}`;
}

/** Warns of all that were found missing, in one line. */
function warn() {
  try {
    const names = unwarned.splice(0).filter((name) => !warned().has(name));
    if (names.length === 0) return;
    // Node makes `stderr` by that class. Where it cannot, the warning would end the program.
    if (Object.isFrozen(builtin.Socket.prototype) && !process.stderr) return;
    for (const name of names) warned().add(name);
    const text = `rsnet on Node ${process.version}: ${names.map(describe).join('; ')}`;
    process.emitWarning(text, { code: 'RSNET_DEGRADED' });
  } catch {
    // The host has no warnings, or cannot print.
  }
}

/** @returns {boolean} whether to warn: Bun and Deno never had much of this */
function isNode() {
  return process.versions.bun === undefined && process.versions.deno === undefined;
}

/**
 * Records whether a capability is there. Once missing, it stays so.
 * @param {string} name in the table
 * @param {boolean} isPresent
 * @returns {boolean} `isPresent`
 */
function record(name, isPresent) {
  const before = found.get(name);
  found.set(name, isPresent && before !== false);
  if (isPresent || before === false || !isNode()) return isPresent;
  if (unwarned.length === 0) nextTick(warn);
  unwarned.push(name);
  return isPresent;
}

/**
 * Looks for a capability.
 * @template T
 * @param {string} name in the table
 * @param {() => T|false|null|undefined} find returns what rsnet uses; it returns a falsy value or throws where that is
 *   missing
 * @returns {T|undefined} the result of `find`; undefined where it is missing
 */
function probe(name, find) {
  let value;
  try {
    value = find() || undefined;
  } catch {
    // The member is not what it was.
  }
  record(name, value !== undefined);
  return value;
}

/** @returns {string[]} a line for each capability that rsnet has looked for */
function listed() {
  return [...found].map(([name, isPresent]) => `${isPresent ? 'present' : 'missing'}: ${table[name].member}`);
}

/** @returns {string[]} what is missing, and what that means */
function missing() {
  return [...found.keys()].filter((name) => !found.get(name)).map(describe);
}

/** Runs the queues of `process.nextTick` and of promise jobs; undefined where the host has no such function. */
const runTicks = probe('ticks', () => typeof process._tickCallback === 'function' && process._tickCallback);

/** The class of Buffers, if its constructor copies a typed array; undefined otherwise. */
const FastBuffer = probe('fastBuffer', () => {
  const Class = Buffer[Symbol.species];
  if (Class === Buffer) return undefined;
  const copy = new Class(new Uint8Array([1, 2]));
  return copy instanceof Buffer && copy.length === 2 && copy[1] === 2 && copy.buffer.byteLength === 2 && Class;
});

/** Resets a destroyed stream, so that `connect` can use it again. */
const undestroy = probe('undestroy', () => typeof Duplex.prototype._undestroy === 'function' &&
  ((stream) => stream._undestroy())) ?? (() => {});

module.exports = { FastBuffer, listed, missing, probe, record, runTicks, undestroy };
