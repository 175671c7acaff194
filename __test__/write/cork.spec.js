'use strict';

const {
  closed,
  collect,
  implementations,
  matrix,
  once,
  pair,
  receive,
  thrownBy,
  traceTest,
  track,
  turn,
} = require('../helpers');

describe.each(matrix)('%s client, %s server: cork', (clientName, serverName, clientNet, serverNet) => {
  test('holds writes back until uncork, then sends them as one', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const chunks = [];
    peer.on('data', (chunk) => chunks.push(String(chunk)));
    client.cork();
    client.write('one ');
    client.write(Buffer.from('two '));
    client.write('drei', 'latin1');
    expect(client.writableCorked).toBe(1);
    expect(client.writableLength).toBe(12);
    client.uncork();
    await once(peer, 'data');
    expect(chunks).toEqual(['one two drei']);
  });

  test('nests', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    client.cork();
    client.cork();
    client.write('a');
    client.uncork();
    expect(client.writableLength).toBe(1);
    client.write('b');
    client.uncork();
    expect(String(await receive(peer, 2))).toBe('ab');
  });

  test('end uncorks', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    client.cork();
    client.write('left ');
    client.end('over');
    expect(await collect(peer, 'utf8')).toBe('left over');
  });

  test('many and mixed chunks keep their order', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const expected = [];
    client.cork();
    for (let i = 0; i < 3000; i++) {
      const encoding = ['utf8', 'latin1', 'hex', 'utf16le', 'base64'][i % 5];
      const text = i % 5 === 2 ? 'beef' : `part ${i} ÿ`;
      expected.push(Buffer.from(text, encoding));
      if (i % 7 === 0) client.write(Buffer.from(text, encoding));
      else client.write(text, encoding);
    }
    process.nextTick(() => client.uncork());
    const received = collect(peer);
    setImmediate(() => client.end());
    expect((await received).equals(Buffer.concat(expected))).toBe(true);
  });

  test('more than the kernel takes at once', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const parts = Array.from({ length: 40 }, (_, index) => Buffer.alloc(1 << 20, `part ${index}`));
    client.cork();
    for (const part of parts) client.write(part);
    client.uncork();
    client.end();
    expect((await collect(peer)).equals(Buffer.concat(parts))).toBe(true);
    expect(client.bytesWritten).toBe(40 << 20);
  });
});

describe.each(matrix)('%s client, %s server: a header and its body', (_client, _server, clientNet, serverNet) => {
  test('arrive in order, also when the kernel takes no more', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    peer.pause();
    const sent = [];
    let written = 0;
    // The kernel takes some MB of a connection that nobody reads.
    for (let i = 0; i < 600; i++) {
      const header = Buffer.from([i, i >> 8, 7]);
      const body = Buffer.alloc(14000 + i, `body ${i}`);
      sent.push(header, body);
      client.cork();
      client.write(header);
      client.write(body, () => { written++; });
      client.uncork();
    }
    expect(written).toBeLessThan(600);
    client.end();
    expect((await collect(peer.resume())).equals(Buffer.concat(sent))).toBe(true);
    expect(written).toBe(600);
    expect(client.bytesWritten).toBe(Buffer.concat(sent).length);
  });
});

