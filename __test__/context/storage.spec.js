'use strict';

const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
const { closed, connect, implementations, listen, once, pair, tempPath, traceTest, track } = require('../helpers');

describe.each(implementations)('%s AsyncLocalStorage', (_name, net) => {
  const storage = new AsyncLocalStorage();

  test('a client\'s listeners see the store of the connect call', async () => {
    const server = await listen(net, (socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.end('hello');
    });
    const stores = {};
    let client;
    await new Promise((resolve) => {
      storage.run('connect', () => {
        client = connect(net, server.at);
        for (const event of ['connect', 'ready', 'data', 'end', 'close']) {
          client.on(event, () => { stores[event] = storage.getStore(); });
        }
        client.on('close', resolve);
      });
    });
    expect(stores).toEqual({
      connect: 'connect', ready: 'connect', data: 'connect', end: 'connect', close: 'connect',
    });
  });

  test('connections of different contexts at once keep them apart', async () => {
    const server = await listen(net, (socket) => socket.pipe(socket));
    const seen = await Promise.all(Array.from({ length: 50 }, (_, i) => storage.run(i, () => new Promise((resolve) => {
      const client = connect(net, server.at, () => {
        const atConnect = storage.getStore();
        client.write(String(i));
        client.once('data', (data) => resolve([atConnect, storage.getStore(), Number(String(data))]));
      });
    }))));
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => [i, i, i]));
  });

  test('the connection listener sees the store of the listen call', async () => {
    const server = track(net.createServer());
    const seen = new Promise((resolve) => {
      storage.run('on', () => server.on('connection', () => resolve(storage.getStore())));
    });
    await new Promise((resolve) => storage.run('listen', () => server.listen(0, '127.0.0.1', resolve)));
    storage.run('client', () => connect(net, server.address().port, '127.0.0.1'));
    expect(await seen).toBe('listen');
  });

  test('a write callback sees the store of the write call', async () => {
    const { client, peer } = await pair(net);
    peer.resume();
    const stores = await Promise.all([1, 2, 3].map((store) => storage.run(store, () => new Promise((resolve) => {
      client.write('x', () => resolve(storage.getStore()));
    }))));
    expect(stores).toEqual([1, 2, 3]);
  });

  test('a promise continued in a data listener keeps the store', async () => {
    const server = await listen(net, (socket) => socket.write('x'));
    const store = await storage.run('outer', () => new Promise((resolve) => {
      connect(net, server.at).once('data', async () => {
        await null;
        await new Promise((turn) => setImmediate(turn));
        resolve(storage.getStore());
      });
    }));
    expect(store).toBe('outer');
  });

  test('a listener bound by AsyncResource sees its own store', async () => {
    const server = await listen(net, (socket) => socket.write('x'));
    const client = storage.run('connect', () => connect(net, server.at));
    const seen = storage.run('bound', () => new Promise((resolve) => {
      client.once('data', AsyncResource.bind(() => resolve(storage.getStore())));
    }));
    expect(await seen).toBe('bound');
  });

  test('getConnections answers in the context of its call', async () => {
    const server = await listen(net);
    const store = await storage.run('count', () => new Promise((resolve) => {
      server.getConnections(() => resolve(storage.getStore()));
    }));
    expect(store).toBe('count');
  });
});

describe('traces of AsyncLocalStorage', () => {
  /**
   * A store for each call, noted by each listener and callback.
   *
   * @param {import('../helpers/trace').Trace} t
   * @param {object | string} where for `listen`
   * @returns {Promise<void>}
   */
  async function scenario(t, where) {
    const storage = new AsyncLocalStorage();
    // Each listener has a label of its own: how two of them are ordered is not the subject here.
    const noting = (who, what, then = () => {}) => (...args) => {
      t.note(`${who}: ${what}`, String(storage.getStore()));
      return then(...args);
    };
    const peerClosed = {};
    peerClosed.promise = new Promise((resolve) => { peerClosed.resolve = resolve; });
    const server = track(t.net.createServer({ allowHalfOpen: true }));
    storage.run('on(connection)', () => server.on('connection', noting('server', 'connection', (peer) => {
      storage.run('peer listeners', () => {
        peer.on('data', noting('peer', 'data', () => {
          storage.run('peer end', () => peer.end('reply', noting('peer', 'end callback')));
        }));
        peer.on('end', noting('peer', 'end')).on('finish', noting('peer', 'finish'));
        peer.on('close', noting('peer', 'close', peerClosed.resolve));
      });
    })));
    server.on('listening', noting('server', 'listening')).on('close', noting('server', 'close'));
    await new Promise((resolve) => storage.run('listen', () => {
      server.listen(where, noting('server', 'listen callback', resolve));
    }));
    const client = storage.run('create', () => track(new t.net.Socket()));
    storage.run('client listeners', () => {
      for (const event of ['lookup', 'connect', 'ready', 'data', 'end', 'finish', 'close']) {
        client.on(event, noting('client', event));
      }
    });
    const address = server.address();
    const target = typeof address === 'string' ? { path: address }
      : { port: address.port, host: 'localhost', family: 4 };
    storage.run('connect', () => client.connect(target, noting('client', 'connect callback', () => {
      storage.run('write', () => client.write('request', noting('client', 'write callback')));
      storage.run('end', () => client.end(noting('client', 'end callback')));
    })));
    await Promise.all([closed(client), peerClosed.promise]);
    await new Promise((resolve) => storage.run('close', () => {
      server.close(noting('server', 'close callback', resolve));
    }));
  }

  traceTest('over TCP', (t) => scenario(t, { port: 0, host: '127.0.0.1' }));
  traceTest('over a Unix path', (t) => scenario(t, tempPath()));

  traceTest('of errors and destroy', async (t) => {
    const storage = new AsyncLocalStorage();
    const server = await t.listen();
    const { port } = server.at;
    await new Promise((resolve) => server.close(resolve));
    const client = storage.run('create', () => track(new t.net.Socket()));
    client.on('error', ({ code }) => t.note('client', code, String(storage.getStore())));
    client.on('close', () => t.note('client', 'close', String(storage.getStore())));
    storage.run('connect', () => client.connect(port, '127.0.0.1'));
    await once(client, 'close').catch(() => closed(client));
    const other = storage.run('create', () => track(new t.net.Socket()));
    other.on('close', () => t.note('other', 'close', String(storage.getStore())));
    storage.run('destroy', () => other.destroy());
    await closed(other);
  });

  traceTest('of a timeout', async (t) => {
    const storage = new AsyncLocalStorage();
    const { client } = await pair(t.net);
    await new Promise((resolve) => storage.run('setTimeout', () => client.setTimeout(1, () => {
      t.note('client', 'timeout', String(storage.getStore()));
      resolve();
    })));
  });

  traceTest('of drain and a write under backpressure', async (t) => {
    const storage = new AsyncLocalStorage();
    const { client, peer } = await pair(t.net, t.net, { server: { pauseOnConnect: true } });
    client.on('drain', () => t.note('client', 'drain', String(storage.getStore())));
    const written = new Promise((resolve) => storage.run('write', () => {
      client.write(Buffer.alloc(8 << 20), () => {
        t.note('client', 'write callback', String(storage.getStore()));
        resolve();
      });
    }));
    storage.run('resume', () => peer.resume());
    await written;
    await new Promise((resolve) => setImmediate(resolve));
  });
});
