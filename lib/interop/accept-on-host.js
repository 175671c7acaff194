'use strict';

// Lets handles of the host accept the connections of a server that hands most of them over anyway: that of TLS, of
// HTTP/2, and of HTTP with many requests for each connection. It saves rsnet's handle, and the hand-over.

const fs = require('fs');
const { commands } = require('../addon/bridge');
const { GIVES_MOST, drawSample, pastOf } = require('../api/hand-over-share');
const { readsHeaders } = require('../api/proxy-protocol');
const { TCP } = require('../handle');
const { withoutStores } = require('../handle/async-resource');
const { canTake, hostHandleFor, prepareHostHandle } = require('../handle/handed-over');
const hooks = require('../handle/hooks');
const { kAskedOptions, owner_symbol } = require('../handle/socket-symbols');
const { kSlot } = require('../handle/symbols');
const { isRefused } = require('./hand-over');

/**
 * @param {AnyHandle} listening
 * @returns {boolean} whether its connections need nothing that only a handle of rsnet's has from the beginning
 */
function suitsHost(listening) {
  const server = listening[owner_symbol];
  if (server === null || server[kAskedOptions] !== undefined || readsHeaders(server)) return false;
  return listening instanceof TCP && canTake(listening) && !isRefused();
}

/**
 * Takes the connection that a listening handle of rsnet's has reported.
 *
 * @param {AnyHandle} listening
 * @returns {HostHandle|undefined} which has the connection; undefined where it is to get a handle of rsnet's
 */
function acceptOnHost(listening) {
  const past = pastOf(listening);
  if (past === undefined || past.share < GIVES_MOST || !suitsHost(listening)) return undefined;
  if (drawSample(past)) return undefined;
  const fd = commands.acceptDescriptor(listening[kSlot]);
  if (fd < 0) return undefined;
  past.scope ??= withoutStores(listening);
  const hostHandle = /** @type {HostHandle} */ (hostHandleFor(listening, past.scope));
  if (hostHandle.open(fd) !== 0) {
    hostHandle.close();
    fs.closeSync(fd);
    return undefined;
  }
  prepareHostHandle(hostHandle, { bytesRead: 0, bytesWritten: 0 });
  return hostHandle;
}

hooks.acceptOnHost = acceptOnHost;
