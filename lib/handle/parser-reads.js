'use strict';

// Reads that only Node's HTTP parser sees. It copies what it wants of them, so one Buffer serves for all of them, in
// place of a new one for each. Whoever else might keep such a Buffer gets one of his own.

const { EventEmitter } = require('events');
const { emitsAtOnce, isTransparent } = require('../node/plain-flow');
const { kBuffer } = require('./socket-symbols');

/** Bytes of a read up to which it can be lent: the bound of one read. */
const MAX_LENT = 64 * 1024;

/** What Node calls the listener that gives the parser its data: that of a server, and that of a client. */
const SERVER_LISTENER = 'bound socketOnData';
const LISTENERS = new Set([SERVER_LISTENER, 'socketOnData']);

/** What Node calls the listener by which a server does not read from a handle while the stream is paused. */
const PAUSE_LISTENER = 'onSocketPause';

const { emit } = EventEmitter.prototype;
const { toString } = Function.prototype;

/** The parser's method, once it is known to be Node's own: another parser may keep what it is given. */
let nativeExecute;

/** The Buffer; null before the first use, and when somebody may have kept it. */
let lent = null;

/**
 * @param {object} parser
 * @returns {boolean} whether it is Node's own, which is not written in JavaScript
 */
function isNative({ execute }) {
  if (execute === nativeExecute) return execute !== undefined;
  if (typeof execute !== 'function' || !toString.call(execute).endsWith('{ [native code] }')) return false;
  // What `bind` makes looks the same.
  if (execute.name !== 'execute') return false;
  nativeExecute = execute;
  return true;
}

/**
 * @param {import('../..').Socket} socket
 * @returns {string|undefined} the name of the only listener for data, if that is Node's HTTP parser's
 */
function parserListener(socket) {
  const { parser } = socket;
  if (!parser || parser.socket !== socket || socket.emit !== emit || !isNative(parser)) return undefined;
  const listeners = socket.rawListeners('data');
  return listeners.length === 1 && LISTENERS.has(listeners[0].name) ? listeners[0].name : undefined;
}

/**
 * @param {import('../..').Socket} socket
 * @returns {boolean} whether nobody but Node's HTTP parser gets it, and nobody hears of what it cannot parse
 */
function isReadByParser(socket) {
  return parserListener(socket) !== undefined && !(socket.server?.listenerCount('clientError') > 0);
}

/**
 * Node takes that listener away when somebody else listens for data, and lets the parser read by itself no more.
 *
 * @param {import('../..').Socket} socket of a server
 * @returns {boolean} whether nobody has
 */
function canStopReading(socket) {
  return socket.listeners('pause').some(({ name }) => name === PAUSE_LISTENER);
}

/**
 * @param {import('../..').Socket} socket that has just emitted data
 * @returns {boolean} whether Node's HTTP server could let its parser read from a handle of the host
 */
function isServedByParser(socket) {
  if (socket.destroyed || socket[kBuffer] !== null || parserListener(socket) !== SERVER_LISTENER) return false;
  const { parser } = socket;
  return typeof parser.consume === 'function' && !parser._consumed && isTransparent(socket) && canStopReading(socket);
}

/**
 * @param {import('../..').Socket} socket
 * @returns {boolean} whether nobody needs a read any more once it was handed over
 */
function borrowsReads(socket) {
  return !socket.destroyed && socket[kBuffer] === null && isReadByParser(socket) && emitsAtOnce(socket);
}

/**
 * Hands a read to the parser of a socket.
 *
 * @param {import('../..').Socket} socket for which `borrowsReads` holds
 * @param {Uint8Array} bytes at most MAX_LENT
 * @param {function(Buffer): void} deliver
 */
function lend(socket, bytes, deliver) {
  const { parser } = socket;
  const buffer = lent ?? Buffer.allocUnsafeSlow(MAX_LENT);
  lent = null;
  buffer.set(bytes);
  deliver(buffer.subarray(0, bytes.length));
  // An upgrade keeps what follows its head, an error what could not be parsed. Both end the parser's part.
  if (socket.parser === parser && !socket.destroyed) lent = buffer;
}

module.exports = { MAX_LENT, borrowsReads, isServedByParser, lend };
