'use strict';

// The option `seqpacket`: Unix-domain sockets of messages (SOCK_SEQPACKET, unix(7)). Each chunk of the stream is one.

const { codes } = require('../node/errors');
const { kAskedOptions } = require('../handle/socket-symbols');

/**
 * @param {object} owner a Socket or Server
 * @returns {boolean} whether it was made for messages
 */
function hasMessages(owner) {
  return owner[kAskedOptions]?.seqpacket === true;
}

/**
 * @param {Options} settings of a Socket of messages
 * @throws {TypeError} for an option that would cut or join them
 */
function checkMessageOptions(settings) {
  if (settings.onread == null) return;
  throw new codes.ERR_INVALID_ARG_VALUE('options.onread', settings.onread, 'is not supported with seqpacket');
}

/** A decoder of a stream, as `string_decoder` has it, but what a message ends with does not wait for the next one. */
class MessageDecoder {
  /** @param {BufferEncoding} encoding of each message */
  constructor(encoding) {
    this.encoding = encoding;
  }

  /**
   * @param {Buffer|string} message
   * @returns {string}
   */
  write(message) {
    return typeof message === 'string' ? message : message.toString(this.encoding);
  }

  /** @returns {string} nothing: each message was whole */
  end() {
    return '';
  }
}

/**
 * `readable.setEncoding()`. Node's joins the chunks that wait.
 *
 * @this {Socket}
 * @param {BufferEncoding} [encoding]
 * @returns {Socket} this
 */
function setEncoding(encoding) {
  const state = this._readableState;
  const { buffer, bufferIndex = 0 } = state;
  const waiting = this.readableLength > 0 ? [...buffer].slice(bufferIndex) : [];
  Object.getPrototypeOf(this).setEncoding.call(this, encoding);
  const decoder = new MessageDecoder(/** @type {BufferEncoding} */ (this.readableEncoding));
  state.decoder = decoder;
  if (waiting.length === 0) return this;
  // A list of its own up to Node 20.
  if (Array.isArray(buffer)) buffer.length = 0;
  else buffer.clear?.();
  for (const message of waiting) buffer.push(decoder.write(message));
  state.length = waiting.length;
  return this;
}

/**
 * `writable.write()`. An empty message has no bytes, so the stream would take any number of them.
 *
 * @this {Socket}
 * @param {...*} args
 * @returns {boolean} whether more should be written before 'drain'
 */
function writeMessage(...args) {
  const takesMore = Object.getPrototypeOf(this).write.apply(this, args);
  const state = this._writableState;
  const { bufferedRequestCount: waiting, highWaterMark } = state;
  // Nothing emits 'drain' where nothing waits, whatever the mark.
  if (!takesMore || !(waiting > 0 && waiting >= highWaterMark)) return takesMore;
  state.needDrain = true;
  return false;
}

/**
 * Has the stream of a new socket neither join nor cut messages, nor take an unbounded number of them.
 *
 * @param {Socket} socket of messages
 */
function keepBounds(socket) {
  const { readableEncoding } = socket;
  if (readableEncoding) socket._readableState.decoder = new MessageDecoder(readableEncoding);
  for (const [name, value] of Object.entries({ _writev: null, setEncoding, write: writeMessage })) {
    Object.defineProperty(socket, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/**
 * @param {Options} settings of a Socket of messages
 * @returns {object} options of its stream: the readable side counts messages, and `highWaterMark` are bytes
 */
function messageStreamOptions({ highWaterMark, writableHighWaterMark }) {
  return {
    readableObjectMode: true,
    highWaterMark: undefined,
    writableHighWaterMark: highWaterMark ?? writableHighWaterMark,
  };
}

module.exports = { checkMessageOptions, hasMessages, keepBounds, messageStreamOptions, writeMessage };
