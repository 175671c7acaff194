'use strict';

/* global net -- given by spawnNode to the code of a child */

const {
  builtin, collect, connect, implementations, listen, once, pair, receive, turn,
} = require('../helpers');
const { Child } = require('../helpers/child');

/** Connections of a flood. */
const FLOOD = 200;

/** Bytes for each of the peers that read slowly: more than the kernel keeps of a connection. */
const SLOW_BYTES = 16 << 20;

/** Twenty connections that send single bytes as fast as they are taken, until they are told to stop. */
function sendBytes() {
  const to = { port: +process.argv[1], host: '127.0.0.1', noDelay: true };
  const sockets = Array.from({ length: 20 }, () => net.connect(to));
  let sent = 0;
  let stopped = false;
  process.on('message', () => {
    stopped = true;
    for (const socket of sockets) socket.end();
    process.send({ stop: sent });
    process.disconnect();
  });
  (function send() {
    if (stopped) return;
    for (const socket of sockets) {
      for (let i = 0; i < 50 && !socket.connecting && socket.writableLength < 1000; i++) {
        socket.write('.');
        sent++;
      }
    }
    setImmediate(send);
  })();
}

describe.each(implementations)('%s and a hostile crowd', (_name, net) => {
  test('connections that reset at once: the server goes on, and keeps none of them', async () => {
    const open = new Set();
    const server = await listen(net, (peer) => {
      open.add(peer);
      peer.on('error', () => {}).on('close', () => open.delete(peer)).pipe(peer);
    });
    await Promise.all(Array.from({ length: FLOOD }, async () => {
      const client = connect(builtin, server.at);
      client.on('error', () => {});
      await once(client, 'connect');
      client._handle.reset();
      client._handle = null;
      client.destroy();
    }));
    const good = connect(net, server.at);
    good.write('still there');
    expect(String(await receive(good, 11))).toBe('still there');
    good.destroy();
    while (open.size > 0) await turn();
    const number = await new Promise((resolve, reject) => {
      server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
    expect(number).toBe(0);
  });

  test('one byte at a time: every byte arrives, in order', async () => {
    const text = 'tiny segments, each on its own. '.repeat(16);
    const { client, peer } = await pair(builtin, net, { client: { noDelay: true } });
    const all = collect(peer, 'latin1');
    for (const letter of text) await new Promise((resolve) => client.write(letter, resolve));
    client.end();
    expect(await all).toBe(text);
  });

  test('a flood of single bytes: others are served meanwhile, and none of the bytes is lost', async () => {
    let flooded = 0;
    const open = new Set();
    const server = await listen(net, (peer) => {
      open.add(peer.on('close', () => open.delete(peer)));
      peer.once('data', (data) => {
        if (data[0] !== 0x2e) return void peer.pipe(peer).write(data);
        flooded += data.length;
        peer.on('data', ({ length }) => { flooded += length; });
      });
    });
    const child = new Child('net', sendBytes, { args: [String(server.at.port)], limit: 60000 });
    while (flooded < 10000) await turn();
    const good = connect(builtin, server.at);
    for (let i = 0; i < 100; i++) {
      good.write(`request ${i}`);
      expect(String(await receive(good, `request ${i}`.length))).toBe(`request ${i}`);
    }
    const sent = await child.ask('stop');
    good.end();
    expect(await child.result).toMatchObject({ code: 0, stderr: '' });
    while (open.size > 0) await turn();
    expect(flooded).toBe(sent);
  });

  test('peers that read a little at a time: each gets all of it, and little waits for them', async () => {
    const block = Buffer.alloc(SLOW_BYTES, 'slow');
    let most = 0;
    const server = await listen(net, { highWaterMark: 1 << 16 }, (peer) => {
      let at = 0;
      (function send() {
        while (at < block.length && peer.write(block.subarray(at, at += 1 << 14)));
        most = Math.max(most, peer.writableLength);
        if (at < block.length) peer.once('drain', send);
        else peer.end();
      })();
    });
    const lengths = await Promise.all(Array.from({ length: 8 }, async () => {
      const client = connect(builtin, { ...server.at, onread: { buffer: Buffer.alloc(7000), callback: () => true } });
      await once(client, 'connect');
      let ended = false;
      client.on('end', () => { ended = true; });
      while (!ended) {
        client.pause();
        await turn();
        client.resume();
        await turn();
      }
      return client.bytesRead;
    }));
    expect(lengths).toEqual(Array(8).fill(SLOW_BYTES));
    expect(most).toBeLessThan(1 << 17);
  });
});
