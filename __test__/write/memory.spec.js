'use strict';

const builtin = require('net');
const { closed, collect, connect, implementations, listen, once, pair, spawnNode } = require('../helpers');

/**
 * A Buffer, and something that takes its memory away or changes how much there is.
 *
 * @typedef {object} Case
 * @property {Buffer} buffer
 * @property {() => void} change
 */

/** What becomes of the 1,000 bytes of a Buffer that was given to `write` and not sent yet. */
const changes = {
  'is detached': () => {
    const buffer = Buffer.from(new ArrayBuffer(1000)).fill('x');
    return { buffer, change: () => structuredClone(buffer.buffer, { transfer: [buffer.buffer] }) };
  },
  'has its ArrayBuffer shrunk': () => {
    const memory = new ArrayBuffer(1000, { maxByteLength: 2000 });
    return { buffer: Buffer.from(memory, 0, 1000).fill('x'), change: () => memory.resize(300) };
  },
  'lies behind the end of a shrunk ArrayBuffer': () => {
    const memory = new ArrayBuffer(2000, { maxByteLength: 2000 });
    return { buffer: Buffer.from(memory, 1000, 1000).fill('x'), change: () => memory.resize(300) };
  },
};

/** Ways to have a write wait in the socket. */
const waits = {
  'while it connects': async (net, server) => connect(net, server.at),
  'behind a write that the kernel does not take': async (net, server) => {
    const client = connect(net, server.at);
    await once(client, 'connect');
    client.write(Buffer.alloc(8 << 20, 'b'));
    return client;
  },
  'while it is corked': async (net, server) => {
    const client = connect(net, server.at);
    await once(client, 'connect');
    client.cork();
    client.write('first');
    return client;
  },
};

describe.each(implementations)('%s: memory of a write', (name, net) => {
  test('a Buffer that nobody else refers to stays until it was sent', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const { createHash } = require('crypto');
      const wanted = createHash('sha1');
      const got = createHash('sha1');
      let peer;
      let length = 0;
      // Each has memory of its own, so that it is freed at once when nothing keeps it.
      const filled = (i) => Buffer.allocUnsafeSlow(1 + (i * 7919) % 60000).fill(i);
      const server = net.createServer({ pauseOnConnect: true }, (socket) => {
        peer = socket;
        const client = server.client;
        for (let i = 0; i < 400; i++) {
          const buffer = filled(i);
          wanted.update(buffer);
          if (i % 9 === 0) client.cork();
          client.write(buffer);
          if (i % 9 === 8) client.uncork();
          if (i % 40 === 0) global.gc();
        }
        client.end();
        for (let i = 0; i < 6; i++) {
          global.gc();
          // What was freed is used again.
          for (let j = 0; j < 400; j++) filled(j).fill(255);
        }
        setImmediate(() => {
          global.gc();
          peer.on('data', (data) => {
            got.update(data);
            length += data.length;
            if (length % 7 === 0) global.gc();
          });
          peer.on('end', () => {
            console.log(length > 1e6 && got.digest('hex') === wanted.digest('hex'));
            peer.end();
            server.close();
          });
          peer.resume();
        });
      });
      server.listen(0, '127.0.0.1', () => {
        server.client = net.connect(server.address().port, '127.0.0.1').resume();
      });
    }, { flags: ['--expose-gc'] });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'true\n', stderr: '', code: 0 });
  });

  describe.each(Object.keys(waits))('%s', (wait) => {
    test.each(Object.keys(changes))('a Buffer that %s sends nothing', async (change) => {
      const server = await listen(builtin, { pauseOnConnect: true });
      const connection = once(server, 'connection');
      const client = await waits[wait](net, server);
      const made = changes[change]();
      const written = new Promise((resolve) => { client.write(made.buffer, resolve); });
      made.change();
      expect(made.buffer.length).toBe(0);
      client.uncork();
      client.end('end');
      const [peer] = await connection;
      const received = await collect(peer.resume(), 'latin1');
      expect(await written == null).toBe(true);
      expect(received.replace(/b+/, '').replace('first', '')).toBe('end');
      expect(client.bytesWritten).toBe(received.length);
      peer.end();
      await closed(client.resume());
    });
  });

  test('a Buffer over a SharedArrayBuffer is sent, one that grows as long as it was', async () => {
    const shared = Buffer.from(new SharedArrayBuffer(1000)).fill('s');
    const memory = new ArrayBuffer(1000, { maxByteLength: 2000 });
    const growing = Buffer.from(memory, 0, 1000).fill('g');
    const { client, peer } = await pair(net);
    const received = collect(peer, 'latin1');
    client.cork();
    client.write(shared);
    client.write(growing);
    memory.resize(2000);
    client.uncork();
    client.end();
    expect(await received).toBe('s'.repeat(1000) + 'g'.repeat(1000));
  });

  test('shared memory that a thread changes meanwhile gives bytes of before or after', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const { Worker } = require('worker_threads');
      const memory = new SharedArrayBuffer(1 << 16);
      const flag = new SharedArrayBuffer(4);
      const view = new Uint8Array(memory).fill(1);
      const worker = new Worker(`
        const { workerData: { memory, flag } } = require('worker_threads');
        const view = new Uint8Array(memory);
        const stop = new Int32Array(flag);
        for (let i = 0; Atomics.load(stop, 0) === 0; i++) view.fill(1 + i % 2);
      `, { eval: true, workerData: { memory, flag } });
      const server = net.createServer((peer) => {
        let length = 0;
        let fine = true;
        peer.on('data', (data) => {
          length += data.length;
          fine &&= data.every((byte) => byte === 1 || byte === 2);
        });
        peer.on('end', () => {
          Atomics.store(new Int32Array(flag), 0, 1);
          console.log(fine && length === 200 * view.length);
          peer.end();
          server.close();
        });
      });
      worker.once('online', () => server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1').resume();
        for (let i = 0; i < 200; i++) client.write(view);
        client.end();
      }));
    });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'true\n', stderr: '', code: 0 });
  });
});
