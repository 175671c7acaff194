'use strict';

// What a program can do with a socket. Each operation is given (world, actor, ...arguments) and returns what the call
// returned; what the call throws is written down by perform.js.

const fs = require('node:fs');
const { Writable } = require('node:stream');
const { content } = require('./random');

/** Whether the host's streams take views of all kinds. */
const TAKES_VIEWS = takesViews();

/** How long the timeout of the operation 'shortTimeout' is, in milliseconds. */
const SHORT_TIMEOUT = 2;

/** Text in which characters take one to four bytes of UTF-8. */
const WIDE = 'a\u00e9\u20ac\u{1f600}';

/** What programs hand over where something else is expected. */
const ODD_VALUES = {
  null: null, undefined, number: 5, negative: -1, fraction: 1.5, nan: NaN, infinite: Infinity, true: true, object: {},
  array: [1], text: 'no', empty: '', function() {}, symbol: Symbol('odd'), bigint: 5n, large: 2 ** 40,
};

/** @returns {boolean} whether a stream takes a view that is no Uint8Array */
function takesViews() {
  try {
    return new Writable({ write() {} }).write(new Uint16Array(1));
  } catch {
    return false;
  }
}

/**
 * Data to write, and the bytes it stands for.
 *
 * @param {object} actor whose stream goes on
 * @param {number} size bytes
 * @param {string} form 'buffer', 'uint8array', 'wide' or an encoding
 * @returns {{value: any, encoding: string | undefined, bytes: Buffer}}
 */
function makeData(actor, size, form) {
  if (form === 'wide') {
    const value = WIDE.repeat(Math.ceil(size / 10));
    return { value, encoding: 'utf8', bytes: Buffer.from(value) };
  }
  const bytes = content(actor.name.charCodeAt(0), actor.written, size);
  if (form === 'buffer') return { value: bytes, encoding: undefined, bytes };
  if (form === 'uint8array') return { value: new Uint8Array(bytes), encoding: undefined, bytes };
  if (form === 'uint16array' || form === 'dataview') {
    const even = size - size % 2;
    const { buffer } = new Uint8Array(bytes);
    const value = form === 'dataview' ? new DataView(buffer, 0, even) : new Uint16Array(buffer, 0, even / 2);
    return { value, encoding: undefined, bytes: TAKES_VIEWS ? bytes.subarray(0, even) : bytes.subarray(0, 0) };
  }
  const value = bytes.toString(form);
  return { value, encoding: form, bytes: Buffer.from(value, form) };
}

/**
 * Notes bytes for the check at the other end, if the stream takes them.
 *
 * @param {object} actor
 * @param {Buffer} bytes
 */
function note(actor, bytes) {
  const { socket } = actor;
  if (socket.destroyed || socket.writableEnded || socket.errored) return;
  actor.written += bytes.length;
  if (actor.outgoing) actor.outgoing.send(bytes);
  else actor.early.push(bytes);
}

/**
 * A callback that writes itself down.
 *
 * @param {import('./world').World} world
 * @param {object} actor
 * @param {string} label
 * @returns {Function}
 */
function callback(world, actor, label) {
  actor.pendingCallbacks += 1;
  return (...args) => {
    actor.pendingCallbacks -= 1;
    world.record(actor.name, 'event', `${label} callback`, args);
  };
}

/**
 * Where a socket is piped to.
 *
 * @param {string} pace 'fast', 'slow' (each write ends in a later turn) or 'small' (it wants to be waited for at once)
 * @param {(chunk: Buffer) => void} take gets what arrives
 * @returns {Writable}
 */
function makeSink(pace, take) {
  return new Writable({
    highWaterMark: pace === 'small' ? 1 : undefined,
    write(chunk, encoding, done) {
      take(chunk);
      if (pace === 'fast') done();
      else setImmediate(done);
    },
  });
}

