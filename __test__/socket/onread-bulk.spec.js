'use strict';

// Connections that read much into Buffers of the program's.

const crypto = require('crypto');
const { once } = require('events');
const { AsyncLocalStorage } = require('async_hooks');
const { connect, describeRsnet, implementations, listen, turn } = require('../helpers');

const CHUNK = 64 * 1024;
/** Some hundred large reads. */
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

describe.each(implementations)('a connection that reads much by onread, %s', (_name, net) => {
  test.each(Object.entries(WAYS))('loses nothing, and counts on, with %s', async (_way, make) => {
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
    const ports = [client.localPort, client.remotePort];
    client.write('go');
    await once(client, 'complete');
    expect(hash(got)).toBe(hash([DATA]));
    expect(pauses).toBeGreaterThan(5);
    expect([client.bytesRead, client.bytesWritten]).toEqual([DATA.length, 2]);
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

// The built-in goes on to write where the memory was.
describeRsnet('a connection that reads much by onread', (net) => {
  test('ends when its Buffer is detached, at any time', async () => {
    const server = await listen(net, (socket) => socket.on('error', () => {}).end(DATA));
    const buffer = Buffer.alloc(CHUNK);
    let reads = 0;
    const callback = () => {
      if (++reads === 100) setImmediate(() => structuredClone(buffer, { transfer: [buffer.buffer] }));
      return true;
    };
    const client = connect(net, { ...server.at, onread: { buffer, callback } });
    const [error] = await once(client, 'error');
    expect(error.code).toBe('ENOBUFS');
    expect(client.bytesRead).toBeLessThan(DATA.length);
  });
});
