'use strict';

// rsnet's connections for the parts of Node that are written in C++ and take only streams of C++: TLS, HTTP/2.
//
// Node has one such stream whose inside is JavaScript: JSStream. So a handle gets a counterpart, a JSStream with all
// members of the handle, and from then on the counterpart stands for the handle: as `socket._handle`, and as what the
// consumer reads from and writes to.

const { Duplex } = require('stream');
const { getBridge } = require('./bridge');
const { setImmediate } = require('./captured');
const { kStreamBase } = require('./handle-symbols');
const { onStreamRead } = require('./host-internals');
const { onHandleRead } = require('./socket-io');
const { HTTP2, Units } = require('./stream-units');
const { ShutdownReq, WriteReq } = require('./requests');
const { owner_symbol } = require('./symbols');
const { UV_EOF, UV_EPIPE } = require('./uv');

const kHandle = Symbol('kHandle');
const kOnRead = Symbol('kOnRead');
const kUnclaimed = Symbol('kUnclaimed');
const kUnits = Symbol('kUnits');
const kSent = Symbol('kSent');
const kIsShut = Symbol('kIsShut');
const kOnReadError = Symbol('kOnReadError');
const kIsWhole = Symbol('kIsWhole');

/** The host's class and its methods; found on first use. */
let JSStream;

/** The prototypes of counterparts, by the classes of handles. */
const prototypes = new Map();

/**
 * Node does not export JSStream, but makes one wherever TLS runs over a stream that is not a socket.
 *
 * @returns {Function} the class
 */
function findJSStream() {
  const tls = require('tls');
  const stream = new Duplex({ read() {}, write() {} });
  const probe = new tls.TLSSocket(stream, { secureContext: tls.createSecureContext({ ca: [] }) });
  const { constructor } = probe._handle._parent;
  probe.destroy();
  return constructor;
}

/** What C++ calls on a JSStream. */
const callbacks = {
  onreadstart() { return this[kHandle].readStart(); },

  onreadstop() { return this[kHandle].readStop(); },

  onwrite(req, buffers) {
    // TLS goes on after a shutdown that came before its last write had ended, and takes this answer for what it is.
    if (this[kIsShut]) return UV_EPIPE;
    const write = new WriteReq((status) => finishWrite(this, req, status));
    // C++ takes the kernel's answer from the return value, and has its own way with errors: nothing is gathered.
    const status = this[kHandle].writev(write, buffers, true, true);
    if (status !== 0 || write.async) return status;
    // C++ must have seen the call return before it hears of the end.
    if (this[kSent] !== null) this[kSent].push(req);
    else setImmediate(finishWrite, this, req, 0);
    return 0;
  },

  onshutdown(req) {
    this[kIsShut] = true;
    const finish = (status) => JSStream.prototype.finishShutdown.call(this, req, status);
    return this[kHandle].shutdown(new ShutdownReq(finish));
  },

  isClosing() { return this[kHandle].closing; },
};

/**
 * @param {object} counterpart
 * @param {object} req of C++
 * @param {number} status
 */
function finishWrite(counterpart, req, status) {
  JSStream.prototype.finishWrite.call(counterpart, req, status);
}

/**
 * Hands what the handle has read to C++. What no consumer there takes comes back, and goes where it always went.
 *
 * @param {object} counterpart
 * @param {number} nread bytes, UV_EOF or a negated errno
 * @param {Buffer} [buffer]
 */
function feed(counterpart, nread, buffer) {
  if (nread > 0) {
    feedUnits(counterpart, buffer);
  } else if (nread === UV_EOF) {
    counterpart[kUnclaimed] = false;
    JSStream.prototype.emitEOF.call(counterpart);
    if (counterpart[kUnclaimed]) giveBack(counterpart, nread);
  } else {
    // A JSStream has no way to fail.
    counterpart[kOnReadError](nread);
  }
}

/**
 * What no consumer takes goes to whom the handle belongs. If that is the consumer itself, it has gone, and nobody
 * waits for it.
 *
 * @param {object} counterpart
 * @param {number} nread bytes, UV_EOF or a negated errno
 * @param {Buffer} [buffer]
 */
function giveBack(counterpart, nread, buffer) {
  counterpart[kOnRead]?.(nread, buffer);
}

/**
 * Hands a chunk over unit by unit. The consumer calls JavaScript for each, and a stream of libuv would let nextTicks
 * run after each call; here they can only run where C++ has returned.
 *
 * @param {object} counterpart
 * @param {Buffer} buffer
 */
function feedUnits(counterpart, buffer) {
  const units = counterpart[kUnits];
  const isWhole = counterpart[kIsWhole] !== undefined && counterpart[kIsWhole]();
  counterpart[kSent] = [];
  for (let start = 0, end; start < buffer.length; start = end) {
    end = units.end(buffer, start);
    while (isWhole && end < buffer.length) end = units.end(buffer, end);
    counterpart[kUnclaimed] = false;
    try {
      JSStream.prototype.readBuffer.call(counterpart, buffer.subarray(start, end));
      if (units.endsWrites(end === buffer.length)) endWrites(counterpart);
      if (end < buffer.length && !counterpart[kUnclaimed]) process._tickCallback();
    } catch (error) {
      // Not thrown on: the data behind it must not be lost, and what a tick has left on the stack of async ids is
      // only taken away where an exception is reported.
      getBridge().raise(error);
    }
    if (counterpart[kUnclaimed]) {
      giveBack(counterpart, buffer.length - start, buffer.subarray(start));
      break;
    }
  }
  const sent = counterpart[kSent];
  counterpart[kSent] = null;
  for (const req of sent) setImmediate(finishWrite, counterpart, req, 0);
}

