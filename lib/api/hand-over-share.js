'use strict';

// Which part of a server's connections goes over to handles of the host.

const { kPast } = require('../handle/symbols');

/**
 * From this share on, a connection is better the host's from the beginning. A hand-over, and the requests before it,
 * cost five times as much as rsnet's handle saves a connection of one request.
 */
const GIVES_MOST = 1 / 4;

/** How much the last connection counts, and all before it the rest. */
const LAST_SHARE = 1 / 16;

/**
 * Of so many connections that are better the host's, one begins with a handle of rsnet's, which shows whether it would
 * still be handed over. Each one doubles the interval, until one stays rsnet's: these connections are what costs such
 * a server more than the built-in's.
 */
const MIN_INTERVAL = 32;
const MAX_INTERVAL = 1024;

/**
 * @typedef {object} Past
 * @property {number} share from 0 to 1
 * @property {number} interval of connections that begin with rsnet's handle
 * @property {number} sinceSample connections since the last of them
 * @property {import('async_hooks').AsyncResource} [scope] in which the host's handles are made
 */

/**
 * @param {AnyHandle} listening
 * @returns {Past|undefined} undefined: none of its connections was handed over
 */
function pastOf(listening) {
  return listening[kPast];
}

/**
 * Takes note of a connection that began with a handle of rsnet's.
 *
 * @param {Socket} socket which was accepted, or has connected
 * @param {boolean} isHosts whether the host has got it, and could have had it from the beginning
 */
function noteOutcome(socket, isHosts) {
  const listening = socket._server?._handle;
  if (!listening) return;
  const past = listening[kPast];
  if (past !== undefined) {
    past.share += (Number(isHosts) - past.share) * LAST_SHARE;
    if (!isHosts) past.interval = MIN_INTERVAL;
  } else if (isHosts) {
    listening[kPast] = { share: LAST_SHARE, interval: MIN_INTERVAL, sinceSample: 0 };
  }
}

/**
 * Counts a connection, and chooses the last of each interval.
 *
 * @param {Past} past of a server whose next connection is better the host's
 * @returns {boolean} whether it is to begin with rsnet's handle all the same
 */
function drawSample(past) {
  past.sinceSample++;
  if (past.sinceSample < past.interval) return false;
  past.sinceSample = 0;
  past.interval = Math.min(2 * past.interval, MAX_INTERVAL);
  return true;
}

module.exports = { GIVES_MOST, drawSample, noteOutcome, pastOf };
