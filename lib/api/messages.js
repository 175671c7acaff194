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

/**
 * Has the stream write chunk by chunk.
 *
 * @param {import('../..').Socket} socket of messages
 */
function writeOneByOne(socket) {
  Object.defineProperty(socket, '_writev', { value: null, writable: true, configurable: true, enumerable: false });
}

module.exports = { checkMessageOptions, hasMessages, writeOneByOne };
