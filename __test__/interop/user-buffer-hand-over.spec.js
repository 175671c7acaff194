'use strict';

// Connections that read much into Buffers of the program's are given to the host's own handles. Programs see no
// difference.

const crypto = require('crypto');
const { once } = require('events');
const { AsyncLocalStorage } = require('async_hooks');
const { connect, describeRsnet, implementations, listen, tempPath, turn } = require('../helpers');

const CHUNK = 64 * 1024;
/** Enough for a hand-over, and much more. */
const DATA = crypto.randomBytes(12 << 20);

/**
 * @param {Buffer[]} chunks
 * @returns {string}
 */
const hash = (chunks) => chunks.reduce((sum, chunk) => sum.update(chunk), crypto.createHash('sha256')).digest('hex');

/** How a program gives its Buffers. */
const WAYS = {
  'one Buffer': () => Buffer.alloc(CHUNK),
  'some Buffers in turn': () => {
    const pool = [1, 2, 3].map(() => Buffer.alloc(CHUNK));
    let index = 0;
    return () => pool[index++ % pool.length];
  },
  'a Buffer for each read': () => () => Buffer.alloc(CHUNK),
};

describe.each(implementations)('a connection that reads much by onread, %s', (name, net) => {
  const isRsnet = name === 'rsnet';

  test.each(Object.entries(WAYS))('loses nothing, and counts on, with %s', async (way, make) => {
    const storage = new AsyncLocalStorage();
    const contexts = new Set();
    const server = await listen(net, (socket) => {
      socket.on('data', (data) => socket.write(data.toString() === 'go' ? DATA : data));
    });
    const got = [];
    let length = 0;
    let pauses = 0;
    const client = storage.run('connecting', () => connect(net, {
      ...server.at,
      onread: {
        buffer: make(),
        callback(count, buffer) {
          contexts.add(storage.getStore());
          got.push(Buffer.from(buffer.subarray(0, count)));
          length += count;
          if (length >= DATA.length) client.emit('complete');
          if (got.length % 20 !== 0) return true;
          pauses++;
          setImmediate(() => client.resume());
          return false;
        },
      },
    }));
    await once(client, 'connect');
    const before = client._handle;
    const ports = [client.localPort, client.remotePort];
    client.write('go');
    await once(client, 'complete');
    expect(hash(got)).toBe(hash([DATA]));
    expect(pauses).toBeGreaterThan(5);
    expect([client.bytesRead, client.bytesWritten]).toEqual([DATA.length, 2]);
    // V8 collects Buffers that are used once in time if rsnet reads.
    expect(client._handle === before).toBe(!isRsnet || way === 'a Buffer for each read');
    expect([client.localPort, client.remotePort]).toEqual(ports);
    expect([...contexts]).toEqual(['connecting']);
    client.write('more');
    while (length < DATA.length + 4) await turn();
    expect(got.at(-1).toString()).toBe('more');
    expect([client.bytesRead, client.bytesWritten]).toEqual([DATA.length + 4, 6]);
    client.end();
    const [hadError] = await once(client, 'close');
    expect(hadError).toBe(false);
    expect([client.bytesRead, client.bytesWritten]).toEqual([DATA.length + 4, 6]);
  });
});

describeRsnet('a connection that reads much by onread', (net) => {
  test.each([
    ['is told of descriptors', {}, (client) => client.on('descriptors', () => {})],
    ['closes within a bound', { linger: 1000 }, () => {}],
  ])('stays if it %s', async (_what, options, prepare) => {
    const where = 'linger' in options ? undefined : { path: tempPath() };
    const server = await listen(net, { listen: where }, (socket) => socket.end(DATA));
    let length = 0;
    const callback = (count) => {
      length += count;
      return true;
    };
    const client = connect(net, { ...server.at, ...options, onread: { buffer: Buffer.alloc(CHUNK), callback } });
    prepare(client);
    await once(client, 'connect');
    const before = client._handle;
    await once(client, 'end');
    expect(length).toBe(DATA.length);
    expect(client._handle).toBe(before);
  });
});
