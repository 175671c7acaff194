'use strict';

const builtin = require('net');
const { kPendingRead } = require('../../lib/handle/symbols');
const { closed, connect, describeRsnet, implementations, listen, once, pair } = require('../helpers');

/** A read of fewer bytes may come with others of the same turn; all reads here are. */
const MESSAGE = 3000;

/** Most of it comes in reads of 64 KiB, the most that one read brings. */
const BULK = 1024 * 1024;

/**
 * One chunk of each of so many connections; those of one turn of the event loop.
 *
 * @param {typeof import('net')} net
 * @param {number} count
 * @param {number} length of each
 * @param {(chunk: Buffer, index: number) => void} use called in each 'data' listener
 * @returns {Promise<string[]>} what arrived, in the order of the connections, as latin1
 */
async function chunks(net, count, length, use) {
  const server = await listen(net);
  const pairs = [];
  for (let i = 0; i < count; i++) {
    const connection = once(server, 'connection');
    const client = connect(builtin, server.at);
    pairs.push({ client, peer: (await connection)[0] });
  }
  const arrived = pairs.map(({ peer }, index) => new Promise((resolve) => {
    let text = '';
    peer.on('data', (chunk) => {
      text += chunk.latin1Slice();
      use(chunk, index);
      if (text.length === length) resolve(text);
    });
  }));
  for (const [index, { client }] of pairs.entries()) client.write(Buffer.alloc(length, 97 + index % 26));
  return Promise.all(arrived);
}

/**
 * @param {number} count
 * @param {number} length
 * @returns {string[]} what `chunks` gives
 */
function wanted(count, length) {
  return Array.from({ length: count }, (_, index) => String.fromCharCode(97 + index % 26).repeat(length));
}

describe.each(implementations)('%s: memory of what was read', (name, net) => {
  test('thousands of Buffers that are kept never change', async () => {
    const { client, peer } = await pair(net);
    const other = await pair(net);
    const kept = [];
    for (const socket of [peer, other.peer, client, other.client]) socket.setNoDelay(true);
    for (const socket of [peer, other.peer]) {
      socket.on('data', (chunk) => {
        kept.push([chunk, Buffer.from(chunk)]);
        socket.write(chunk.subarray(0, 1));
      });
    }
    let replies = 0;
    const echoed = new Promise((resolve) => {
      // One message after the other, of sizes up to 3,000 bytes; some large ones between them.
      const send = (socket, i) => {
        if (i === 2000) {
          if (++replies === 2) resolve();
          return;
        }
        socket.write(Buffer.alloc(i % 100 === 0 ? 70000 : 1 + (i * 37) % MESSAGE, i));
        socket.once('data', () => send(socket, i + 1));
      };
      send(client, 0);
      send(other.client, 0);
    });
    await echoed;
    expect(kept.length).toBeGreaterThanOrEqual(4000);
    expect(kept.every(([chunk, copy]) => chunk.equals(copy))).toBe(true);
  });

  test('a Buffer has an ArrayBuffer of its own, which it fills', async () => {
    const seen = new Set();
    await chunks(net, 20, 64, (chunk) => {
      expect([chunk.byteOffset, chunk.buffer.byteLength]).toEqual([0, chunk.length]);
      seen.add(chunk.buffer);
    });
    await chunks(net, 20, MESSAGE, (chunk) => {
      expect([chunk.byteOffset, chunk.buffer.byteLength]).toEqual([0, chunk.length]);
      seen.add(chunk.buffer);
    });
    expect(seen.size).toBeGreaterThanOrEqual(40);
    let large = 0;
    await chunks(net, 4, BULK, (chunk) => {
      expect(chunk.byteOffset).toBe(0);
      // Newer versions of the built-in leave an ArrayBuffer as it is that the read almost fills.
      if (net === builtin && chunk.length > 48 * 1024) expect([chunk.length, 65536]).toContain(chunk.buffer.byteLength);
      else expect(chunk.buffer.byteLength).toBe(chunk.length);
      expect(seen.has(chunk.buffer)).toBe(false);
      seen.add(chunk.buffer);
      if (chunk.length === 65536) large++;
    });
    expect(large).toBeGreaterThan(0);
  });

  const takes = {
    'transferred by structuredClone': (chunk) => {
      const { length } = chunk;
      expect(structuredClone(chunk, { transfer: [chunk.buffer] }).length).toBe(length);
      expect(chunk.length).toBe(0);
    },
    'posted to another port': (chunk) => {
      const { port1, port2 } = new MessageChannel();
      port1.postMessage(chunk, [chunk.buffer]);
      expect(chunk.length).toBe(0);
      port1.close();
      port2.close();
    },
    'given to a byte stream': (chunk) => {
      new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(chunk) });
      expect(chunk.length).toBe(0);
    },
    'overwritten by way of its ArrayBuffer': (chunk) => new Uint8Array(chunk.buffer).fill(0),
  };

  test.each(Object.keys(takes))('chunks of one turn that are %s take nobody else\'s bytes along', async (how) => {
    for (const [length, count] of [[5, 16], [64, 16], [200, 16], [MESSAGE, 16], [BULK, 4]]) {
      const kept = [];
      const texts = await chunks(net, count, length, (chunk, index) => {
        if (index % 2 === 0) takes[how](chunk);
        else kept.push([chunk, chunk.latin1Slice()]);
      });
      expect(texts).toEqual(wanted(count, length));
      for (const [chunk, text] of kept) expect(chunk.latin1Slice()).toBe(text);
    }
  });
});

