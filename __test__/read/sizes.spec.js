'use strict';

// How many bytes a chunk may have: programs size their own buffers by what the built-in reads at most.

const { implementations, listen, matrix, once, pair, track, turn } = require('../helpers');

/** As much as the built-in takes by one read. */
const USUAL = 64 * 1024;

const SENT = 4 << 20;

describe.each(matrix)('%s reader, %s writer', (readerName, writerName, readerNet, writerNet) => {
  test.each([[false], [true]])('no chunk is larger than 65,536 bytes (path: %p)', async (path) => {
    const { client, peer } = await pair(readerNet, writerNet, { path });
    let largest = 0;
    client.on('data', (chunk) => { largest = Math.max(largest, chunk.length); });
    peer.end(Buffer.alloc(SENT));
    await once(client, 'end');
    expect(client.bytesRead).toBe(SENT);
    expect(largest).toBeLessThanOrEqual(USUAL);
  });
});

describe.each(implementations)('%s', (name, net) => {
  test('a chunk is not larger than a highWaterMark that asks for more', async () => {
    const server = await listen(net, {}, (peer) => track(peer).end(Buffer.alloc(SENT, 'x')));
    for (const highWaterMark of [100_000, 1 << 20]) {
      const client = track(net.connect({ ...server.at, highWaterMark }));
      let largest = 0;
      client.on('data', (chunk) => { largest = Math.max(largest, chunk.length); });
      await once(client, 'end');
      expect(client.bytesRead).toBe(SENT);
      expect(largest).toBeLessThanOrEqual(highWaterMark);
      client.destroy();
    }
  });

  test('a new buffer of onread is filled, though the one before was smaller', async () => {
    const sizes = [10, 1000, 20, 3000, 30_000];
    const counts = [];
    const whole = Buffer.alloc(sizes.reduce((sum, size) => sum + size), 'abcdefghij');
    const received = [];
    const server = await listen(net, { pauseOnConnect: true }, track);
    const accepted = once(server, 'connection');
    let made = 0;
    let onAll;
    const all = new Promise((resolve) => { onAll = resolve; });
    const client = track(net.connect({
      ...server.at,
      onread: {
        buffer: () => Buffer.alloc(sizes[Math.min(made++, sizes.length - 1)]),
        callback(count, buffer) {
          counts.push(count);
          received.push(Buffer.from(buffer.subarray(0, count)));
          if (counts.length === sizes.length) onAll();
        },
      },
    }));
    client.pause();
    const [peer] = await accepted;
    await new Promise((resolve) => peer.write(whole, resolve));
    await turn(3);
    client.resume();
    await all;
    expect(Buffer.concat(received).equals(whole)).toBe(true);
    expect(counts).toEqual(sizes);
    client.destroy();
    peer.destroy();
  });
});
