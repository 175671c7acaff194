'use strict';

// Sends a PROXY header as the first bytes of a connection that is made.

const { clientSettings } = require('./options');
const { buildHeader } = require('./write');

/** What Sockets that connect are to send, as settings. */
const pending = new WeakMap();

/**
 * Takes the option of connect(), which replaces that of an earlier connect().
 *
 * @param {import('../../..').Socket} socket
 * @param {object|undefined} settings as `clientSettings` gives them
 */
function rememberHeader(socket, settings) {
  if (settings === undefined) pending.delete(socket);
  else pending.set(socket, settings);
}

/**
 * @param {{address?: string, port?: number}} name of an end
 * @returns {object|undefined} it, without the zone of an IPv6 address; undefined for a Unix-domain socket
 */
function endOf({ address, port }) {
  return port === undefined ? undefined : { address: address.split('%')[0], port };
}

/**
 * Writes the header, if there is to be one. The stream of the Socket may already have taken writes of the program, so
 * the header goes past it.
 *
 * @param {import('../../..').Socket} socket that has just been connected; nothing was written to its handle
 */
function sendHeader(socket) {
  const settings = pending.get(socket);
  if (settings === undefined) return;
  pending.delete(socket);
  const header = buildHeader(settings, {
    source: endOf(socket._getsockname()), destination: endOf(socket._getpeername()),
  });
  socket._writeGeneric(false, header, 'buffer', (error) => {
    if (error) socket.destroy(error);
  });
}

module.exports = { clientSettings, rememberHeader, sendHeader };