/** What happens to the buffer of `onread` between two reads, and the bytes that it has room for then. */
const changes = {
  'detached': [(memory) => structuredClone(memory, { transfer: [memory] }), 0],
  'shrunk to nothing': [(memory) => memory.resize(0), 0],
  'shrunk': [(memory) => memory.resize(4), 4],
  'grown': [(memory) => memory.resize(64), 64],
};

/**
 * Read by `onread` with a buffer of 16 bytes that changes after the first read.
 *
 * @param {typeof import('net')} net
 * @param {string} change
 * @param {boolean} made whether a function gives the buffer
 * @returns {Promise<any[]>} the reads: bytes, length of the buffer, text; the error's code
 */
async function readInto(net, change, made) {
  const memory = new ArrayBuffer(16, { maxByteLength: 64 });
  const buffer = new Uint8Array(memory);
  const log = [];
  const server = await listen(builtin);
  const connection = once(server, 'connection');
  const callback = (count, target) => {
    log.push([count, target.length, Buffer.from(target.subarray(0, count)).toString()]);
    if (log.length === 1) changes[change][0](memory);
    if (log.length === 3) server.peer.end();
    else server.peer.write('next');
    return true;
  };
  const client = connect(net, { ...server.at, onread: { buffer: made ? () => buffer : buffer, callback } });
  client.on('error', ({ code, syscall }) => log.push(`${syscall} ${code}`));
  [server.peer] = await connection;
  server.peer.on('error', () => {});
  server.peer.write('first');
  await closed(client);
  return log;
}

describe.each(implementations)('%s: the buffer of onread', (name, net) => {
  test.each(['detached', 'shrunk to nothing'])('one that a function gives, %s, ends the socket', async (change) => {
    expect(await readInto(net, change, true)).toEqual([[5, 16, 'first'], 'read ENOBUFS']);
  });

  test.each(['shrunk', 'grown'])('one that was %s is used as it is', async (change) => {
    const [, room] = changes[change];
    const reads = [[5, 16, 'first'], [4, room, 'next'], [4, room, 'next']];
    expect(await readInto(net, change, true)).toEqual(reads);
    expect(await readInto(net, change, false)).toEqual(reads);
  });

  test.each([[undefined], [new Uint16Array(8)]])('a function that gives %p first: no room', async (first) => {
    const server = await listen(builtin, (socket) => socket.end('lost'));
    const reads = [];
    const callback = (...args) => reads.push(args);
    await closed(connect(net, { ...server.at, onread: { buffer: () => first, callback } }));
    expect(reads).toEqual([[4, true]]);
  });

  test('shared memory is filled', async () => {
    const server = await listen(builtin, (socket) => socket.end('shared'));
    const buffer = new Uint8Array(new SharedArrayBuffer(16));
    const reads = [];
    const callback = (count) => reads.push(Buffer.from(buffer.subarray(0, count)).toString());
    await closed(connect(net, { ...server.at, onread: { buffer, callback } }));
    expect(reads).toEqual(['shared']);
  });
});

describeRsnet('rsnet: what was kept while a socket did not read', (net) => {
  test('comes in Buffers with ArrayBuffers of their own', async () => {
    const { client, peer } = await pair(net);
    client._handle.reading = false;
    client._handle.readStop();
    // As a relay leaves it that is taken back.
    client._handle[kPendingRead] = Buffer.alloc(150_000, 'kept');
    const got = [];
    client.on('data', (chunk) => {
      got.push(Buffer.from(chunk));
      expect([chunk.byteOffset, chunk.buffer.byteLength]).toEqual([0, chunk.length]);
      expect(structuredClone(chunk, { transfer: [chunk.buffer] }).length).toBe(got.at(-1).length);
      expect(chunk.length).toBe(0);
    });
    client._handle.reading = true;
    client._handle.readStart();
    peer.end('end');
    await once(client, 'end');
    expect(Buffer.concat(got).equals(Buffer.from(`${'kept'.repeat(37_500)}end`))).toBe(true);
  });
});

// The built-in goes on to write where the buffer's memory was, which may belong to somebody else by then.
describeRsnet('rsnet: the one buffer of onread', (net) => {
  test.each(['detached', 'shrunk to nothing'])('%s ends the socket', async (change) => {
    expect(await readInto(net, change, false)).toEqual([[5, 16, 'first'], 'read ENOBUFS']);
  });
});
