'use strict';

const { closed, connect, implementations, listen, matrix, once, pair, traceTest } = require('../helpers');

describe.each(matrix)('%s client, %s server: onread', (clientName, serverName, clientNet, serverNet) => {
  test('fills the given buffer and calls back with the count', async () => {
    const server = await listen(serverNet, (peer) => peer.end('0123456789'));
    const buffer = Buffer.alloc(4);
    const parts = [];
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer,
        callback(count, given) {
          expect(this).toBe(socket);
          expect(given).toBe(buffer);
          parts.push(given.toString('latin1', 0, count));
        },
      },
    });
    socket.on('data', () => parts.push('a data event'));
    await closed(socket);
    expect(parts.join('')).toBe('0123456789');
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(4);
    expect(socket.bytesRead).toBe(10);
  });

  test('takes a Uint8Array as the buffer', async () => {
    const server = await listen(serverNet, (peer) => peer.end('abc'));
    const buffer = new Uint8Array(10);
    let text = '';
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer,
        callback: (count, given) => {
          text += String.fromCharCode(...given.subarray(0, count));
        },
      },
    });
    await closed(socket);
    expect(text).toBe('abc');
  });

  test('asks a buffer function for each read', async () => {
    const server = await listen(serverNet, (peer) => peer.end('0123456789'));
    const made = [];
    const seen = [];
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer() {
          made.push(Buffer.alloc(3));
          return made[made.length - 1];
        },
        callback(count, given) {
          expect(given).toBe(made[seen.length]);
          seen.push(given.toString('latin1', 0, count));
        },
      },
    });
    await closed(socket);
    expect(seen.join('')).toBe('0123456789');
    expect(made.length).toBeGreaterThanOrEqual(seen.length);
    expect(new Set(made).size).toBe(made.length);
  });

  test('returning false pauses until resume()', async () => {
    const server = await listen(serverNet, (peer) => peer.end('0123456789'));
    const parts = [];
    let running = false;
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer: Buffer.alloc(5),
        callback(count, given) {
          expect(running).toBe(false);
          running = true;
          parts.push(given.toString('latin1', 0, count));
          setImmediate(() => {
            running = false;
            socket.resume();
          });
          return false;
        },
      },
    });
    await closed(socket);
    expect(parts.join('')).toBe('0123456789');
  });

  test('pause() in the callback works as well', async () => {
    const server = await listen(serverNet, (peer) => peer.end('0123456789'));
    const parts = [];
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer: Buffer.alloc(5),
        callback(count, given) {
          expect(socket.isPaused()).toBe(false);
          parts.push(given.toString('latin1', 0, count));
          socket.pause();
          setImmediate(() => socket.resume());
        },
      },
    });
    await closed(socket);
    expect(parts.join('')).toBe('0123456789');
  });

  test('several sockets may share a buffer', async () => {
    const server = await listen(serverNet, (peer) => peer.end(peer.remotePort.toString().repeat(1000)));
    const buffer = Buffer.alloc(64);
    const texts = await Promise.all(Array.from({ length: 20 }, async () => {
      let text = '';
      const socket = connect(clientNet, {
        ...server.at,
        onread: {
          buffer,
          callback(count, given) {
            text += given.toString('latin1', 0, count);
          },
        },
      });
      await once(socket, 'connect');
      const expected = socket.localPort.toString().repeat(1000);
      await closed(socket);
      return [text, expected];
    }));
    for (const [text, expected] of texts) expect(text).toBe(expected);
  });

  test('the buffer may grow and shrink from read to read', async () => {
    const data = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));
    const server = await listen(serverNet, (peer) => peer.end(data));
    const sizes = [1, 700, 3, 20_000, 64];
    const parts = [];
    let reads = 0;
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer: () => Buffer.alloc(sizes[reads++ % sizes.length]),
        callback: (count, given) => {
          parts.push(Buffer.from(given.subarray(0, count)));
        },
      },
    });
    await closed(socket);
    expect(Buffer.concat(parts).equals(data)).toBe(true);
  });

  test('a large transfer arrives complete and in order', async () => {
    const sent = Buffer.alloc(1 << 20, 'rsnet onread ');
    const server = await listen(serverNet, (peer) => peer.end(sent));
    const received = [];
    const socket = connect(clientNet, {
      ...server.at,
      onread: {
        buffer: Buffer.alloc(1000),
        callback: (count, given) => {
          received.push(Buffer.from(given.subarray(0, count)));
        },
      },
    });
    await closed(socket);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });
});

describe.each(implementations)('%s: onread without effect', (name, net) => {
  test('an accepted connection is not affected by the client option', async () => {
    const { client, peer } = await pair(net, net, {
      client: { onread: { buffer: Buffer.alloc(8), callback() {} } },
    });
    client.write('x');
    const [chunk] = await once(peer, 'data');
    expect(String(chunk)).toBe('x');
  });
});

describe('onread events', () => {
  traceTest('end and close follow the last callback', async (t) => {
    const server = await t.listen((peer) => peer.end('abcdef'));
    const socket = t.watch(
      t.net.connect({
        ...server.at,
        onread: {
          buffer: Buffer.alloc(6),
          callback(count, given) {
            t.note('socket', 'onread', count, Buffer.from(given));
            t.ticks('socket', 'onread');
          },
        },
      }),
      'socket',
    );
    await closed(socket);
  });

  traceTest('an incomplete onread option is ignored', async (t) => {
    const shapes = [
      { buffer: Buffer.alloc(4) },
      { callback() {} },
      { buffer: 'text', callback() {} },
      {},
      { buffer: new Float64Array(2), callback() {} },
    ];
    for (const [index, onread] of shapes.entries()) {
      const server = await t.listen((peer) => peer.end('abcdef'));
      const socket = t.watch(t.net.connect({ ...server.at, onread }), `socket ${index}`);
      socket.resume();
      await closed(socket);
    }
  });

  traceTest('bytesRead counts what was read into the buffer', async (t) => {
    const server = await t.listen((peer) => peer.end('abcdef'));
    const socket = t.watch(
      t.net.connect({
        ...server.at,
        onread: {
          buffer: Buffer.alloc(2),
          callback() {
            t.note('socket', socket.bytesRead);
          },
        },
      }),
      'socket',
    );
    await closed(socket);
    t.note('socket', socket.bytesRead);
  });
});