const writing = {
  write(world, actor, size, form, withCallback) {
    const { value, encoding, bytes } = makeData(actor, size, form);
    note(actor, bytes);
    const args = [value];
    if (encoding !== undefined) args.push(encoding);
    if (withCallback) args.push(callback(world, actor, 'write'));
    return actor.socket.write(...args);
  },
  writeOdd: (world, actor, odd) => actor.socket.write(ODD_VALUES[odd], callback(world, actor, 'odd write')),
  writeEncoding(world, actor, encoding) {
    if (encoding !== 'no-such') note(actor, Buffer.from('text', encoding || 'utf8'));
    return actor.socket.write('text', encoding);
  },
  cork: (world, actor) => actor.socket.cork(),
  uncork: (world, actor) => actor.socket.uncork(),
  end(world, actor, size, form, withCallback) {
    const args = [];
    if (size > 0) {
      const { value, encoding, bytes } = makeData(actor, size, form);
      note(actor, bytes);
      args.push(value);
      if (encoding !== undefined) args.push(encoding);
    }
    if (withCallback) args.push(callback(world, actor, 'end'));
    return actor.socket.end(...args);
  },
  endOdd: (world, actor, odd) => actor.socket.end(ODD_VALUES[odd]),
  /** Writes to the descriptor itself, behind all that was written before. */
  writeRaw(world, actor, size) {
    const { socket } = actor;
    const { _handle: handle } = socket;
    // What waits in JavaScript, or for the kernel, is not on its way yet.
    if (socket.connecting || !handle || !actor.outgoing || socket.writableEnded || socket.writableLength > 0 ||
      handle.writeQueueSize > 0) return 'left out';
    const bytes = content(actor.name.charCodeAt(0), actor.written, size);
    try {
      const sent = fs.writeSync(handle.fd, bytes);
      note(actor, bytes.subarray(0, sent));
      return sent;
    } catch {
      // Which error comes first is open where the peer has gone.
      return 'refused';
    }
  },
  /** The thread does nothing for a while; what was written is on its way all the same. */
  block() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
    return undefined;
  },
  defaultEncoding: (world, actor, encoding) => actor.socket.setDefaultEncoding(encoding),
};

const reading = {
  pause: (world, actor) => actor.socket.pause(),
  resume: (world, actor) => actor.socket.resume(),
  read(world, actor, size) {
    const chunk = size === undefined ? actor.socket.read() : actor.socket.read(size);
    if (typeof chunk !== 'string' && !Buffer.isBuffer(chunk)) return chunk;
    // With a 'data' listener, read() has already handed it over there.
    return `${typeof chunk} of ${chunk.length}`;
  },
  encoding: (world, actor, encoding) => actor.socket.setEncoding(encoding),
  listenForData(world, actor) {
    // Only one listener writes down what comes: with two, their records would mix by chunks.
    const records = actor.config.reader === 'none' && !actor.listensForData;
    actor.listensForData = true;
    return actor.socket.on('data', (chunk) => { if (records) world.recordData(actor, chunk); });
  },
  removeDataListeners: (world, actor) => actor.socket.removeAllListeners('data'),
  readOdd: (world, actor, odd) => {
    const chunk = actor.socket.read(ODD_VALUES[odd]);
    return typeof chunk === 'string' || Buffer.isBuffer(chunk) ? `${typeof chunk} of ${chunk.length}` : chunk;
  },
  unshift: (world, actor, size) => actor.socket.unshift(Buffer.alloc(size, 'u')),
  pipe(world, actor, pace) {
    const records = actor.config.reader === 'none' && !actor.listensForData;
    actor.listensForData = true;
    return actor.socket.pipe(makeSink(pace, (chunk) => { if (records) world.recordData(actor, chunk); }));
  },
  unpipe: (world, actor) => actor.socket.unpipe(),
  once(world, actor, event) {
    const length = (value) => (value?.length === undefined ? value : 'data');
    return actor.socket.once(event, (...args) => world.record(actor.name, 'event', `once ${event}`, args.map(length)));
  },
};

