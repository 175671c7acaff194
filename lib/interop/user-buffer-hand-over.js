'use strict';

// Gives connections that read much into the same Buffers of the program (`onread`) to handles of the host, which call
// back for less. What a stream reads is faster with rsnet, and so are Buffers that are used once.

const { makeCallback } = require('../addon/bridge');
const { giveToUser, stopReading } = require('../api/socket-io');
const hooks = require('../handle/hooks');
const { kBuffer } = require('../handle/socket-symbols');
const { handOver, isOrdinary } = require('./hand-over');

/** How often a Buffer comes back before a hand-over, which costs about as much as the host saves in so many reads. */
const MIN_USES = 4;

/** Large reads in which a Buffer has to come back so often. */
const MAX_READS = 64;

/**
 * A Buffer of the program's.
 * @typedef {object} Use
 * @property {Uint8Array|true|null} buffer
 * @property {number} uses how often it came back
 * @property {number} reads large ones since it was first seen
 */

/** @type {WeakMap<AnyHandle, Use>} */
const uses = new WeakMap();

/**
 * Counts a large read into the program's Buffer, and hands the connection over when that is likely to pay.
 *
 * @param {AnyHandle} handle rsnet's
 * @param {Socket} socket that reads on, by now into its next Buffer
 */
function countUserRead(handle, socket) {
  const buffer = socket[kBuffer];
  const use = uses.get(handle);
  if (use === undefined || use.reads === MAX_READS) {
    uses.set(handle, { buffer, uses: 0, reads: 0 });
    return;
  }
  use.reads++;
  if (use.buffer !== buffer || ++use.uses < MIN_USES) return;
  // If the connection cannot be handed over now, rsnet tries again after as many reads.
  uses.delete(handle);
  if (isOrdinary(socket, handle)) goOver(socket);
}

/** @param {Socket} socket */
function goOver(socket) {
  /** @type {Buffer[]} */
  const unread = [];
  handOver(socket, { takeUnread: (chunk) => unread.push(chunk) });
  if (unread.length === 0) return;
  const chunk = Buffer.concat(unread);
  makeCallback(() => {
    if (!giveToUser(socket, chunk.length, chunk)) stopReading(socket);
  });
}

hooks.countUserRead = countUserRead;
