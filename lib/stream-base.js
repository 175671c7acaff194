'use strict';

// rsnet's connections for the parts of Node that are written in C++ and take only streams of C++: TLS, HTTP/2.
//
// Node has one such stream whose inside is JavaScript: JSStream. So a handle gets a counterpart, a JSStream with all
// members of the handle, and from then on the counterpart stands for the handle: as `socket._handle`, and as what the
// consumer reads from and writes to.

const { Duplex } = require('stream');
const { setImmediate } = require('timers');
const { onStreamRead } = require('./host-internals');
const { Handle } = require('./stream-handle');
const { onHandleRead } = require('./socket-io');
const { ShutdownReq, WriteReq } = require('./requests');
const { owner_symbol } = require('./symbols');
const { UV_EOF } = require('./uv');

const kHandle = Symbol('kHandle');
const kStreamBase = Symbol('kStreamBase');
const kOnRead = Symbol('kOnRead');
const kUnclaimed = Symbol('kUnclaimed');
const kOnReadError = Symbol('kOnReadError');

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
    const write = new WriteReq((status) => finishWrite(this, req, status));
    const handle = this[kHandle];
    const status = buffers.length === 1 ? handle.writeBuffer(write, buffers[0]) : handle.writev(write, buffers, true);
    // C++ must have seen the call return before it hears of the end.
    if (status === 0 && !write.async) setImmediate(finishWrite, this, req, 0);
    return status;
  },

  onshutdown(req) {
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
  if (nread < 0 && nread !== UV_EOF) {
    // A JSStream has no way to fail.
    counterpart[kOnReadError](nread);
    return;
  }
  counterpart[kUnclaimed] = false;
  if (nread > 0) JSStream.prototype.readBuffer.call(counterpart, buffer);
  else if (nread === UV_EOF) JSStream.prototype.emitEOF.call(counterpart);
  if (counterpart[kUnclaimed]) counterpart[kOnRead](nread, buffer);
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
  for (let from = type.prototype; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
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
 * @returns {object} a stream of C++ with the handle's members
 */
function streamBaseOf(handle) {
  if (handle[kHandle]) return handle;
  if (handle[kStreamBase]) return handle[kStreamBase];
  JSStream ??= findJSStream();
  const counterpart = new JSStream();
  // Called by C++ where there is no consumer.
  counterpart.onread = () => { counterpart[kUnclaimed] = true; };
  Object.setPrototypeOf(counterpart, prototypeFor(handle.constructor));
  counterpart[kHandle] = handle;
  counterpart[kUnclaimed] = false;
  counterpart[kOnRead] = handle.onread;
  counterpart[kOnReadError] = (status) => counterpart[kOnRead](status);
  counterpart[owner_symbol] = handle[owner_symbol];
  handle[kStreamBase] = counterpart;
  handle.onread = (nread, buffer) => feed(counterpart, nread, buffer);
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
 * The answer to `handle.isStreamBase`. Node's HTTP/2 asks before it takes the handle from the socket; Node's HTTP,
 * which asks too, has given the socket its parser by then, and does better with a socket's data as it is.
 *
 * @param {object} handle rsnet's
 * @returns {boolean} true when the socket has the counterpart now
 */
function offerStreamBase(handle) {
  const socket = handle[owner_symbol];
  if (!socket || socket.parser || socket._handle !== handle) return false;
  socket._handle = streamBaseOf(handle);
  return true;
}

/**
 * @param {*} handle
 * @returns {boolean} whether it has, or is, a counterpart
 */
function hasStreamBase(handle) {
  return handle instanceof Handle && Boolean(handle[kHandle] || handle[kStreamBase]);
}

module.exports = { hasStreamBase, offerStreamBase, onReadError, streamBaseOf };