const ending = {
  destroy(world, actor, withError) {
    if (!withError) return actor.socket.destroy();
    const error = new Error('chosen');
    world.own(error, actor.name);
    return actor.socket.destroy(error);
  },
  destroySoon: (world, actor) => actor.socket.destroySoon(),
  // After end() it may leave the connection open, and the built-in then throws when data comes.
  reset: (world, actor) => (actor.socket.writableEnded ? 'left out' : actor.socket.resetAndDestroy()),
  dispose(world, actor) {
    const told = (label) => (value) => world.record(actor.name, 'event', label, [value]);
    actor.socket[Symbol.asyncDispose]().then(told('disposed'), told('not disposed'));
    return undefined;
  },
  abort(world, actor) {
    return actor.controller ? actor.controller.abort() : 'no signal';
  },
};

const options = {
  timeout(world, actor, milliseconds, withCallback) {
    const args = withCallback ? [callback(world, actor, 'timeout')] : [];
    if (withCallback) actor.pendingCallbacks -= 1;
    return actor.socket.setTimeout(milliseconds, ...args);
  },
  timeoutOdd: (world, actor, odd) => actor.socket.setTimeout(ODD_VALUES[odd]),
  timeoutOddCallback: (world, actor, odd) => actor.socket.setTimeout(1e6, ODD_VALUES[odd]),
  shortTimeout(world, actor) {
    actor.shortTimeout = true;
    return actor.socket.setTimeout(SHORT_TIMEOUT);
  },
  noDelay: (world, actor, ...args) => actor.socket.setNoDelay(...args),
  keepAlive: (world, actor, ...args) => actor.socket.setKeepAlive(...args),
  ref: (world, actor) => actor.socket.ref(),
  unref: (world, actor) => actor.socket.unref(),
  address: (world, actor) => actor.socket.address(),
  halfOpen(world, actor, allowed) {
    actor.socket.allowHalfOpen = allowed;
    return undefined;
  },
  handleCall(world, actor, name) {
    const handle = actor.socket._handle;
    if (!handle) return 'no handle';
    if (name === 'fd') return handle.fd >= 0;
    const out = {};
    const result = name.startsWith('get') && handle[name] ? handle[name](out) : handle[name]?.(true);
    return [result, out];
  },
};