describe('traces of cork', () => {
  traceTest('callbacks, counters and drain', async (t) => {
    const { client, peer } = await pair(t.net, t.net, { client: { highWaterMark: 20 } });
    t.watch(client, 'client');
    peer.resume();
    client.cork();
    for (const text of ['12345', '1234567890', 'abcdefghij', 'x']) {
      t.call('client', 'write', () => client.write(text, t.callback('client', `${text} written`)));
      t.note('client', client.writableLength, client.bytesWritten, client.writableNeedDrain);
    }
    t.call('client', 'uncork', () => client.uncork());
    t.note('client', client.writableLength, client.bytesWritten);
    await once(client, 'drain');
    t.note('client', client.writableLength, client.bytesWritten);
  });

  const mixed = {
    'strings in every encoding, and Buffers': [
      ['ä€𝄞', 'utf8'], [Buffer.from('|')], ['äö', 'latin1'], ['\u0120', 'binary'], ['plain ü', 'ascii'], ['', 'utf8'],
      ['wide', 'utf16le'], ['w', 'ucs2'], ['deadbeef', 'hex'], ['0123', 'base64'], ['-_', 'base64url'],
      ['\ud800', 'UTF-8'], [new Uint8Array([1, 2])], [Buffer.alloc(0)],
    ],
    'strings that decode to nothing': [['zz', 'hex'], ['', 'latin1']],
    'more than is copied together': [['x'.repeat(40000), 'latin1'], ['ü'.repeat(40000), 'utf8'], [Buffer.alloc(9000)]],
    'one that is not copied': [[Buffer.alloc(15000, 'b')]],
    'as many as one system call takes': Array.from({ length: 1023 }, (_, i) => [`${i}`, 'latin1']),
    'one more': Array.from({ length: 1024 }, (_, i) => [Buffer.from(`${i}`)]),
    'many of a few bytes': Array.from({ length: 2000 }, (_, i) => (i % 2 ? [`${i}`, 'latin1'] : [Buffer.from(`${i}`)])),
    'many of more bytes': Array.from({ length: 1100 }, () => [Buffer.alloc(600)]),
  };
  for (const [title, writes] of Object.entries(mixed)) {
    traceTest(title, async (t) => {
      const { client, peer } = await pair(t.net);
      t.watch(client, 'client');
      const received = collect(peer);
      for (let round = 0; round < 3; round++) {
        client.cork();
        for (const args of writes) client.write(...args);
        client.write('last', t.callback('client', 'last written'));
        t.call('client', 'uncork', () => client.uncork());
        t.note('client', client.writableLength, client.bytesWritten);
        t.ticks('client', `round ${round}`);
        await new Promise((resolve) => setImmediate(resolve));
        t.note('client', 'went on');
      }
      client.end(t.callback('client', 'ended'));
      t.note('bytes', (await received).toString('hex'));
    });
  }

  traceTest('corked before the connection exists', async (t) => {
    const server = await t.listen((peer) =>
      t.watch(peer, 'peer', { only: ['data', 'end'] }).on('data', () => {}),
    );
    const socket = t.watch(t.net.connect(server.at), 'client');
    socket.cork();
    socket.write('one ', t.callback('client', 'one'));
    socket.write('two', t.callback('client', 'two'));
    socket.uncork();
    t.note('client', socket.bytesWritten, socket.writableLength);
    await once(socket, 'ready');
    await turn(2);
    socket.end();
    await closed(socket);
  });

  traceTest('corked and destroyed', async (t) => {
    const { client } = await pair(t.net);
    t.watch(client, 'client');
    client.cork();
    client.write('lost', t.callback('client', 'written'));
    client.destroy();
    await once(client, 'close');
    await turn();
  });
});

describe.each(implementations)('%s: _writev', (name, net) => {
  test('is called with the corked chunks', async () => {
    const seen = [];
    class Watched extends net.Socket {
      _writev(chunks, callback) {
        seen.push(chunks.map(({ chunk, encoding }) => [String(chunk), encoding]));
        return super._writev(chunks, callback);
      }
    }
    const { server } = await pair(net);
    const socket = track(new Watched());
    const connection = once(server, 'connection');
    socket.connect(server.at);
    await once(socket, 'connect');
    const [peer] = await connection;
    socket.cork();
    socket.write('a', 'latin1');
    socket.write(Buffer.from('b'));
    socket.uncork();
    expect(String(await receive(peer, 2))).toBe('ab');
    expect(seen).toEqual([
      [
        ['a', 'latin1'],
        ['b', 'buffer'],
      ],
    ]);
  });

  test('uncork without cork does nothing', async () => {
    const { client } = await pair(net);
    expect(thrownBy(() => client.uncork())).toBeUndefined();
  });
});
