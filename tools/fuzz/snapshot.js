'use strict';

// What a program can read off a socket or a server between two steps.

const { format } = require('./format');

/** Properties that are the same for every run of a program. */
const STEADY = [
  'readyState', 'connecting', 'pending', 'destroyed', 'closed', 'allowHalfOpen', 'timeout', 'localAddress', 'localPort',
  'localFamily', 'remoteAddress', 'remotePort', 'remoteFamily', 'readable', 'writable', 'writableEnded',
  'writableFinished', 'readableEnded', 'readableFlowing', 'readableEncoding', 'errored', 'writableCorked',
  'readableAborted', 'autoSelectFamilyAttemptedAddresses',
];

/** Counters: the same for every run as long as no more is sent than a reader takes. */
const COUNTERS = [
  'bytesRead', 'bytesWritten', 'bufferSize', 'writableLength', 'readableLength', 'writableNeedDrain',
];

/**
 * @param {object} source
 * @param {string[]} keys
 * @param {object} names of the run
 * @returns {string}
 */
function read(source, keys, names) {
  return keys.map((key) => {
    let value;
    try {
      value = source[key];
    } catch (error) {
      value = error;
    }
    if (key.endsWith('Port') && value !== undefined) return `${key}=set`;
    return `${key}=${value instanceof Error ? value.code : format(value, names)}`;
  }).join(' ');
}

/**
 * @param {import('net').Socket} socket
 * @param {object} names of the run
 * @returns {{state: string, counters: string}}
 */
function snapshotSocket(socket, names) {
  const handle = socket._handle;
  const held = handle ? ` handle=${handle.constructor.name} hasRef=${handle.hasRef?.()}` : ' handle=none';
  return {
    state: `${read(socket, STEADY, names)} paused=${socket.isPaused()} server=${Boolean(socket.server)}${held}`,
    counters: read(socket, COUNTERS, names),
  };
}

/**
 * @param {import('net').Server} server
 * @param {object} names of the run
 * @returns {{state: string, counters: string}}
 */
function snapshotServer(server, names) {
  const steady = ['listening', 'maxConnections', 'allowHalfOpen', 'pauseOnConnect', '_connections'];
  return { state: `${read(server, steady, names)} handle=${Boolean(server._handle)}`, counters: '' };
}

module.exports = { snapshotServer, snapshotSocket };
