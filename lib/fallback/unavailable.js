'use strict';

// Features of a Socket or Server that neither the host nor JavaScript has. An option is refused by 'error' when the
// Socket connects or the Server listens. A method throws.

const { nextTick } = require('../node/captured');
const { codes } = require('../node/errors');

/** Property of Sockets and Servers: values of options that the host lacks, by option. */
const kUnavailable = Symbol('rsnet.asked');

/**
 * @param {string} feature an option or a method
 * @returns {TypeError} ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
 */
function unavailable(feature) {
  return new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(feature);
}

/**
 * Keeps the value of an option. Without a value it adds no property, because programs list properties.
 * @param {object} owner a Socket or Server
 * @param {string} option
 * @param {*} value undefined is none
 */
function ask(owner, option, value) {
  if (value === undefined) return;
  if (!owner[kUnavailable]) Object.defineProperty(owner, kUnavailable, { value: new Map() });
  owner[kUnavailable].set(option, value);
}

/**
 * @param {object} owner a Socket or Server
 * @param {string} option
 * @returns {*} the value
 */
function asked(owner, option) {
  return owner[kUnavailable]?.get(option);
}

/**
 * @param {object} owner a Socket or Server
 * @returns {TypeError|undefined} for the first option kept
 */
function refusal(owner) {
  const [option] = owner[kUnavailable]?.keys() ?? [];
  return option === undefined ? undefined : unavailable(option);
}

/**
 * Destroys a Socket in place of connecting it.
 * @param {Socket} socket
 * @param {Error} error emitted in the next tick, as a failed connect(2) is
 * @returns {Socket}
 */
function failConnect(socket, error) {
  socket.connecting = true;
  nextTick(() => socket.destroy(error));
  return socket;
}

/**
 * @param {Server} server
 * @param {Error} error emitted in the next tick
 * @returns {Server}
 */
function failListen(server, error) {
  nextTick(() => server.emit('error', error));
  return server;
}

module.exports = { ask, asked, failConnect, failListen, refusal, unavailable };
