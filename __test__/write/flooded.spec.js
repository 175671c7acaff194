'use strict';

// A write that waits, on a connection whose peer never stops sending.

const { implementations, pair } = require('../helpers');

const CHUNK = Buffer.alloc(64 * 1024, 1);

/**
 * Sends without end.
 * @param {import('net').Socket} socket
 */
function flood(socket) {
  socket.on('error', () => {});
  const send = () => {
    while (!socket.destroyed && socket.write(CHUNK));
    if (!socket.destroyed) socket.once('drain', send);
  };
  send();
}

describe.each(implementations)('on a connection by %s that is flooded', (_name, net) => {
  // Whether the kernel takes the rest before the next bytes have come is chance.
  test.each([1, 2, 3, 4])('a large write goes out, time %d', async () => {
    const { client, peer } = await pair(net, net);
    flood(peer);
    await new Promise((resolve) => {
      client.on('data', () => {
        if (client.bytesRead > 100_000_000) resolve();
      });
    });
    const written = new Promise((resolve) => {
      client.write(Buffer.alloc(24_000_000), resolve);
    });
    setTimeout(() => peer.resume(), 200);
    expect(await written).toBeFalsy();
    client.destroy();
    peer.destroy();
  });
});
