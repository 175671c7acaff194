'use strict';

const { closed, collect, listen, matrix, once, pair, traceTest, turn } = require('../helpers');

const phase = ['readyState', 'readable', 'writable', 'destroyed'];

describe.each(matrix)('%s client, %s server: half-open', (clientName, serverName, clientNet, serverNet) => {
  for (const path of [false, true]) {
    const kind = path ? 'Unix' : 'TCP';

    test(`${kind}: the server answers after the client has ended`, async () => {
      const { client, peer } = await pair(clientNet, serverNet, { path, server: { allowHalfOpen: true } });
      client.end('question');
      expect(await collect(peer, 'utf8')).toBe('question');
      expect(peer.readyState).toBe('writeOnly');
      expect(peer.destroyed).toBe(false);
      peer.write('long ');
      peer.end('answer');
      expect(await collect(client, 'utf8')).toBe('long answer');
      await Promise.all([closed(client), closed(peer)]);
    });

    test(`${kind}: the client answers after the server has ended`, async () => {
      const { client, peer } = await pair(clientNet, serverNet, { path, client: { allowHalfOpen: true } });
      peer.end('question');
      expect(await collect(client, 'utf8')).toBe('question');
      expect(client.readyState).toBe('writeOnly');
      client.end('answer');
      expect(await collect(peer, 'utf8')).toBe('answer');
      await Promise.all([closed(client), closed(peer)]);
    });

    test(`${kind}: without allowHalfOpen the end is answered by an end`, async () => {
      const { client, peer } = await pair(clientNet, serverNet, { path });
      client.end();
      expect(client.readyState).toBe('readOnly');
      peer.resume();
      client.resume();
      await Promise.all([once(peer, 'end'), once(client, 'end')]);
      await Promise.all([closed(client), closed(peer)]);
    });

    test(`${kind}: a large answer goes through a half-open connection`, async () => {
      const { client, peer } = await pair(clientNet, serverNet, { path, server: { allowHalfOpen: true } });
      const answer = Buffer.alloc(5 << 20, 'answer ');
      peer.on('data', () => {}).on('end', () => peer.end(answer));
      client.end('x');
      expect((await collect(client)).equals(answer)).toBe(true);
    });
  }

  test('end sends what is queued first', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const expected = Buffer.alloc(8 << 20, 'queued ');
    client.write(expected);
    client.end();
    expect((await collect(peer)).equals(expected)).toBe(true);
  });

  test('end takes data, an encoding and a callback', async () => {
    for (const args of [['text'], ['74657874', 'hex'], [Buffer.from('text')], ['text', 'latin1']]) {
      const { client, peer } = await pair(clientNet, serverNet);
      const done = new Promise((resolve) => client.end(...args, resolve));
      expect(await collect(peer, 'utf8')).toBe('text');
      expect(await done).toBeFalsy();
    }
  });

  test('autoDestroy: both sides close by themselves', async () => {
    const server = await listen(serverNet, (peer) => peer.end('bye'));
    const client = clientNet.connect(server.at);
    client.resume();
    await closed(client);
    expect(client.destroyed).toBe(true);
    expect(client.readyState).toBe('closed');
  });

  test('destroySoon sends what is queued, then destroys', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const expected = Buffer.alloc(4 << 20, 'soon ');
    client.write(expected);
    client.destroySoon();
    expect(client.destroyed).toBe(false);
    expect((await collect(peer)).equals(expected)).toBe(true);
    await closed(client);
  });
});

