'use strict';

// `net.stats()`: what the sockets of this thread do and have done.

const { callCounts } = require('../addon/bridge');
const { totals } = require('./counters');
const { openOwners } = require('./open-owners');
const { fileCalls } = require('./send-file-engine');

/**
 * `net.stats`.
 *
 * @returns {object} counts; bytes
 */
function stats() {
  const found = { ...totals, servers: 0, connecting: 0, open: 0, queuedBytes: 0 };
  for (const owner of openOwners()) {
    if (!owner._handle) continue;
    if (owner.listening) found.servers++;
    else if (owner.connecting) found.connecting++;
    else {
      found.open++;
      found.bytesRead += owner.bytesRead || 0;
      found.bytesWritten += owner._bytesDispatched || 0;
    }
    found.queuedBytes += owner.writableLength || 0;
  }
  const [readCalls, writeCalls, acceptCalls, connectCalls] = callCounts();
  return { ...found, readCalls, writeCalls: writeCalls + fileCalls(), acceptCalls, connectCalls };
}

module.exports = { stats };
