'use strict';

const { builtin, collect, connect, implementations, listen, once, pair, receive, turn } = require('./helpers');

/** Connections of a flood. */
const FLOOD = 200;

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
});