describe('traces of ending', () => {
  for (const [title, options] of [
    ['both half-open', [true, true]],
    ['client half-open', [true, false]],
    ['server half-open', [false, true]],
    ['none half-open', [false, false]],
  ]) {
    traceTest(`${title}: the client ends first`, async (t) => {
      const [clientHalf, serverHalf] = options;
      const { client, peer } = await pair(t.net, t.net, {
        client: { allowHalfOpen: clientHalf },
        server: { allowHalfOpen: serverHalf },
      });
      t.watch(client, 'client', { props: phase });
      t.watch(peer, 'peer', { props: phase });
      client.resume();
      peer.resume();
      t.call('client', 'end', () => client.end(t.callback('client', 'ended')));
      await once(peer, 'end');
      if (serverHalf) {
        t.call('peer', 'write', () => peer.write('still open'));
        t.call('peer', 'end', () => peer.end());
      }
      await Promise.all([closed(client), closed(peer)]);
    });
  }

  traceTest('end twice, with callbacks', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client');
    client.on('error', () => {});
    client.resume();
    peer.resume();
    t.call('client', 'first', () => client.end(t.callback('client', 'first callback')));
    t.call('client', 'second', () => client.end(t.callback('client', 'second callback')));
    t.call('client', 'third', () => client.end('data', t.callback('client', 'third callback')));
    await closed(client);
    t.call('client', 'after close', () => client.end(t.callback('client', 'late callback')));
    await turn();
  });

  traceTest('write after end', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { props: phase });
    client.on('error', () => {});
    peer.resume();
    client.end('end');
    t.call('client', 'write', () => client.write('late', t.callback('client', 'late')));
    await closed(client);
    t.call('client', 'write', () => client.write('later', t.callback('client', 'later')));
    await turn();
  });

  traceTest('write after the peer has ended', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { props: phase });
    client.on('error', () => {});
    client.resume();
    peer.resume();
    client.on('end', () =>
      t.call('client', 'write', () => client.write('late', t.callback('client', 'late'))),
    );
    peer.end();
    await closed(client);
    await turn();
  });

  traceTest('write once both ends have ended', async (t) => {
    const { client, peer } = await pair(t.net);
    peer.resume();
    client.resume();
    peer.end();
    await once(client, 'end');
    await turn();
    t.watch(client, 'client', { props: phase });
    client.on('error', () => {});
    t.call('client', 'write', () => client.write('late', t.callback('client', 'late')));
    t.ticks('client', 'write');
    await closed(client);
    await turn();
  });

  traceTest('write after destroy', async (t) => {
    const { client } = await pair(t.net);
    t.watch(client, 'client');
    client.on('error', () => {});
    client.destroy();
    t.call('client', 'write', () => client.write('late', t.callback('client', 'late')));
    t.call('client', 'end', () => client.end('later', t.callback('client', 'later')));
    await closed(client);
    await turn();
  });

  traceTest('destroySoon in each state', async (t) => {
    const { client, peer } = await pair(t.net);
    peer.resume();
    t.watch(client, 'client', { props: phase });
    t.call('client', 'destroySoon', () => client.destroySoon());
    t.call('client', 'again', () => client.destroySoon());
    await closed(client);
    t.call('client', 'after close', () => client.destroySoon());
    const fresh = t.watch(new t.net.Socket(), 'fresh', { props: phase });
    t.call('fresh', 'destroySoon', () => fresh.destroySoon());
    await turn(5);
  });

  traceTest('destroySoon while connecting', async (t) => {
    const server = await t.listen((peer) => t.watch(peer, 'peer').on('data', () => {}));
    const socket = t.watch(t.net.connect(server.at), 'client');
    socket.write('on the way');
    const connection = once(server, 'connection');
    socket.destroySoon();
    const [peer] = await connection;
    await Promise.all([closed(socket), closed(peer)]);
  });

  traceTest('the readable side ends before the writable side has finished', async (t) => {
    const { client, peer } = await pair(t.net, t.net, { server: { allowHalfOpen: true } });
    t.watch(client, 'client', { except: ['drain', 'resume'] });
    peer.end('first');
    peer.pause();
    client.resume();
    t.call('client', 'write', () => client.write(Buffer.alloc(16 << 20), t.callback('client', 'written')));
    await once(client, 'end');
    t.note('client', client.writable, client.writableEnded);
    peer.resume();
    await closed(client);
  });
});
