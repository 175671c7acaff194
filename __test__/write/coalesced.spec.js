'use strict';

// Several writes of one callback: rsnet sends them together, and nobody may see it.

const fs = require('fs');
const nodeNet = require('net');
const {
  closed, collect, describeRsnet, implementations, listen, matrix, once, pair, receive, spawnNode, traceTest,
} = require('../helpers');
const { random, randomBytes } = require('../helpers/random');
const { commands } = require('../../lib/addon/bridge');
const { Writer } = require('../../lib/handle/writer');

describe.each(matrix)('%s client, %s server: writes of one turn', (clientName, serverName, clientNet, serverNet) => {
  test('small, large, strings and vectors arrive complete and in order', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const pick = random(4711);
    const sent = [];
    const received = collect(peer);
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 50; i++) {
        const bytes = randomBytes(turn * 50 + i, Math.floor(pick() * (i % 17 === 0 ? 100000 : 300)));
        if (i % 5 === 0) client.cork();
        client.write(i % 3 === 0 ? bytes.toString('latin1') : bytes, 'latin1');
        if (i % 5 === 4) client.uncork();
        sent.push(bytes);
      }
      client.uncork();
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.end();
    expect(Buffer.compare(await received, Buffer.concat(sent))).toBe(0);
  });

  test.each(['utf8', 'latin1', 'ascii', 'utf16le', 'hex', 'base64'])('strings in %s', async (encoding) => {
    const { client, peer } = await pair(clientNet, serverNet);
    const texts = ['deadbeef', 'äöü€𝄞', '\ud800 lone', '', 'x'.repeat(9000), '0123'];
    for (const text of texts) client.write(text, encoding);
    const received = collect(peer);
    client.end();
    expect(await received).toEqual(Buffer.concat(texts.map((text) => Buffer.from(text, encoding))));
  });

  test('a Buffer that changes after write is sent as it was', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const buffer = Buffer.from('first');
    client.write('.');
    client.write(buffer);
    buffer.fill('x');
    expect((await receive(peer, 6)).toString()).toBe('.first');
  });

  test.each(['end', 'destroy', 'destroySoon'])('%s in the same turn loses nothing', async (method) => {
    const { client, peer } = await pair(clientNet, serverNet);
    const received = collect(peer);
    for (let i = 0; i < 10; i++) client.write(`${i}`);
    client[method]();
    expect((await received).toString()).toBe('0123456789');
  });
});

/** Bytes that have arrived at a connection that nobody reads. */
function arrivedAt(peer) {
  const bytes = Buffer.alloc(1000);
  return bytes.latin1Slice(0, fs.readSync(peer._handle.fd, bytes));
}

/** Keeps the thread busy for a few milliseconds. */
function work() {
  const start = Date.now();
  while (Date.now() - start < 3);
}

describe.each(implementations)('%s: writes of one turn', (name, net) => {
  test('what a turn writes after some work is sent at once', async () => {
    const { client, peer } = await pair(net, nodeNet, { server: { pauseOnConnect: true } });
    client.write('1');
    expect(arrivedAt(peer)).toBe('1');
    for (const text of ['2', '3']) {
      work();
      client.write(text);
      expect(arrivedAt(peer)).toBe(text);
    }
    client.write('4');
    work();
    client.write('5');
    expect(arrivedAt(peer)).toBe('45');
  });

  test('what the handling of an event writes after some work is sent at once', async () => {
    const { client, peer } = await pair(net, nodeNet, { server: { pauseOnConnect: true } });
    peer._handle.writeUtf8String({ handle: peer._handle, oncomplete() {} }, 'go');
    await once(client, 'data');
    const seen = [];
    client.on('data', () => {
      for (const text of ['1', '2', '3']) {
        client.write(text);
        seen.push(arrivedAt(peer));
        work();
      }
    });
    peer._handle.writeUtf8String({ handle: peer._handle, oncomplete() {} }, 'on');
    await once(client, 'data');
    expect(seen).toEqual(['1', '2', '3']);
  });

  test('are sent when the process exits in that turn', async () => {
    const server = await listen(net);
    const connection = once(server, 'connection');
    await spawnNode(name, `
      const socket = net.connect(${server.at.port}, '127.0.0.1', () => {
        for (let i = 0; i < 10; i++) socket.write(String(i));
        process.exit();
      });`);
    const [socket] = await connection;
    expect((await collect(socket)).toString()).toBe('0123456789');
  });

  test('beyond what the kernel takes, push back', async () => {
    const { client, peer } = await pair(net);
    peer.pause();
    let returned = true;
    let written = 0;
    for (let i = 0; i < 1e6 && returned; i++) {
      returned = client.write(Buffer.alloc(1000, i));
      written += 1000;
    }
    expect(returned).toBe(false);
    expect(client.bytesWritten).toBe(written);
    client.end();
    peer.resume();
    expect((await collect(peer)).length).toBe(written);
  });
});

