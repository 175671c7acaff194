'use strict';

// Pipes of two sockets, whose bytes the engine moves while they come in bulk (lib/api/pipe-relay.js), for their specs.
// `right` does not read before the program has acted, so there are bytes everywhere on the way.

const { implementations } = require('./implementations');
const { turn } = require('./events');
const { pattern, twoPairs } = require('./relayed');

const onLinux = process.platform === 'linux';
const TOTAL = 12_000_000;
const bytes = pattern(TOTAL);

/** Reads a chunk, waits for some turns of the event loop, and so on. */
function readSlowly(socket) {
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
}

/**
 * @param {string} name of the implementation
 * @param {typeof import('net')} net
 * @returns {object} what the specs of pipes have
 */
function toolsFor(name, net) {
  const isOwn = name === 'rsnet' && onLinux;

  /** @returns {boolean} whether the engine moves bytes from or to the socket. Looking does not end that. */
  function isRelayed(socket) {
    const { kHandle } = require('../../lib/handle/socket-symbols');
    const { kRelay } = require('../../lib/handle/symbols');
    return socket[kHandle]?.[kRelay] !== undefined;
  }

  /**
   * Resolves in the middle of the stream.
   *
   * @returns {Promise<boolean>} whether the engine moves its bytes, if that is rsnet. On a busy machine it may have
   *   given them back.
   */
  async function midStream(a) {
    if (!isOwn) {
      // How much fits into the buffers of a Unix-domain socket depends on the sizes of the reads before.
      while (a.bytesRead < 300_000 && a.readableFlowing !== false) await turn();
      return true;
    }
    let isOver = false;
    a.on('close', () => { isOver = true; });
    a.on('end', () => { isOver = true; });
    const until = Date.now() + 5000;
    while (!isRelayed(a) && !isOver && Date.now() < until) await turn();
    for (let turns = 0; turns < 5; turns++) await turn();
    return isRelayed(a);
  }

  /** What 'end', 'finish', 'unpipe', 'error' and 'close' a socket emits. */
  function recorded(socket) {
    const seen = [];
    for (const event of ['end', 'finish', 'unpipe', 'error', 'close']) {
      socket.on(event, (value) => seen.push(event === 'error' || event === 'close' ? `${event} ${value}` : event));
    }
    return seen;
  }

  /** What the source has read is in the destination, or in the stream. On its way may be one read of another thread. */
  function expectCounted(a, b) {
    const others = a.bytesRead - b.bytesWritten - a.readableLength;
    expect(others).toBeGreaterThanOrEqual(0);
    // Threads of the tokio backend read 512 KiB ahead, which count once the relay has taken them.
    expect(others).toBeLessThanOrEqual(process.env.RSNET_BACKEND === 'tokio' ? 9 * 65536 : 65536);
  }

  /** Two connections whose middle is piped one way, and in the middle of that. */
  async function oneWay() {
    for (;;) {
      const sockets = await twoPairs(net, { own: { allowHalfOpen: true } });
      const { left, a, b, right } = sockets;
      for (const socket of [left, right]) socket.on('error', () => {});
      a.pipe(b);
      left.end(bytes);
      if (await midStream(a)) return sockets;
      for (const socket of [left, a, b, right]) socket.destroy();
    }
  }

  return { expectCounted, isOwn, isRelayed, midStream, net, oneWay, recorded };
}

/**
 * Describes pipes by both implementations.
 *
 * @param {function(object): void} define gets what `toolsFor` gives
 * @returns {void}
 */
function describePipes(define) {
  describe.each(implementations)('pipes by %s', (name, net) => define(toolsFor(name, net)));
}

module.exports = { TOTAL, bytes, describePipes, onLinux, readSlowly };
