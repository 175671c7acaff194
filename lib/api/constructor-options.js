'use strict';

// Checks the options of a Socket's constructor and selects those of its stream.

const { builtin } = require('../node/builtin');
const { codes } = require('../node/errors');
const { validateInt32, validateNumber } = require('../node/validators');
const { checkKernelOptions } = require('./kernel-option-names');
const { checkMessageOptions, messageStreamOptions } = require('./messages');

/**
 * @param {Options} settings
 * @returns {string|undefined} a given option of streams that a socket can't have
 */
function unsupported(settings) {
  if (settings.objectMode) return 'objectMode';
  if (settings.readableObjectMode) return 'readableObjectMode';
  return settings.writableObjectMode ? 'writableObjectMode' : undefined;
}

/**
 * @param {Options|number} [options] as given
 * @returns {Options} checked
 * @throws {TypeError|RangeError}
 */
function checkedOptions(options) {
  if (typeof options === 'number') return { fd: options };
  /** @type {Options} */
  const settings = { ...options };
  const name = unsupported(settings);
  if (name) throw new codes.ERR_INVALID_ARG_VALUE(`options.${name}`, settings[name], 'is not supported');
  if (settings.keepAliveInitialDelay !== undefined) {
    validateNumber(settings.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    if (settings.keepAliveInitialDelay < 0) settings.keepAliveInitialDelay = 0;
  }
  if (settings.typeOfService !== undefined) validateInt32(settings.typeOfService, 'options.typeOfService', 0, 255);
  checkKernelOptions(settings);
  if (settings.seqpacket) checkMessageOptions(settings);
  return settings;
}

/**
 * @param {Socket} socket
 * @param {object} blockList a net.BlockList of addresses that must not be connected to
 * @throws {TypeError} for anything else
 */
function setBlockList(socket, blockList) {
  if (!(blockList instanceof builtin.BlockList)) {
    throw new codes.ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', blockList);
  }
  socket.blockList = blockList;
}

/**
 * Selects the options that Node documents for `stream.Duplex` and EventEmitter. Copied one by one, they give the object
 * one hidden class for all sockets, which makes a Socket much cheaper.
 *
 * @param {Options} settings of the Socket
 * @returns {object}
 */
function streamOptions(settings) {
  const options = {
    allowHalfOpen: Boolean(settings.allowHalfOpen),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
    readableObjectMode: false,
    readable: settings.readable,
    writable: settings.writable,
    highWaterMark: settings.highWaterMark,
    readableHighWaterMark: settings.readableHighWaterMark,
    writableHighWaterMark: settings.writableHighWaterMark,
    encoding: settings.encoding,
    defaultEncoding: settings.defaultEncoding,
    signal: settings.signal,
    captureRejections: settings.captureRejections,
    read: settings.read,
    write: settings.write,
    writev: settings.writev,
    final: settings.final,
    destroy: settings.destroy,
    construct: settings.construct,
  };
  return settings.seqpacket ? Object.assign(options, messageStreamOptions(settings)) : options;
}

module.exports = { checkedOptions, setBlockList, streamOptions };
