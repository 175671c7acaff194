'use strict';

// Gives busy connections of Node's HTTP server to handles of the host. Node's parser reads from those in C++, without a
// Buffer and a call for each read. A short connection does not earn the cost of the hand-over.

const { makeCallback } = require('../addon/bridge');
const { sendsDescriptors } = require('../api/descriptors');
const { closesWithin } = require('../api/kernel-options');
const { isSendingFile } = require('../api/send-file-engine');
const hooks = require('../handle/hooks');
const { handOver, isRefused } = require('./hand-over');
const { kParserReads } = require('../handle/symbols');
const { isServedByParser } = require('../handle/parser-reads');

/**
 * Small reads before a hand-over. It costs about as much as the host saves in eight small requests, or with 128 KB of
 * bodies.
 */
const PRICE = 8;

/** Bytes, read or written, that count as much as one small read. */
const UNIT = 16 * 1024;

/**
 * Counts a read of the parser, and hands the connection over when that is likely to pay.
 *
 * @param {AnyHandle} handle rsnet's
 * @param {Socket} socket of a server, with a parser
 * @param {number} length bytes of the read
 */
function countParserRead(handle, socket, length) {
  handle[kParserReads] += 1 + length / UNIT;
  if (handle[kParserReads] + handle.bytesWritten / UNIT < PRICE) return;
  // If the connection cannot be handed over now, rsnet tries again after as many reads.
  handle[kParserReads] = -(handle.bytesWritten / UNIT);
  if (socket._handle !== handle || isSendingFile(handle) || !isServedByParser(socket) || isRefused()) return;
  // Node's handles pass no descriptors, and close without a bound.
  if (socket.listenerCount('descriptors') > 0 || sendsDescriptors(socket) || closesWithin(handle)) return;
  const unread = [];
  const hostHandle = handOver(socket, { takeUnread: (chunk) => unread.push(chunk) });
  if (hostHandle === undefined) return;
  const parser = /** @type {Required<HostParser>} */ (socket.parser);
  // Node's HTTP server does this with a connection that the built-in has accepted.
  parser._consumed = true;
  hostHandle._consumed = true;
  parser.consume(hostHandle);
  for (const chunk of unread) makeCallback(() => socket.push(chunk));
}

hooks.countParserRead = countParserRead;