/**
 * Ends the writes that C++ has begun while it read. Each may bring the next one.
 *
 * @param {object} counterpart
 */
function endWrites(counterpart) {
  const sent = counterpart[kSent];
  while (sent.length > 0) finishWrite(counterpart, sent.shift(), 0);
}

/**
 * The members of a class of handles, each going to the handle itself.
 *
 * @param {Function} type TCP or Pipe
 * @returns {object} prototype for the counterparts
 */
function prototypeFor(type) {
  let prototype = prototypes.get(type);
  if (prototype !== undefined) return prototype;
  prototype = Object.create(type.prototype);
  // Up to the root, which need not be this realm's.
  for (let from = type.prototype; Object.getPrototypeOf(from) !== null; from = Object.getPrototypeOf(from)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (name === 'constructor' || Object.hasOwn(prototype, name)) continue;
      Object.defineProperty(prototype, name, typeof value === 'function' ? {
        configurable: true,
        writable: true,
        value(...args) { return this[kHandle][name](...args); },
      } : forwarding(name));
    }
  }
  for (const name of ['reading', 'onconnection']) Object.defineProperty(prototype, name, forwarding(name));
  Object.defineProperties(prototype, {
    ...Object.getOwnPropertyDescriptors(callbacks),
    isclosing: { value: callbacks.isClosing },
    isStreamBase: { value: true },
    onread: {
      get() { return this[kOnRead]; },
      set(listener) { this[kOnRead] = listener === onStreamRead ? onHandleRead : listener; },
    },
  });
  prototypes.set(type, prototype);
  return prototype;
}

/**
 * @param {string} name of a member of handles
 * @returns {PropertyDescriptor} the handle's own
 */
function forwarding(name) {
  return {
    configurable: true,
    get() { return this[kHandle][name]; },
    set(value) { this[kHandle][name] = value; },
  };
}

/**
 * The counterpart of a handle; from its making on, all that is read goes through it.
 *
 * @param {object} handle rsnet's, or a counterpart
 * @param {import('./stream-units').Format} format of what will be read
 * @returns {object} a stream of C++ with the handle's members
 */
function streamBaseOf(handle, format) {
  if (handle[kHandle]) return handle;
  if (handle[kStreamBase]) return handle[kStreamBase];
  JSStream ??= findJSStream();
  const counterpart = new JSStream();
  // Called by C++ where there is no consumer.
  counterpart.onread = () => { counterpart[kUnclaimed] = true; };
  Object.setPrototypeOf(counterpart, prototypeFor(handle.constructor));
  counterpart[kHandle] = handle;
  counterpart[kUnclaimed] = false;
  counterpart[kUnits] = new Units(format);
  counterpart[kSent] = null;
  counterpart[kIsShut] = false;
  counterpart[kOnRead] = handle.onread;
  counterpart[kOnReadError] = (status) => giveBack(counterpart, status);
  counterpart[kIsWhole] = undefined;
  counterpart[owner_symbol] = handle[owner_symbol];
  handle[kStreamBase] = counterpart;
  const listener = (nread, buffer) => feed(counterpart, nread, buffer);
  listener.isOwn = true;
  handle.onread = listener;
  return counterpart;
}

/**
 * Who hears of a read error in place of the handle's owner.
 *
 * @param {object} counterpart
 * @param {function(number): void} listener called with the negated errno
 */
function onReadError(counterpart, listener) {
  counterpart[kOnReadError] = listener;
}

/**
 * Who tells whether a chunk is to be handed over as a whole.
 *
 * @param {object} counterpart
 * @param {function(): boolean} isWhole asked before each chunk
 */
function setWhole(counterpart, isWhole) {
  counterpart[kIsWhole] = isWhole;
}

/**
 * The answer to `handle.isStreamBase`. Node's HTTP/2 asks before it takes the handle from the socket; Node's HTTP,
 * which asks too, has given the socket its parser by then, and does better with a socket's data as it is.
 *
 * @param {object} handle rsnet's
 * @returns {boolean} true when the socket has the counterpart now
 */
function offerStreamBase(handle) {
  const socket = handle[owner_symbol];
  if (!socket || socket.parser || socket._handle !== handle) return false;
  socket._handle = streamBaseOf(handle, HTTP2);
  return true;
}

/**
 * The format that a counterpart was made for.
 *
 * @param {*} handle
 * @returns {import('./stream-units').Format|undefined} undefined when it is no counterpart
 */
function formatOf(handle) {
  return handle?.[kUnits]?.format;
}

module.exports = { formatOf, offerStreamBase, onReadError, setWhole, streamBaseOf };
