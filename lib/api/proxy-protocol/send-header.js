'use strict';

// Sends a PROXY header as the first bytes of a connection that is made.

const { buildHeader } = require('./write');

/**
 * @param {{address?: string, port?: number}} name of an end
 * @returns {object|undefined} it, without the zone of an IPv6 address; undefined for a Unix-domain socket
 */
function endOf({ address, port }) {
  return port === undefined ? undefined : { address: address?.split('%')[0], port };
}

/**
 * Writes the header. The stream of the Socket may already have taken writes of the program, so
 * the header goes past it.
 *
 * @param {Socket} socket that has just been connected; nothing was written to its handle
 * @param {Options} settings as `clientSettings` gives them
 */
function sendHeader(socket, settings) {
  const header = buildHeader(settings, {
    source: endOf(socket._getsockname()), destination: endOf(socket._getpeername()),
  });
  socket._writeGeneric(false, header, 'buffer', (error) => {
    if (error) socket.destroy(error);
  });
}

module.exports = { sendHeader };
