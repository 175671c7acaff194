'use strict';

// What has been asked for of a Socket or Server that neither the host nor JavaScript can do. It is told when it would
// be done: by 'error' where it was an option, else thrown.

const { nextTick } = require('../node/captured');
const { codes } = require('../node/errors');

/** On Sockets and Servers: the values by option, all of which the host lacks. */
const kAsked = Symbol('rsnet.asked');

/**
 * @param {string} feature an option or a method
 * @returns {TypeError} which says that it is not to be had here
 */
function unavailable(feature) {
  return new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(feature);
}

/**
 * Keeps what was asked for. Who asks for nothing has no property of it: programs list them.
 * @param {object} owner a Socket or Server
 * @param {string} option
 * @param {*} value undefined is none
 */
function ask(owner, option, value) {
  if (value === undefined) return;
  if (!owner[kAsked]) Object.defineProperty(owner, kAsked, { value: new Map() });
  owner[kAsked].set(option, value);
}

/**
 * @param {object} owner a Socket or Server
 * @param {string} option
 * @returns {*} what was asked for
 */
function asked(owner, option) {
  return owner[kAsked]?.get(option);
}

/**
 * @param {object} owner a Socket or Server
 * @returns {TypeError|undefined} for the first option that was asked for
 */
function refusal(owner) {
  const [option] = owner[kAsked]?.keys() ?? [];
  return option === undefined ? undefined : unavailable(option);
}

/**
 * Ends a Socket that was to connect.
 * @param {object} socket
 * @param {Error} error told in the next tick, as that of an address which cannot be connected to
 * @returns {object} the Socket
 */
function failConnect(socket, error) {
  socket.connecting = true;
  nextTick(() => socket.destroy(error));
  return socket;
}

/**
 * @param {object} server that was to listen
 * @param {Error} error told in the next tick
 * @returns {object} the Server
 */
function failListen(server, error) {
  nextTick(() => server.emit('error', error));
  return server;
}

module.exports = { ask, asked, failConnect, failListen, refusal, unavailable };
