'use strict';

const { closed, listen, matrix, once, pair, receive, traceTest, track, turn } = require('../helpers');

describe.each(matrix)(
  '%s client, %s server: the peer goes away',
  (clientName, serverName, clientNet, serverNet) => {
    test('writing to a peer that has reset: ECONNRESET or EPIPE, once', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const errors = [];
      client.on('error', (error) => errors.push(error.code));
      peer.resetAndDestroy();
      const write = () => {
        if (client.destroyed) return;
        client.write('x');
        setImmediate(write);
      };
      write();
      await closed(client);
      expect(errors).toHaveLength(1);
      expect(['ECONNRESET', 'EPIPE']).toContain(errors[0]);
    });

    test('writing to a Unix peer that has gone: EPIPE', async () => {
      const { client, peer } = await pair(clientNet, serverNet, {
        path: true,
        client: { allowHalfOpen: true },
      });
      peer.destroy();
      client.resume();
      await once(client, 'end');
      const failure = once(client, 'error');
      const callback = new Promise((resolve) => client.write('x', resolve));
      const [error] = await failure;
      expect(error).toMatchObject({
        name: 'Error',
        code: 'EPIPE',
        errno: -32,
        syscall: 'write',
        message: 'write EPIPE',
      });
      expect((await callback).code).toBe('EPIPE');
      await closed(client);
    });

    test('a reset in the middle of a transfer gives an error on the reading side', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      client.resume();
      peer.write(Buffer.alloc(1 << 20));
      await once(client, 'data');
      const failure = once(client, 'error');
      peer.resetAndDestroy();
      expect((await failure)[0]).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
      await closed(client);
    });

    test('a server that goes on after a connection was reset', async () => {
      const server = await listen(serverNet, (peer) => {
        peer.on('error', () => {});
        peer.pipe(peer);
      });
      for (let i = 0; i < 10; i++) {
        const socket = track(clientNet.connect(server.at));
        await once(socket, 'connect');
        if (i % 2 === 0) {
          socket.resetAndDestroy();
          await closed(socket);
        } else {
          socket.write('echo');
          expect(String(await receive(socket, 4))).toBe('echo');
          socket.destroy();
        }
      }
    });

    test('close(hadError) tells of the error', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      peer.on('error', () => {});
      peer.resume();
      const close = once(peer, 'close');
      client.resetAndDestroy();
      expect(await close.catch(() => once(peer, 'close'))).toEqual([true]);
    });
  },
);

/**
 * @param {import('../helpers/trace').Trace} t
 * @returns {Promise<import('net').Socket>} a half-open client, watched, whose Unix peer has gone
 */
async function abandoned(t) {
  const { client, peer } = await pair(t.net, t.net, { path: true, client: { allowHalfOpen: true } });
  peer.destroy();
  client.resume();
  await once(client, 'end');
  t.watch(client, 'client');
  client.on('error', () => {});
  return client;
}

describe('traces of peers that go away', () => {
  traceTest('a reset while reading', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { props: ['destroyed', 'readyState', 'errored'] });
    client.on('error', () => t.ticks('client', 'error'));
    client.on('data', () => {});
    peer.resetAndDestroy();
    await closed(client);
  });

  traceTest('a reset while paused', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client');
    client.on('error', () => {});
    client.pause();
    peer.resetAndDestroy();
    await closed(client);
    t.note('client', client.isPaused());
  });

  traceTest('a reset of a half-open connection', async (t) => {
    const { client, peer } = await pair(t.net, t.net, {
      client: { allowHalfOpen: true },
      server: { allowHalfOpen: true },
    });
    client.on('error', () => {});
    client.resume();
    client.end('half');
    peer.resume();
    await Promise.all([once(peer, 'end'), once(client, 'finish')]);
    t.watch(client, 'client');
    peer.resetAndDestroy();
    await closed(client);
  });

  traceTest('an EPIPE after the end, Unix', async (t) => {
    const client = await abandoned(t);
    t.call('client', 'first', () => client.write('first', t.callback('client', 'first')));
    t.call('client', 'second', () => client.write('second', t.callback('client', 'second')));
    await closed(client);
    await turn();
  });

  traceTest('a corked EPIPE, Unix', async (t) => {
    const client = await abandoned(t);
    client.cork();
    client.write('first', t.callback('client', 'first'));
    client.write('second', t.callback('client', 'second'));
    t.call('client', 'uncork', () => client.uncork());
    await closed(client);
    await turn();
  });

  traceTest('corked empty writes to a peer that has gone, Unix', async (t) => {
    const client = await abandoned(t);
    client.cork();
    client.write(Buffer.alloc(0), t.callback('client', 'first'));
    client.write('', t.callback('client', 'second'));
    t.call('client', 'uncork', () => client.uncork());
    await turn(2);
    t.call('client', 'empty', () => client.write('', t.callback('client', 'empty')));
    await closed(client);
    await turn();
  });

  traceTest('a reset behind data of which onread has taken one piece', async (t) => {
    const taken = [];
    const onread = { buffer: Buffer.alloc(64), callback: (bytes) => taken.push(bytes) > 1 };
    const { client, peer } = await pair(t.net, t.net, { client: { onread } });
    peer.write(Buffer.alloc(1000));
    while (taken.length === 0) await turn();
    peer.resetAndDestroy();
    await closed(peer);
    await turn(2);
    t.watch(client, 'client', { except: ['pause', 'resume'] });
    client.on('error', () => {});
    client.resume();
    await closed(client);
    t.note('client', taken.reduce((sum, bytes) => sum + bytes, 0), taken.length);
  });

  traceTest('an end() whose connection was reset', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { except: ['end'] });
    client.on('error', () => {});
    client.resume();
    peer.resetAndDestroy();
    await closed(client);
    t.call('client', 'end', () => client.end('late', t.callback('client', 'ended')));
    await turn();
  });
});
