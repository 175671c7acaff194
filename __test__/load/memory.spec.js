'use strict';

/* global net -- given by spawnNode to the code of a child */

const builtin = require('net');
const { closed, collect, connect, implementations, listen, once, pair } = require('../helpers');
const { Child } = require('../helpers/child');

const MIB = 1 << 20;
/** What is offered to a reader that does not read. */
const OFFERED = 256 * MIB;
/** What a process may grow by meanwhile: buffers of a few hundred KiB, and what V8 takes for itself. */
const GROWTH = 64 * MIB;

/** A server that pauses its first connection and serves a mebibyte to each other one; it tells its memory. */
function pausedReader() {
  let first;
  const memory = () => ({ rss: process.memoryUsage.rss(), read: first ? first.bytesRead : 0 });
  const block = Buffer.alloc(1 << 20);
  const server = net.createServer({ pauseOnConnect: process.argv[1] === 'pauseOnConnect' }, (socket) => {
    if (first) return void socket.end(block);
    first = socket;
    if (process.argv[1] === 'pause') socket.once('data', () => socket.pause());
    if (process.argv[1] === 'readable') socket.on('readable', () => {});
    process.send({ accepted: true });
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', (what) => {
    if (what === 'memory') process.send({ memory: memory() });
    if (what !== 'drain') return;
    first.removeAllListeners('readable');
    first.on('end', () => {
      process.send({ drain: first.bytesRead });
      server.close();
      process.disconnect();
    });
    first.resume();
  });
}

describe.each(implementations)('%s backpressure', (name, net) => {
  test.each(['pauseOnConnect', 'pause', 'readable'])('a reader that stops (%s) holds little memory', async (how) => {
    const child = new Child(name, pausedReader, { args: [how], limit: 60000 });
    const port = await child.heard('port');
    const before = await child.ask('memory');
    const client = connect(builtin, port, '127.0.0.1');
    const block = Buffer.alloc(MIB);
    for (let i = 0; i < OFFERED / MIB; i++) client.write(block);
    client.end();
    await child.heard('accepted');
    // While others are served by the same process, it has every chance to read what it should not.
    for (let i = 0; i < 10; i++) expect((await collect(connect(builtin, port, '127.0.0.1'))).length).toBe(MIB);
    const after = await child.ask('memory');
    expect(after.rss - before.rss).toBeLessThan(GROWTH);
    expect(after.read).toBeLessThan(4 * MIB);
    expect(client.writableLength).toBeGreaterThan(OFFERED - 64 * MIB);
    expect(await child.ask('drain')).toBe(OFFERED);
    client.resume();
    await closed(client);
    expect((await child.result).code).toBe(0);
  }, 70000);

  test('write() returns false and drain comes when the peer reads', async () => {
    const { client, peer } = await pair(net, net, { server: { pauseOnConnect: true } });
    const block = Buffer.alloc(65536);
    let written = 0;
    // The kernel takes some megabytes; then the queue grows and write() says so.
    while (client.write(block) || client.writableLength === 0) {
      written += block.length;
      if (written > 512 * MIB) throw new Error('write() never returned false');
      await new Promise((resolve) => setImmediate(resolve));
    }
    written += block.length;
    expect(client.writableLength).toBeLessThanOrEqual(client.writableHighWaterMark + block.length);
    expect(client.writableNeedDrain).toBe(true);
    const drained = once(client, 'drain');
    peer.resume();
    await drained;
    expect(client.writableLength).toBe(0);
    client.end();
    await once(peer, 'end');
    expect(peer.bytesRead).toBe(written);
  }, 60000);

  test('a pipe to a slow reader keeps both sides bounded', async () => {
    const sink = await listen(net, { pauseOnConnect: true });
    const sunk = once(sink, 'connection');
    const relay = await listen(net, { allowHalfOpen: true }, (socket) => {
      relay.source = socket;
      relay.target = connect(net, sink.at);
      socket.pipe(relay.target);
    });
    const client = connect(net, relay.at);
    const block = Buffer.alloc(MIB);
    for (let i = 0; i < 64; i++) client.write(block);
    client.end();
    const [slow] = await sunk;
    // Until the relay's target takes nothing any more.
    while (!relay.target.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    expect(relay.target.writableLength).toBeLessThan(2 * MIB);
    expect(relay.source.readableLength).toBeLessThan(2 * MIB);
    let received = 0;
    slow.on('data', (data) => { received += data.length; });
    slow.resume();
    await once(slow, 'end');
    expect(received).toBe(64 * MIB);
  }, 60000);
});
