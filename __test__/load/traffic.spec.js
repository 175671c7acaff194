'use strict';

const crypto = require('crypto');
const { closed, connect, matrix, listen, once, tempPath } = require('../helpers');
const { random, randomBytes } = require('../helpers/random');

const CONNECTIONS = 12;
const BYTES = 1 << 20;
const source = randomBytes(1, 4 * BYTES);

/**
 * Send a part of `source` in chunks of random sizes and kinds, waiting for drain as often as not.
 *
 * @param {import('net').Socket} socket ended when all is written
 * @param {number} seed
 * @returns {Promise<string>} checksum of what was written
 */
async function send(socket, seed) {
  const next = random(seed);
  const hash = crypto.createHash('sha1');
  const start = next(source.length - BYTES);
  let position = 0;
  while (position < BYTES) {
    const size = Math.min(BYTES - position, next(4) === 0 ? next(200000) + 1 : next(3000) + 1);
    const chunk = source.subarray(start + position, start + position + size);
    position += size;
    hash.update(chunk);
    const kind = next(4);
    let more;
    if (kind === 0) more = socket.write(chunk.toString('latin1'), 'latin1');
    else if (kind === 1) more = socket.write(chunk.toString('hex'), 'hex');
    else if (kind === 2) more = socket.write(new Uint8Array(chunk));
    else more = socket.write(chunk);
    if (next(10) === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    if (!more && next(2)) await once(socket, 'drain');
  }
  socket.end();
  return hash.digest('hex');
}

/**
 * Read to the end, with pauses of some turns.
 *
 * @param {import('net').Socket} socket
 * @param {number} seed
 * @returns {Promise<string>} checksum of what was read
 */
function read(socket, seed) {
  const next = random(seed);
  const hash = crypto.createHash('sha1');
  return new Promise((resolve, reject) => {
    socket.on('data', (data) => {
      hash.update(data);
      if (next(8) !== 0) return;
      socket.pause();
      let turns = next(5) + 1;
      const wait = () => (--turns > 0 ? setImmediate(wait) : socket.resume());
      setImmediate(wait);
    });
    socket.once('end', () => resolve(hash.digest('hex')));
    socket.once('error', reject);
  });
}

describe.each(matrix)('%s client, %s server: traffic in both directions', (_c, _s, client, server) => {
  test.each([['TCP', 11], ['TCP', 12], ['Unix', 13], ['Unix', 14]])('over %s, seed %i', async (family, seed) => {
    const peers = new Map();
    const where = family === 'Unix' ? tempPath() : { port: 0, host: '127.0.0.1' };
    const hub = await listen(server, { listen: where, allowHalfOpen: true }, (socket) => {
      // The first byte tells which connection it is.
      socket.once('readable', () => {
        const [index] = socket.read(1) || [];
        if (index === undefined) return;
        peers.set(index, Promise.all([read(socket, seed + index), send(socket, seed * 100 + index)]));
        peers.get(index).socket = socket;
      });
    });
    const results = await Promise.all(Array.from({ length: CONNECTIONS }, async (_, index) => {
      const socket = connect(client, { ...hub.at, allowHalfOpen: true });
      socket.write(Buffer.from([index]));
      const both = await Promise.all([read(socket, seed * 7 + index), send(socket, seed * 1000 + index)]);
      await closed(socket);
      expect(socket.bytesWritten).toBe(BYTES + 1);
      expect(socket.bytesRead).toBe(BYTES);
      return both;
    }));
    expect(peers.size).toBe(CONNECTIONS);
    for (const [index, [got, sent]] of results.entries()) {
      const [peerGot, peerSent] = await peers.get(index);
      expect({ index, got, peerGot }).toEqual({ index, got: peerSent, peerGot: sent });
    }
  }, 60000);
});
