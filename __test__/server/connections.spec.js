'use strict';

const util = require('util');
const { closed, collect, connect, implementations, listen, once, pair, spawnNode, tempPath, traceTest } =
  require('../helpers');

/**
 * @param {import('net').Server} server
 * @returns {Promise<number>} what getConnections tells
 */
function count(server) {
  return util.promisify(server.getConnections.bind(server))();
}

/**
 * Open connections until the server has accepted so many.
 *
 * @param {typeof import('net')} net
 * @param {import('net').Server} server
 * @param {number} number
 * @returns {Promise<import('net').Socket[]>} the clients
 */
async function open(net, server, number) {
  const clients = [];
  for (let i = 0; i < number; i++) {
    const accepted = once(server, 'connection');
    clients.push(connect(net, server.at));
    await accepted;
  }
  return clients;
}

/**
 * Record drops, with the client's port named.
 *
 * @param {import('../helpers/trace').Trace} t
 * @param {import('net').Server} server
 * @returns {import('net').Server}
 */
function noteDrops(t, server) {
  return server.on('drop', (data) => {
    t.name(data.remotePort, 'client');
    t.note('server', 'drop', data);
  });
}

describe.each(implementations)('%s connections of a server', (name, net) => {
  test('getConnections counts what is open', async () => {
    const server = await listen(net, (socket) => socket.resume());
    expect(await count(server)).toBe(0);
    const clients = await open(net, server, 3);
    expect(await count(server)).toBe(3);
    const gone = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
    const [last] = await open(net, server, 1);
    expect(await count(server)).toBe(4);
    last.destroy();
    await gone;
    expect(await count(server)).toBe(3);
    expect(clients.every((client) => !client.destroyed)).toBe(true);
  });

  test('getConnections answers in a later tick and returns the server', async () => {
    const server = await listen(net);
    let returned = false;
    const answer = new Promise((resolve) => {
      expect(server.getConnections((...args) => resolve([returned, ...args]))).toBe(server);
    });
    returned = true;
    expect(await answer).toEqual([true, null, 0]);
  });

  test('getConnections of a server that never listened', async () => {
    expect(await count(net.createServer())).toBe(0);
  });

  test('the connection event comes with a connected socket', async () => {
    const { client, peer, server } = await pair(net);
    expect(peer instanceof net.Socket).toBe(true);
    expect(peer.connecting).toBe(false);
    expect(peer.pending).toBe(false);
    expect(peer.readyState).toBe('open');
    expect(peer.server).toBe(server);
    expect(peer._server).toBe(server);
    expect(peer.remotePort).toBe(client.localPort);
    expect(peer.localPort).toBe(client.remotePort);
    expect(peer.remoteFamily).toBe('IPv4');
    expect(peer.bytesRead).toBe(0);
    expect(peer.bytesWritten).toBe(0);
  });

  test('maxConnections drops what is too much', async () => {
    const peers = [];
    const server = await listen(net, (socket) => peers.push(socket.resume()));
    server.maxConnections = 2;
    const drops = [];
    server.on('drop', (data) => drops.push(data));
    const clients = await open(net, server, 2);
    const third = connect(net, server.at);
    third.on('error', () => {});
    third.resume();
    await closed(third);
    expect(drops).toHaveLength(1);
    expect({ ...drops[0] }).toEqual({
      localAddress: '127.0.0.1', localPort: server.at.port, localFamily: 'IPv4',
      remoteAddress: '127.0.0.1', remotePort: expect.any(Number), remoteFamily: 'IPv4',
    });
    expect(Object.getPrototypeOf(drops[0])).toBe(null);
    expect(await count(server)).toBe(2);
    // One that goes makes room for another.
    clients[0].destroy();
    await closed(peers[0]);
    expect(await count(server)).toBe(1);
    await open(net, server, 1);
    expect(await count(server)).toBe(2);
  });

  test('maxConnections can be raised while running', async () => {
    const server = await listen(net);
    server.maxConnections = 1;
    await open(net, server, 1);
    server.maxConnections = 2;
    await open(net, server, 1);
    expect(await count(server)).toBe(2);
  });

  test('close waits for the connections', async () => {
    const server = await listen(net, (socket) => socket.resume());
    const [client] = await open(net, server, 1);
    const order = [];
    server.on('close', () => order.push('server'));
    const callback = new Promise((resolve) => server.close((...args) => resolve(args)));
    expect(server.listening).toBe(false);
    client.on('close', () => order.push('client'));
    const refused = connect(net, server.at);
    const [error] = await once(refused, 'error');
    expect(error.code).toBe('ECONNREFUSED');
    expect(order).toEqual([]);
    client.end();
    expect(await callback).toEqual([]);
    expect(order).toContain('server');
  });

  test('open connections still work after close', async () => {
    const { client, peer, server } = await pair(net);
    server.close();
    const received = collect(client, 'utf8');
    peer.end('still served');
    expect(await received).toBe('still served');
  });

  test('close twice: the second callback gets ERR_SERVER_NOT_RUNNING', async () => {
    const server = await listen(net);
    const first = new Promise((resolve) => server.close((...args) => resolve(args)));
    const second = new Promise((resolve) => server.close((...args) => resolve(args)));
    expect(await first).toEqual([]);
    const [error] = await second;
    expect(error.code).toBe('ERR_SERVER_NOT_RUNNING');
    expect(error.message).toBe('Server is not running.');
    expect(error.name).toBe('Error');
  });

  test('close of a server that never listened', async () => {
    const server = net.createServer();
    const close = jest.fn();
    server.on('close', close);
    const error = await new Promise((resolve) => expect(server.close(resolve)).toBe(server));
    expect(error.code).toBe('ERR_SERVER_NOT_RUNNING');
    expect(close).toHaveBeenCalledTimes(1);
  });

  test('a client that has gone before it is accepted', async () => {
    const server = await listen(net, (socket) => socket.on('error', () => {}).resume());
    for (let i = 0; i < 10; i++) {
      const client = connect(net, server.at);
      await once(client, 'connect');
      client.resetAndDestroy();
      await closed(client);
    }
    await open(net, server, 1);
    expect(server.listening).toBe(true);
  });

  test('a listener that throws: the process handler gets it and later connections come', async () => {
    const { stdout, code, stderr } = await spawnNode(name, () => {
      let thrown = 0;
      process.on('uncaughtException', (error) => {
        console.log('caught', error.message);
        thrown++;
      });
      let connections = 0;
      const server = net.createServer((socket) => {
        socket.end();
        socket.resume();
        if (++connections === 3) server.close(() => console.log('closed', thrown));
        throw new Error(`connection ${connections}`);
      });
      server.listen(0, '127.0.0.1', () => {
        for (let i = 0; i < 3; i++) net.connect(server.address().port, '127.0.0.1').resume();
      });
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('caught connection 1\ncaught connection 2\ncaught connection 3\nclosed 3\n');
    expect(code).toBe(0);
  });
});

describe('traces of connections', () => {
  traceTest('the drop event', async (t) => {
    const server = noteDrops(t, await t.listen());
    server.maxConnections = 1;
    const [first] = await open(t.net, server, 1);
    for (let i = 0; i < 3; i++) {
      const client = t.net.connect(server.at);
      client.on('error', () => {}).resume();
      await closed(client);
    }
    t.note('server', await count(server));
    first.destroy();
  });

  traceTest('the drop event of a Unix path', async (t) => {
    const server = t.watch(await t.listen({ listen: tempPath() }), 'server', { except: ['connection'] });
    server.maxConnections = 1;
    await open(t.net, server, 1);
    const client = connect(t.net, server.at);
    client.on('error', () => {}).resume();
    await closed(client);
  });

  traceTest('maxConnections of 0, negative, NaN and a string', async (t) => {
    for (const maxConnections of [0, -1, NaN, '1', null]) {
      const server = await t.listen();
      const seen = new Promise((resolve) => {
        server.on('connection', () => resolve('connection')).on('drop', () => resolve('drop'));
      });
      server.maxConnections = maxConnections;
      const client = connect(t.net, server.at);
      client.on('error', () => {}).resume();
      t.note('server', String(maxConnections), await seen);
    }
  });

  traceTest('dropMaxConnection', async (t) => {
    const server = noteDrops(t, await t.listen());
    server.maxConnections = 1;
    server.dropMaxConnection = true;
    await open(t.net, server, 1);
    const client = connect(t.net, server.at);
    client.on('error', (error) => t.note('client', error.code)).resume();
    await closed(client);
  });

  traceTest('closing with connections, in order', async (t) => {
    const peers = [];
    const server = t.watch(await t.listen({}, (socket) => peers.push(socket.resume())), 'server');
    const clients = await open(t.net, server, 3);
    server.close(t.callback('server', 'callback 1'));
    server.close(t.callback('server', 'callback 2'));
    t.ticks('server', 'after close');
    for (const client of clients) client.end();
    await Promise.all([once(server, 'close'), ...peers.map(closed)]);
    server.close(t.callback('server', 'callback 3'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  traceTest('closing in the connection listener', async (t) => {
    const server = t.watch(t.net.createServer((socket) => {
      server.close(t.callback('server', 'callback'));
      t.note('server', server.listening, server._connections);
      socket.end('bye');
      socket.resume();
    }), 'server');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = t.watch(t.net.connect(t.name(server.address().port, 'port'), '127.0.0.1'), 'client');
    client.resume();
    await Promise.all([once(server, 'close'), closed(client)]);
  });

  traceTest('close with wrong callbacks', async (t) => {
    for (const callback of [undefined, null, 5, 'x', {}]) {
      const server = t.watch(t.net.createServer(), 'server');
      t.call('server', 'close', () => server.close(callback) === server);
      const listening = await t.listen();
      t.call('server', 'close listening', () => listening.close(callback) === listening);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  traceTest('what a server looks like', async (t) => {
    const server = t.net.createServer();
    t.note('new', Object.keys(server).filter((key) => key !== '_events'), server._connections, server._handle);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.name(server.address().port, 'port');
    t.note('listening', Object.keys(server).filter((key) => key !== '_events'), server._connectionKey,
      server._handle.constructor.name, typeof server._handle.fd, server._usingWorkers, server._unref);
    await new Promise((resolve) => server.close(resolve));
    t.note('closed', server._handle, server._connectionKey, server._connections);
  });
});
