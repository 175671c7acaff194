'use strict';

const {
  closed,
  closedPort,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  spawnNode,
  traceTest,
  track,
  turn,
} = require('../helpers');

describe.each(matrix)(
  '%s client, %s server: destroy and reset',
  (clientName, serverName, clientNet, serverNet) => {
    for (const path of [false, true]) {
      test(`destroy closes the connection for the peer (Unix: ${path})`, async () => {
        const { client, peer } = await pair(clientNet, serverNet, { path });
        peer.resume();
        client.destroy();
        await once(peer, 'end');
        await closed(peer);
      });
    }

    test('resetAndDestroy: the peer gets ECONNRESET', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const error = once(peer, 'error');
      peer.resume();
      expect(client.resetAndDestroy()).toBe(client);
      expect(client.destroyed).toBe(true);
      expect((await error)[0]).toMatchObject({
        name: 'Error',
        code: 'ECONNRESET',
        errno: -104,
        syscall: 'read',
        message: 'read ECONNRESET',
      });
      await Promise.all([closed(client), closed(peer)]);
    });

    test('a reset by the accepted side', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      client.resume();
      const error = once(client, 'error');
      peer.resetAndDestroy();
      expect((await error)[0].code).toBe('ECONNRESET');
    });

    test('data that was sent before a destroy arrives', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      client.write('last words', () => client.destroy());
      expect(String(await receive(peer, 10))).toBe('last words');
    });

    test('unread data at destroy makes a reset for the peer', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      client.pause();
      peer.on('error', () => {});
      const other = await pair(clientNet, serverNet);
      peer.write(Buffer.alloc(100000));
      other.peer.write('round');
      await receive(other.client, 5);
      client.destroy();
      peer.resume();
      await closed(peer);
      expect(peer.destroyed).toBe(true);
    });
  },
);

describe('traces of destroying', () => {
  traceTest('resetAndDestroy of a connected socket', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { props: ['destroyed', 'readyState'] });
    t.watch(peer, 'peer', { props: ['destroyed', 'readyState'] });
    peer.resume();
    peer.on('error', () => {});
    t.call('client', 'reset', () => client.resetAndDestroy());
    t.note('client', client.destroyed, client.readyState);
    await Promise.all([closed(client), closed(peer)]);
  });

  traceTest('resetAndDestroy while connecting', async (t) => {
    const server = await t.listen((peer) => {
      peer.on('error', () => {});
      peer.resume();
    });
    const socket = t.watch(t.net.connect(server.at), 'client', { props: ['destroyed', 'connecting'] });
    t.call('client', 'reset', () => socket.resetAndDestroy());
    t.note('client', socket.destroyed, socket.connecting);
    await closed(socket);
  });

  traceTest('resetAndDestroy without a connection', async (t) => {
    const socket = t.watch(new t.net.Socket(), 'fresh');
    socket.on('error', () => {});
    t.call('fresh', 'reset', () => socket.resetAndDestroy());
    await closed(socket);
  });

  traceTest('resetAndDestroy after destroy', async (t) => {
    const { client } = await pair(t.net);
    t.watch(client, 'client');
    client.on('error', () => {});
    client.destroy();
    t.call('client', 'reset', () => client.resetAndDestroy());
    await closed(client);
    t.call('client', 'reset', () => client.resetAndDestroy());
    await turn();
  });

  traceTest('resetAndDestroy of a Unix socket', async (t) => {
    const { client } = await pair(t.net, t.net, { path: true });
    t.watch(client, 'client');
    client.on('error', () => {});
    t.call('client', 'reset', () => client.resetAndDestroy());
    await Promise.race([closed(client), turn(5)]);
  });

  traceTest('resetAndDestroy with data that waits', async (t) => {
    const { client, peer } = await pair(t.net);
    peer.pause();
    peer.on('error', () => {});
    t.watch(client, 'client');
    client.write(Buffer.alloc(32 << 20), t.callback('client', 'written'));
    t.call('client', 'reset', () => client.resetAndDestroy());
    await closed(client);
    await turn();
  });

  traceTest('destroy from everywhere: immediates, ticks, callbacks', async (t) => {
    for (const [label, defer] of [
      ['tick', (call) => process.nextTick(call)],
      ['microtask', (call) => Promise.resolve().then(call)],
      ['immediate', (call) => setImmediate(call)],
      ['timer', (call) => setTimeout(call, 1)],
    ]) {
      const { client } = await pair(t.net);
      t.watch(client, label);
      await new Promise((resolve) =>
        defer(() => {
          client.destroy();
          t.ticks(label, 'destroy');
          resolve();
        }),
      );
      await closed(client);
    }
  });

  traceTest('the callback of _destroy of a subclass', async (t) => {
    class Slow extends t.net.Socket {
      _destroy(error, callback) {
        super._destroy(error, (inner) => {
          t.note('client', '_destroy done', inner);
          setImmediate(callback, inner);
        });
      }
    }
    const server = await t.listen();
    const socket = t.watch(new Slow(), 'client');
    socket.connect(server.at);
    await once(socket, 'ready');
    socket.destroy();
    await closed(socket);
  });
});

describe.each(implementations)('%s: more about destroy', (name, net) => {
  test('an error without a listener ends the process', async () => {
    const { code, stderr } = await spawnNode(name, () => {
      net.connect({ path: '/nowhere/at/all' });
    });
    expect(code).toBe(1);
    expect(stderr).toContain('connect ENOENT /nowhere/at/all');
    expect(stderr).toContain("Unhandled 'error' event");
  });

  test('destroy in the middle of a large write frees the descriptor', async () => {
    const { client, peer } = await pair(net);
    peer.pause();
    client.write(Buffer.alloc(32 << 20));
    const handle = client._handle;
    client.destroy();
    await closed(client);
    expect(handle.fd).toBeLessThan(0);
  });

  test('many sockets destroyed at once all close', async () => {
    const server = await listen(net);
    const sockets = Array.from({ length: 50 }, () => track(net.connect(server.at)));
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map(closed));
    expect(sockets.every((socket) => socket.destroyed)).toBe(true);
  });

  test('destroy of an attempt that fails gives no error', async () => {
    const socket = track(net.connect(await closedPort(), '127.0.0.1'));
    const errors = [];
    socket.on('error', (error) => errors.push(error));
    socket.destroy();
    await closed(socket);
    await turn();
    expect(errors).toEqual([]);
  });

  test('Symbol.asyncDispose destroys and waits', async () => {
    const dispose = Symbol.asyncDispose || Symbol.for('nodejs.asyncDispose');
    const { client } = await pair(net);
    expect(typeof client[dispose]).toBe('function');
    await client[dispose]();
    expect(client.destroyed).toBe(true);
    expect(client.closed).toBe(true);
  });
});
