'use strict';

// Reads that only Node's HTTP parser gets. It copies what it needs, so one Buffer is used for all of them. If any other
// code might keep the Buffer of a read, that read gets a new one.

const { EventEmitter } = require('events');
const { emitsAtOnce, isTransparent } = require('../node/plain-flow');
const { sizes } = require('../addon/constants');
const { kBuffer } = require('./socket-symbols');

/** Larger reads are rare, and get Buffers of their own. */
const MAX_LENT = sizes.USUAL_READ;

/** The names of Node's listeners that give a parser its data: that of a server, and that of a client. */
const SERVER_LISTENER = 'bound socketOnData';
const LISTENERS = new Set([SERVER_LISTENER, 'socketOnData']);

/** The name of a server's listener for errors. Node takes it away before it emits `clientError`. */
const ERROR_LISTENER = 'socketOnError';

/** The name of the listener by which Node's server stops reading from the handle when the stream is paused. */
const PAUSE_LISTENER = 'onSocketPause';

const { emit } = EventEmitter.prototype;
const { toString } = Function.prototype;

/** Node's own `execute`, once it was seen. Another parser may keep what it gets. */
let nativeExecute;

/**
 * The Buffer; null before the first use, and when somebody may keep it.
 * @type {Buffer|null}
 */
let lent = null;

/**
 * @param {HostParser} parser
 * @returns {boolean} whether it is Node's own, by a method that is not written in JavaScript
 */
function isNative({ execute }) {
  if (execute === nativeExecute) return execute !== undefined;
  if (typeof execute !== 'function' || !toString.call(execute).endsWith('{ [native code] }')) return false;
  // A bound function looks native, too, but has another name.
  if (execute.name !== 'execute') return false;
  nativeExecute = execute;
  return true;
}

/**
 * @param {Socket} socket
 * @returns {string|undefined} the name of its only listener for data, if that gives a parser of Node's its data
 */
function parserListener(socket) {
  const { parser } = socket;
  if (!parser || parser.socket !== socket || socket.emit !== emit || !isNative(parser)) return undefined;
  const listeners = socket.rawListeners('data');
  return listeners.length === 1 && LISTENERS.has(listeners[0].name) ? listeners[0].name : undefined;
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether nobody else gets a read; a listener of `clientError` gets what could not be parsed
 */
function isReadByParser(socket) {
  return parserListener(socket) !== undefined &&
    !(/** @type {number} */ (socket.server?.listenerCount('clientError')) > 0);
}

/**
 * Node removes `onSocketPause` when somebody else listens for data. The parser never reads by itself from then on.
 * @param {Socket} socket of a server
 * @returns {boolean} whether it is still there
 */
function canStopReading(socket) {
  return socket.listeners('pause').some(({ name }) => name === PAUSE_LISTENER);
}

/**
 * @param {Socket} socket that has just emitted data
 * @returns {boolean} whether Node's HTTP server could let its parser read from one of Node's handles (`consume`)
 */
function isServedByParser(socket) {
  if (socket.destroyed || socket[kBuffer] !== null || parserListener(socket) !== SERVER_LISTENER) return false;
  const parser = /** @type {HostParser} */ (socket.parser);
  return typeof parser.consume === 'function' && !parser._consumed && isTransparent(socket) && canStopReading(socket);
}

/**
 * @param {Socket} socket
 * @returns {boolean} whether nobody keeps the Buffer of a read
 */
function borrowsReads(socket) {
  return !socket.destroyed && socket[kBuffer] === null && isReadByParser(socket) && emitsAtOnce(socket);
}

/**
 * The parser of Node's server reads from one of Node's handles by itself (`consume`), also while the stream is paused,
 * if the handle reads. It does when a listener of 'connection' has called `pause()`: the server's own `resume()`, which
 * comes in a tick, starts the handle again. Where the server has paused itself (`_paused`), what was read waits.
 * @param {Socket} socket of a server, with a parser
 * @returns {Function|undefined} the listener that gives the parser its data, if the parser would read by itself
 */
function parserBehindPause(socket) {
  const { parser, _paused: isHeldBack } = /** @type {*} */ (socket);
  if (socket.readableFlowing !== false || isHeldBack) return undefined;
  if (parser?.socket !== socket || !canStopReading(socket)) return undefined;
  const listeners = socket.rawListeners('data');
  return listeners.length === 1 && listeners[0].name === SERVER_LISTENER ? listeners[0] : undefined;
}

/**
 * @param {HostRequest|null} request of a socket whose parser has gone
 * @returns {boolean} whether that is a client's, and the parser has gone because the response is complete
 */
function hasResponse(request) {
  return request?.res?.complete === true && request.upgradeOrConnect === false;
}

/**
 * @param {Socket} socket that has the same parser as before a read
 * @returns {boolean} whether the parser could parse the read. A `clientError` has the Buffer of one that it could not,
 *   and a program that listens for it, by whatever means, may leave the socket open. A client destroys the socket.
 */
function couldParse(socket) {
  return !socket.server || socket.listeners('error').some(({ name }) => name === ERROR_LISTENER);
}

/**
 * Delivers a read in the Buffer that is used again.
 * @param {Socket} socket for which `borrowsReads` holds
 * @param {Uint8Array} bytes at most MAX_LENT
 * @param {(chunk: Buffer) => void} deliver
 */
function lend(socket, bytes, deliver) {
  const { parser, _httpMessage: request } = socket;
  const buffer = lent ?? Buffer.allocUnsafeSlow(MAX_LENT);
  lent = null;
  buffer.set(bytes);
  deliver(buffer.subarray(0, bytes.length));
  // An upgrade keeps the bytes behind its head, an error those that could not be parsed.
  const isFree = socket.parser === parser ? couldParse(socket) : hasResponse(request);
  if (isFree && !socket.destroyed) lent = buffer;
}

module.exports = { MAX_LENT, borrowsReads, isServedByParser, lend, parserBehindPause };
