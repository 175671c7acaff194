'use strict';

const crypto = require('crypto');
const stream = require('stream');
const zlib = require('zlib');
const {
  closed,
  collect,
  connect,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  traceTest,
} = require('../helpers');

describe.each(matrix)('%s client, %s server: streams', (clientName, serverName, clientNet, serverNet) => {
  test('pipe to itself echoes', async () => {
    const server = await listen(serverNet, { allowHalfOpen: true }, (peer) => peer.pipe(peer));
    const client = connect(clientNet, server.at);
    const sent = crypto.randomBytes(3 << 20);
    client.end(sent);
    expect((await collect(client)).equals(sent)).toBe(true);
  });

  test('a relay between two connections', async () => {
    const target = await listen(serverNet, { allowHalfOpen: true }, (peer) => peer.pipe(peer));
    const relay = await listen(serverNet, { allowHalfOpen: true }, (peer) => {
      const onward = connect(clientNet, { ...target.at, allowHalfOpen: true });
      peer.pipe(onward).pipe(peer);
    });
    const client = connect(clientNet, relay.at);
    const sent = crypto.randomBytes(2 << 20);
    client.end(sent);
    expect((await collect(client)).equals(sent)).toBe(true);
  });

  test('stream.pipeline through a transform', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const sent = Buffer.alloc(1 << 20, 'compressible ');
    const sink = new stream.PassThrough();
    const received = collect(sink);
    await Promise.all([
      stream.promises.pipeline(stream.Readable.from([sent]), zlib.createGzip(), client),
      stream.promises.pipeline(peer, zlib.createGunzip(), sink),
    ]);
    expect((await received).equals(sent)).toBe(true);
  });

  test('async iteration', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const sent = Buffer.alloc(1 << 20, 'iterate ');
    peer.end(sent);
    const parts = [];
    for await (const part of client) parts.push(part);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    await closed(client);
  });

  test('leaving the iteration destroys the socket', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    peer.on('error', () => {});
    peer.write('something');
    for await (const part of client) {
      expect(String(part)).toBe('something');
      break;
    }
    expect(client.destroyed).toBe(true);
    await closed(client);
  });

  test('Readable.toWeb', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const sent = Buffer.alloc(300000, 'web ');
    peer.end(sent);
    const parts = [];
    for await (const part of stream.Readable.toWeb(client)) parts.push(part);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
  });

  test('Duplex.toWeb in both directions', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const { readable, writable } = stream.Duplex.toWeb(client);
    peer.pipe(peer);
    const writer = writable.getWriter();
    await writer.write(Buffer.from('over the web'));
    const reader = readable.getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value).toString()).toBe('over the web');
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });

  test('stream.finished tells of a good end and of a bad one', async () => {
    const good = await pair(clientNet, serverNet);
    const finished = stream.promises.finished(good.client);
    good.client.resume();
    good.peer.end();
    await expect(finished).resolves.toBeUndefined();

    const bad = await pair(clientNet, serverNet);
    const failed = stream.promises.finished(bad.client);
    bad.peer.destroy();
    bad.client.destroy();
    await expect(failed).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });

  test('a pipeline that is aborted destroys both ends', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const controller = new AbortController();
    const sink = new stream.Writable({
      write: (chunk, encoding, callback) => {
        callback();
        controller.abort();
      },
    });
    const done = stream.promises.pipeline(client, sink, { signal: controller.signal });
    peer.on('error', () => {});
    peer.write('x');
    await expect(done).rejects.toMatchObject({ name: 'AbortError' });
    expect(client.destroyed).toBe(true);
    expect(sink.destroyed).toBe(true);
  });

  test('a slow destination holds the source back', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const sent = Buffer.alloc(4 << 20, 'slow ');
    peer.end(sent);
    let most = 0;
    let size = 0;
    const sink = new stream.Writable({
      highWaterMark: 1 << 16,
      write(chunk, encoding, callback) {
        size += chunk.length;
        most = Math.max(most, sink.writableLength, client.readableLength);
        setImmediate(callback);
      },
    });
    await stream.promises.pipeline(client, sink);
    expect(size).toBe(sent.length);
    expect(most).toBeLessThan(1 << 20);
  });
});

describe.each(implementations)('%s: more streams', (name, net) => {
  test('unpipe stops, and pipe goes on', async () => {
    const { client, peer } = await pair(net);
    const sink = new stream.PassThrough();
    client.pipe(sink);
    peer.write('one');
    expect(String(await receive(sink, 3))).toBe('one');
    client.unpipe(sink);
    peer.write('two');
    client.pipe(sink);
    expect(String(await receive(sink, 3))).toBe('two');
  });

  test('stream.compose and Readable helpers take a socket', async () => {
    const { client, peer } = await pair(net);
    peer.end('abc');
    const parts = await client.map((part) => String(part).toUpperCase()).toArray();
    expect(parts.join('')).toBe('ABC');
  });

  test('stream.isReadable, isErrored and isDisturbed', async () => {
    const { client, peer } = await pair(net);
    expect(stream.isReadable(client)).toBe(true);
    expect(stream.isErrored(client)).toBe(false);
    expect(stream.Readable.isDisturbed(client)).toBe(false);
    peer.write('x');
    await once(client, 'data');
    expect(stream.Readable.isDisturbed(client)).toBe(true);
    client.on('error', () => {});
    client.destroy(new Error('x'));
    await closed(client);
    expect(stream.isErrored(client)).toBe(true);
    expect(stream.isReadable(client)).toBe(false);
  });
});

describe('traces of streams', () => {
  traceTest('events of a pipe', async (t) => {
    const { client, peer } = await pair(t.net, t.net, { server: { allowHalfOpen: true } });
    t.watch(client, 'client');
    t.watch(peer, 'peer');
    peer.pipe(peer);
    client.on('data', () => {});
    client.end('around');
    await Promise.all([closed(client), closed(peer)]);
  });

  traceTest('finished() with a reset', async (t) => {
    const { client, peer } = await pair(t.net);
    peer.resume();
    const done = stream.promises.finished(peer).then(
      () => t.note('peer', 'finished'),
      (error) => t.note('peer', error),
    );
    client.resetAndDestroy();
    await done;
  });

  traceTest('iteration over a socket that is reset', async (t) => {
    const { client, peer } = await pair(t.net);
    client.resetAndDestroy();
    try {
      for await (const part of peer) t.note('peer', part);
    } catch (error) {
      t.note('peer', 'thrown', error);
    }
  });
});
