'use strict';

// The PROXY protocol, as Sockets and Servers come to it. What does the work is loaded when a program first asks for it.

/** What servers that read headers were told. */
const readers = new WeakMap();

/** What Sockets that connect are to send. */
const senders = new WeakMap();

/**
 * Takes the option of a server. A later one replaces it.
 *
 * @param {Server} server
 * @param {*} value `undefined` leaves it as it is
 * @throws {TypeError|RangeError}
 */
function rememberProxyProtocol(server, value) {
  if (value === undefined) return;
  const settings = require('./options').serverSettings(value);
  if (settings === undefined) readers.delete(server);
  else readers.set(server, settings);
}

/**
 * @param {Server} server
 * @returns {boolean} whether its connections begin with a header
 */
function readsHeaders(server) {
  return readers.has(server);
}

/**
 * Reads the header of a connection.
 *
 * @param {Server} server for which `readsHeaders` holds
 * @param {Socket} socket that it has just accepted
 * @param {() => void} announce emits 'connection'; never called if the connection ends before that
 */
function awaitHeader(server, socket, announce) {
  require('./await-header').awaitHeader(server, socket, readers.get(server), announce);
}

/**
 * @param {{proxyProtocol?: *}} options of `connect`
 * @returns {object|undefined} settings; undefined if no header is to be sent
 * @throws {TypeError|RangeError}
 */
function proxyHeaderOf({ proxyProtocol }) {
  return proxyProtocol ? require('./options').clientSettings(proxyProtocol) : undefined;
}

/**
 * Keeps what a Socket is to send, in place of that of an earlier connect().
 *
 * @param {Socket} socket
 * @param {Options} [settings] as `proxyHeaderOf` gives them
 */
function rememberHeader(socket, settings) {
  if (settings === undefined) senders.delete(socket);
  else senders.set(socket, settings);
}

/**
 * Writes the header, if there is to be one.
 *
 * @param {Socket} socket that has just been connected; nothing was written to its handle
 */
function sendHeader(socket) {
  const settings = senders.get(socket);
  if (settings === undefined) return;
  senders.delete(socket);
  require('./send-header').sendHeader(socket, settings);
}

module.exports = { awaitHeader, proxyHeaderOf, readsHeaders, rememberHeader, rememberProxyProtocol, sendHeader };