describe('traces of writes of one turn', () => {
  traceTest('return values, callbacks, lengths and counters', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client');
    const received = collect(peer);
    for (let i = 0; i < 30; i++) {
      const data = i % 2 === 0 ? Buffer.alloc(100, i) : 'ä'.repeat(50);
      t.call('client', 'write', () => client.write(data, t.callback('client', `written ${i}`)));
      t.note('client', client.writableLength, client.bytesWritten, client.bufferSize);
    }
    t.ticks('client', 'after the writes');
    client.end(t.callback('client', 'ended'));
    t.note('bytes', (await received).length);
  });

  traceTest('a chain of ticks and promises', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client');
    const received = collect(peer);
    for (let i = 0; i < 200; i++) {
      t.call('client', 'write', () => client.write(`${i} `, t.callback('client', `written ${i}`)));
      t.note('client', client.writableLength, client.bytesWritten, client.writableNeedDrain);
      if (i % 3 > 0) await new Promise((resolve) => process.nextTick(resolve));
      else await null;
    }
    client.end(t.callback('client', 'ended'));
    t.note('bytes', String(await received));
  });

  traceTest('two to a peer that has gone unseen, as nobody reads: the second one fails', async (t) => {
    const { client, peer } = await pair(t.net, t.net, { server: { pauseOnConnect: true } });
    t.watch(peer, 'peer');
    peer.on('error', () => {});
    client.destroy();
    await once(client, 'close');
    for (const text of ['1', '2']) t.call('peer', text, () => peer.write(text, t.callback('peer', `written ${text}`)));
    await closed(peer);
  });
});

describeRsnet('a turn with many writes', (net) => {
  test('gives the peer few pieces', async () => {
    const { client, peer } = await pair(net);
    client.setNoDelay(true);
    let pieces = 0;
    peer.on('data', () => pieces++);
    for (let i = 0; i < 1000; i++) client.write('0123456789');
    client.end();
    await once(peer, 'end');
    expect(pieces).toBeLessThan(20);
  });

  test('calls the kernel few times, also when each is a tick of its own', async () => {
    const { client, peer } = await pair(net);
    const received = collect(peer);
    const sent = jest.spyOn(commands, 'sendBuffer');
    const sentAtOnce = jest.spyOn(Writer.prototype, '_wrote');
    const begun = performance.now();
    let took;
    let left = 1000;
    (function write() {
      client.write('0123456789');
      took = performance.now() - begun;
      if (--left > 0) process.nextTick(write);
      else client.end();
    })();
    expect((await received).length).toBe(10000);
    expect(sent.mock.calls.length).toBeGreaterThan(0);
    // What has waited for 2 ms is sent by a thread, so ticks that take long are more calls.
    expect(sent.mock.calls.length + sentAtOnce.mock.calls.length).toBeLessThan(80 + took);
  });
});
