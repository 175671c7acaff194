'use strict';

// Connections of Node's HTTP server given to the host's own handles. Its parser reads from these by itself, in C++,
// without a Buffer and without a call for each read. That is worth its price on a connection that stays.

const { makeCallback } = require('../addon/bridge');
const hooks = require('../handle/hooks');
const { handOver, isRefused } = require('./hand-over');
const { kParserReads } = require('../handle/symbols');
const { isServedByParser } = require('../handle/parser-reads');

/**
 * How much a connection has to do before the host takes over. Giving it away costs about as much as the host saves in
 * eight small requests, or with 128 KB of bodies.
 */
const PRICE = 8;

/** Bytes, read or written, that count as much as one small read. */
const UNIT = 16 * 1024;

/**
 * Counts a read that the parser has had, and gives the connection away when that is likely to pay.
 *
 * @param {object} handle rsnet's
 * @param {import('../..').Socket} socket of a server, with a parser
 * @param {number} length bytes of the read
 */
function countParserRead(handle, socket, length) {
  handle[kParserReads] += 1 + length / UNIT;
  if (handle[kParserReads] + handle.bytesWritten / UNIT < PRICE) return;
  // Where it can't be, it is asked again after as much once more.
  handle[kParserReads] = -(handle.bytesWritten / UNIT);
  if (socket._handle !== handle || !isServedByParser(socket) || isRefused()) return;
  const unread = [];
  const hostHandle = handOver(socket, { takeUnread: (chunk) => unread.push(chunk) });
  if (hostHandle === undefined) return;
  const { parser } = socket;
  // What the server does itself with a connection that the host has accepted.
  parser._consumed = true;
  hostHandle._consumed = true;
  parser.consume(hostHandle);
  for (const chunk of unread) makeCallback(() => socket.push(chunk));
}

hooks.countParserRead = countParserRead;
