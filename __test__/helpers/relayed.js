'use strict';

// Two connections that a relay joins, for the specs of `net.relay()`.

const { pair } = require('./resources');

/** A global costs a call in the contexts that jest makes. */
const { imul } = Math;

/** The options under which two connections differ. */
const half = { client: { allowHalfOpen: true }, server: { allowHalfOpen: true } };

/**
 * Two connections. `a` and `b` are what a proxy has: `left` is the other end of `a`, and `right` that of `b`.
 *
 * @param {typeof import('net')} net
 * @param {{path?: boolean, own?: object}} [options] whether `b` is a Unix socket; options of `a` and `b`
 * @returns {Promise<{left: import('net').Socket, a: import('net').Socket, b: import('net').Socket, right:
 *   import('net').Socket, servers: import('net').Server[]}>}
 */
async function twoPairs(net, { path = false, own = {} } = {}) {
  const [first, second] = await Promise.all([
    pair(net, net, { client: half.client, server: own }),
    pair(net, net, { path, client: own, server: half.server }),
  ]);
  return {
    left: first.client,
    a: first.peer,
    b: second.client,
    right: second.peer,
    servers: [first.server, second.server],
  };
}

/**
 * Bytes that differ from place to place.
 *
 * @param {number} length
 * @param {number} [seed=1]
 * @returns {Buffer}
 */
function pattern(length, seed = 1) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) words[i] = state = (imul(state, 1664525) + 1013904223) >>> 0;
  return Buffer.from(words.buffer, 0, length);
}

module.exports = { pattern, twoPairs };