/** Lookup functions for the option `lookup`, by name. Each answers in a later tick unless its name says otherwise. */
const LOOKUPS = {
  one: (host, opts, done) => process.nextTick(() => (opts.all
    ? done(null, [{ address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4))),
  sync: (host, opts, done) => (opts.all
    ? done(null, [{ address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4)),
  both: (host, opts, done) => process.nextTick(() => (opts.all
    ? done(null, [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4))),
  fails: (host, opts, done) => process.nextTick(() => done(Object.assign(new Error('no name'), { code: 'ENOTFOUND' }))),
  badFamily: (host, opts, done) => process.nextTick(() => (opts.all
    ? done(null, [{ address: '127.0.0.1', family: 5 }])
    : done(null, '127.0.0.1', 5))),
  badAddress: (host, opts, done) => process.nextTick(() => (opts.all
    ? done(null, [{ address: 'nowhere', family: 4 }])
    : done(null, 'nowhere', 4))),
};

/**
 * Where the program's server listens, as `connect` takes it.
 *
 * @param {import('./world').World} world
 * @returns {object}
 */
function target(world) {
  if (world.names.path) return { path: world.names.path };
  return { host: world.program.transport === 'tcp6' ? '::1' : '127.0.0.1', port: world.names.port };
}

/**
 * Whether a connect is to be left out:
 * - The socket still has a handle of the other kind. The built-in then ends the process with a failed assertion, or
 *   throws a TypeError from its inside where nobody can catch it, so there is nothing to compare.
 * - The name 'localhost' is, or would be, looked up beside something else. A thread does that, at its own time.
 * - One of two connects at once has several addresses. The built-in then fails with an assertion of its own.
 * - The first of two connects at once goes to a path where nothing is. The built-in then reads before it is connected,
 *   and takes the ENOTCONN for the end.
 * - The socket has just been destroyed without an error: whether its 'close' or the new connection comes first is open.
 * - It was destroyed while it connected, and has not closed: by a call, or by an error that is not that connect's own
 *   (a write after its end, a second connect). The built-in then fails with an assertion of its own.
 *
 * @param {object} actor
 * @param {object} where what connect is given
 * @param {string} [lookup] a key of LOOKUPS
 * @returns {boolean}
 */
function isLeftOut(actor, where, lookup) {
  const { _handle, closed, connecting, destroyed } = actor.socket;
  const looksUp = !where.path && !where.host;
  const told = (event) => actor.seen.has(event);
  if (destroyed && !closed && !told('error')) return true;
  if (destroyed && actor.attempts > 0) return true;
  if (destroyed && !told('connect') && !told('error') && !told('close')) return true;
  if (looksUp ? connecting || _handle || destroyed : connecting && actor.looksUp) return true;
  if (_handle && (_handle.constructor.name === 'Pipe') !== Boolean(where.path)) return true;
  if (connecting && (lookup === 'both' || actor.lookup === 'both' || actor.isMissing)) return true;
  // A third connect beside two others: the built-in may fail with an assertion.
  if (connecting && actor.overlaps) return true;
  // A port that is refused when the socket counts as new again: timing decides if its last attempt's end is told.
  if (where.port > 65535 && actor.overlaps !== undefined) return true;
  actor.overlaps = connecting;
  actor.isMissing = false;
  actor.looksUp = looksUp;
  actor.lookup = lookup;
  return false;
}

const connecting = {
  connect(world, actor, form, extra = {}) {
    const where = target(world);
    if (isLeftOut(actor, where, extra.lookup)) return 'left out';
    const opts = { ...extra };
    if (extra.lookup) opts.lookup = LOOKUPS[extra.lookup];
    actor.seen.clear();
    actor.connectedIn = world.step;
    actor.port = undefined;
    // A socket that has a connection keeps it, and what it writes goes there.
    const keepsPeer = actor.outgoing && actor.socket._handle;
    if (!keepsPeer && !world.unpaired.includes(actor)) {
      actor.early = [];
      actor.outgoing = undefined;
      world.unpaired.push(actor);
    }
    const done = callback(world, actor, 'connect');
    actor.pendingCallbacks -= 1;
    if (form === 'positional') {
      return where.path ? actor.socket.connect(where.path, done) : actor.socket.connect(where.port, where.host, done);
    }
    if (form === 'silent') return actor.socket.connect({ ...where, ...opts });
    return actor.socket.connect({ ...where, ...opts }, done);
  },
  /** Where nothing listens, or what is no place at all. */
  connectTo(world, actor, where) {
    if (isLeftOut(actor, where)) return 'left out';
    actor.isMissing = where.path === 'missing';
    const path = where.path === 'missing' ? { path: `${world.names.path ?? '/nowhere'}-missing` } : {};
    return actor.socket.connect({ ...where, ...path });
  },
  connectOdd: (world, actor, odd) => actor.socket.connect(ODD_VALUES[odd]),
  connectOddPort(world, actor, odd) {
    return isLeftOut(actor, {}) ? 'left out' : actor.socket.connect({ port: ODD_VALUES[odd] });
  },
  connectOddOption(world, actor, key, odd) {
    const where = { ...target(world), [key]: ODD_VALUES[odd] };
    return isLeftOut(actor, where) ? 'left out' : actor.socket.connect(where);
  },
};

const socketOperations = { ...writing, ...reading, ...ending, ...options, ...connecting };

module.exports = { ODD_VALUES, callback, socketOperations };
