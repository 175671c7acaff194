'use strict';

// `server.connections` and `server.closeAllConnections()`, which the built-in does not have: of rsnet, and of what
// stands in for it without a binary.

const fallback = require('../../lib/fallback');
const { closed, connect, describeRsnet, listen, once, pair, tempPath, track } = require('../helpers');
const { runMode, REGISTER } = require('../helpers/registered');

/* global cert, engine, key, listening -- given to the code of a child */

/**
 * @param {typeof import('../..')} net
 * @param {import('../..').Server} server
 * @returns {Promise<{client: import('../..').Socket, peer: import('../..').Socket}>} one more connection
 */
async function open(net, server) {
  const accepted = once(server, 'connection');
  const client = connect(net, server.at);
  const [peer] = await accepted;
  return { client, peer };
}

/**
 * @param {object} object
 * @returns {string[]} what a for-in loop over it comes by
 */
function enumerated(object) {
  const keys = [];
  for (const key in object) keys.push(key);
  return keys;
}

describeRsnet('open connections', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, net) => {
    test('connections has what the server has accepted and is open, the oldest first', async () => {
      const server = await listen(net, (socket) => socket.resume());
      expect([...server.connections]).toEqual([]);
      const peers = [];
      for (let i = 0; i < 3; i++) peers.push((await open(net, server)).peer);
      expect([...server.connections]).toEqual(peers);
      expect(server.connections.size).toBe(3);
      peers[1].destroy();
      expect([...server.connections]).toEqual([peers[0], peers[2]]);
      await closed(peers[1]);
      expect([...server.connections]).toEqual([peers[0], peers[2]]);
    });

    test('one that comes after others have closed is the last', async () => {
      const server = await listen(net, (socket) => socket.resume());
      const first = await open(net, server);
      const second = await open(net, server);
      first.peer.destroy();
      await Promise.all([closed(first.client.resume()), closed(first.peer)]);
      const third = await open(net, server);
      expect([...server.connections]).toEqual([second.peer, third.peer]);
    });

    test('a connection is there when its event comes, and when the server does not listen any more', async () => {
      const server = await listen(net);
      const seen = [];
      server.on('connection', (socket) => seen.push(server.connections.has(socket)));
      const { peer } = await open(net, server);
      server.close();
      expect(seen).toEqual([true]);
      expect([...server.connections]).toEqual([peer]);
    });

    test('it has those of a path, and of each server its own', async () => {
      const server = await listen(net, { listen: tempPath() });
      const other = await pair(net);
      const { peer } = await open(net, server);
      expect([...server.connections]).toEqual([peer]);
      expect([...other.server.connections]).toEqual([other.peer]);
    });

    test('one that ends on both sides goes', async () => {
      const { client, peer, server } = await pair(net);
      peer.resume().end();
      client.resume().end();
      await closed(peer);
      expect(server.connections.size).toBe(0);
    });

    test('each look gives a Set of its own', async () => {
      const { peer, server } = await pair(net);
      server.connections.clear();
      expect([...server.connections]).toEqual([peer]);
      for (const socket of server.connections) socket.destroy();
      expect(server.connections.size).toBe(0);
    });

    test('sockets that a program emits are not the server\'s', async () => {
      const server = new net.Server();
      const { client } = await pair(net);
      server.emit('connection', client);
      expect(server.connections.size).toBe(0);
    });

    test('a program may put anything in its place', async () => {
      class Own extends net.Server {
        constructor() {
          super();
          this.connections = new Map([[1, 2]]);
        }

        closeAllConnections() { return 'own'; }
      }
      const own = new Own();
      expect([...own.connections]).toEqual([[1, 2]]);
      expect(Object.getOwnPropertyDescriptor(own, 'connections')).toEqual({
        value: new Map([[1, 2]]), writable: true, enumerable: true, configurable: true,
      });
      expect(own.closeAllConnections()).toBe('own');
      const server = new net.Server();
      server.connections = 0;
      server.connections++;
      expect(server.connections).toBe(1);
      delete server.connections;
      expect(server.connections.size).toBe(0);
    });

    test('programs that list the members find those of the built-in', () => {
      const keys = ['connections', 'closeAllConnections', 'shutdown'];
      const server = new net.Server();
      expect(enumerated(server).filter((key) => keys.includes(key))).toEqual([]);
      expect(Reflect.ownKeys(server).filter((key) => keys.includes(key))).toEqual([]);
    });

    test('closeAllConnections destroys each; the server goes on listening', async () => {
      const server = await listen(net);
      const pairs = [];
      for (let i = 0; i < 3; i++) pairs.push(await open(net, server));
      for (const { client } of pairs) client.on('error', () => {}).resume();
      pairs[0].peer.write('x');
      expect(server.closeAllConnections()).toBe(undefined);
      expect(pairs.map(({ peer }) => peer.destroyed)).toEqual([true, true, true]);
      await Promise.all(pairs.flatMap(({ client, peer }) => [closed(client), closed(peer)]));
      expect(server.listening).toBe(true);
      const { peer } = await open(net, server);
      expect([...server.connections]).toEqual([peer]);
    });

    test('closeAllConnections of a server without any', () => {
      expect(new net.Server().closeAllConnections()).toBe(undefined);
    });

    test('a socket whose handle was taken is not kept', async () => {
      const { peer, server } = await pair(net);
      const handle = peer._handle;
      peer._handle = null;
      expect(server.connections.size).toBe(0);
      peer._handle = handle;
      track(peer);
    });
  });

  test('one that was sent to another process is its no longer, and one that was kept open is', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const net = require('net');
      const child = require('child_process').spawn(process.execPath, [
        '-e', 'process.on("message", (text, socket) => { if (socket) socket.destroy(); else process.disconnect(); })',
      ], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const server = net.createServer({ pauseOnConnect: true });
      const port = await listening(server);
      const sizes = [];
      for (const keepOpen of [false, true]) {
        const client = net.connect(port, '127.0.0.1').resume();
        const [socket] = await once(server, 'connection');
        sizes.push(server.connections.size);
        await new Promise((resolve) => child.send('take', socket, { keepOpen }, resolve));
        sizes.push(server.connections.size);
        socket.destroy();
        await once(client, 'close');
        sizes.push(server.connections.size);
      }
      child.send('end');
      await once(child, 'exit');
      server.close();
      return sizes;
    });
    expect(found).toEqual([1, 0, 0, 1, 1, 0]);
  });

  test.each([
    ['closed, or sent to another process,', ['-r', REGISTER], 'net'],
    ['closed, without a binary,', [], require.resolve('../../lib/fallback')],
  ])('what was %s is kept by nobody', async (title, flags, path) => {
    const found = await runMode([...flags, '--expose-gc'], async (module) => {
      const net = require(module);
      const child = require('child_process').spawn(process.execPath, [
        '-e', 'process.on("message", (text, socket) => { if (socket) socket.destroy(); else process.disconnect(); })',
      ], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const server = net.createServer({ pauseOnConnect: true });
      const port = await listening(server);
      const one = async (use) => {
        const client = net.connect(port, '127.0.0.1').resume();
        const [socket] = await once(server, 'connection');
        use(socket);
        await once(client, 'close');
        return new WeakRef(socket);
      };
      const refs = [await one((socket) => socket.destroy())];
      if (module === 'net') refs.push(await one((socket) => child.send('take', socket)));
      child.send('end');
      await once(child, 'exit');
      while (refs.some((ref) => ref.deref() !== undefined)) {
        await new Promise((resolve) => setImmediate(resolve));
        globalThis.gc();
      }
      server.close();
      return server.connections.size;
    }, { args: [path] });
    expect(found).toBe(0);
  });

  test('HTTP servers have the connections, and their own closeAllConnections; so have those of TLS', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const http = require('http');
      const net = require('net');
      const tls = require('tls');
      const results = [];
      const server = http.createServer((request, response) => response.end('x'));
      const client = net.connect(await listening(server), '127.0.0.1').resume();
      const [peer] = await once(server, 'connection');
      // Many requests, so that the connection goes to a handle of the host.
      for (let i = 0; i < 20; i++) {
        client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await once(client, 'data');
      }
      const later = net.connect(server.address().port, '127.0.0.1').resume();
      const [other] = await once(server, 'connection');
      results.push([...server.connections].map((socket) => [peer, other].indexOf(socket)), engine(peer));
      results.push(Object.hasOwn(http.Server.prototype, 'closeAllConnections'));
      server.closeAllConnections();
      await Promise.all([once(client, 'close'), once(later, 'close')]);
      results.push(server.connections.size);
      server.close();

      const secure = tls.createServer({ cert, key }, (socket) => socket.on('error', () => {}).resume());
      const port = await listening(secure);
      const ciphered = tls.connect({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
      ciphered.on('error', () => {}).resume();
      const [encrypted] = await once(secure, 'secureConnection');
      results.push([...secure.connections].map((socket) => socket === encrypted._parent));
      secure.closeAllConnections();
      await Promise.all([once(ciphered, 'close'), once(encrypted, 'close')]);
      results.push(secure.connections.size);
      secure.close();
      return results;
    });
    expect(found).toEqual([[0, 1], 'rsnet', true, 0, [true], 0]);
  });
});
