'use strict';

// `net.promises` and `server[Symbol.asyncIterator]()`, by Node's documentation ("`net/promises` API").

const { subscribe, unsubscribe } = require('diagnostics_channel');
const fs = require('fs');
const { once } = require('events');
const { closed, closedPort, root, spawnNode, tempPath, track } = require('../helpers');
const { describeFeature } = require('../helpers/features');

/**
 * @param {Promise<*>} promise
 * @returns {Promise<object>} of the error that it rejects with
 */
async function refusal(promise) {
  const error = await promise.then(() => { throw new Error('it was fulfilled'); }, (reason) => reason);
  return { name: error.name, code: error.code };
}

describeFeature('net.promises', ({ promises }) => promises !== undefined, (net, name) => {
  const { promises } = net;
  const listen = async (options) => track(await promises.listen({ port: 0, host: '127.0.0.1', ...options }));
  const connect = async (...args) => track(await promises.connect(...args));

  describe('connect', () => {
    test.each([
      ['options', ({ address, port }) => [{ port, host: address }]],
      ['port and host', ({ address, port }) => [port, address]],
    ])('by %s: the socket is connected', async (title, argsFor) => {
      const server = await listen();
      const socket = await connect(...argsFor(server.address()));
      expect(socket).toBeInstanceOf(net.Socket);
      expect([socket.connecting, socket.remotePort]).toEqual([false, server.address().port]);
      expect(socket.listenerCount('error')).toBe(0);
    });

    test('by path', async () => {
      const path = tempPath();
      track(await promises.listen({ path }));
      expect((await connect(path)).connecting).toBe(false);
    });

    test('what comes before anybody listens is not lost', async () => {
      const server = await listen({ connectionListener: (peer) => peer.end('hello') });
      const socket = await connect(server.address().port, '127.0.0.1');
      const chunks = [];
      for await (const chunk of socket) chunks.push(chunk);
      expect(String(Buffer.concat(chunks))).toBe('hello');
    });

    test('rejects with the error of the attempt', async () => {
      const refused = promises.connect(await closedPort(), '127.0.0.1');
      expect(await refusal(refused)).toEqual({ name: 'Error', code: 'ECONNREFUSED' });
    });

    test.each([
      ['nothing', [], 'ERR_MISSING_ARGS'],
      ['a bad port', [{ port: -1 }], 'ERR_SOCKET_BAD_PORT'],
      ['a bad signal', [{ port: 1, signal: {} }], 'ERR_INVALID_ARG_TYPE'],
    ])('rejects, and does not throw: %s', async (title, args, code) => {
      expect((await refusal(promises.connect(...args))).code).toBe(code);
    });

    test('a signal aborts the attempt, and the socket is destroyed', async () => {
      const sockets = [];
      const note = ({ socket }) => sockets.push(socket);
      const controller = new AbortController();
      const { signal } = controller;
      subscribe('net.client.socket', note);
      const connecting = promises.connect({ port: 1, host: 'name', lookup: () => controller.abort(), signal });
      expect(await refusal(connecting)).toEqual({ name: 'AbortError', code: 'ABORT_ERR' });
      unsubscribe('net.client.socket', note);
      expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
    });

    test('a signal that has fired already: nothing is looked up', async () => {
      const lookup = jest.fn();
      for (const signal of [AbortSignal.abort(), AbortSignal.abort(new Error('why'))]) {
        const wanted = { name: 'AbortError', code: 'ABORT_ERR' };
        expect(await refusal(promises.connect({ port: 1, host: 'name', lookup, signal }))).toEqual(wanted);
        expect(await refusal(promises.listen({ signal }))).toEqual(wanted);
      }
      expect(lookup).not.toHaveBeenCalled();
    });

    test('a signal that fires later has no part in the connection', async () => {
      const server = await listen();
      const controller = new AbortController();
      const { signal } = controller;
      const socket = await connect({ port: server.address().port, host: '127.0.0.1', signal });
      controller.abort();
      await new Promise((resolve) => { setImmediate(resolve); });
      expect(socket.destroyed).toBe(false);
    });
  });

  describe('listen', () => {
    test('the server listens, and hands connections to the listener', async () => {
      const connectionListener = jest.fn((peer) => peer.end());
      const server = await listen({ connectionListener, pauseOnConnect: true });
      expect(server).toBeInstanceOf(net.Server);
      expect([server.listening, server.pauseOnConnect, server.listenerCount('error')]).toEqual([true, true, 0]);
      const socket = await connect(server.address().port, '127.0.0.1');
      socket.resume();
      await closed(socket);
      expect(connectionListener).toHaveBeenCalledTimes(1);
    });

    test('rejects with the error of listening', async () => {
      const server = await listen();
      const { port } = server.address();
      expect((await refusal(promises.listen({ port, host: '127.0.0.1' }))).code).toBe('EADDRINUSE');
    });

    test.each([
      ['nothing', [], 'ERR_INVALID_ARG_VALUE'],
      ['no object', [80], 'ERR_INVALID_ARG_TYPE'],
      ['a bad signal', [{ port: 0, signal: 1 }], 'ERR_INVALID_ARG_TYPE'],
    ])('rejects, and does not throw: %s', async (title, args, code) => {
      expect((await refusal(promises.listen(...args))).code).toBe(code);
    });

    test('a signal that fires before: AbortError, and no path is left', async () => {
      const path = tempPath();
      const controller = new AbortController();
      const listening = promises.listen({ path, signal: controller.signal });
      controller.abort();
      expect((await refusal(listening)).name).toBe('AbortError');
      await new Promise((resolve) => { setImmediate(resolve); });
      expect(fs.existsSync(path)).toBe(false);
    });

    test('a signal that fires later closes the server', async () => {
      const controller = new AbortController();
      const server = await listen({ signal: controller.signal });
      const end = once(server, 'close');
      controller.abort();
      await end;
      expect(server.listening).toBe(false);
    });
  });

  describe('server[Symbol.asyncIterator]()', () => {
    test('gives each connection in order, and ends with the server', async () => {
      const server = await listen();
      const { port } = server.address();
      const seen = [];
      const iterating = (async () => {
        for await (const socket of server) {
          seen.push(socket.remotePort);
          socket.end();
        }
      })();
      const ports = [];
      for (let i = 0; i < 3; i++) {
        const client = await connect(port, '127.0.0.1');
        ports.push(client.localPort);
        client.resume();
        await closed(client);
      }
      server.close();
      await iterating;
      expect(seen).toEqual(ports);
    });

    test('a connection that comes before the first next() is given', async () => {
      const server = await listen();
      const counts = () => ['connection', 'error', 'close'].map((event) => server.listenerCount(event));
      const before = counts();
      const connections = server[Symbol.asyncIterator]();
      const client = await connect(server.address().port, '127.0.0.1');
      const { done, value } = await connections.next();
      expect([done, value.remotePort]).toEqual([false, client.localPort]);
      track(value);
      expect(await connections.return()).toMatchObject({ done: true });
      expect([counts(), server.listening]).toEqual([before, true]);
    });

    test("rejects with what 'error' brings", async () => {
      const server = await listen();
      const connections = server[Symbol.asyncIterator]();
      const next = connections.next();
      server.emit('error', new Error('broken'));
      await expect(next).rejects.toThrow('broken');
    });
  });

  if (name !== 'rsnet') return;

  test('rsnet/promises is the same, required and imported', async () => {
    expect(require('../../promises')).toBe(promises);
    const { stdout, stderr } = await spawnNode('rsnet', `
      import(${JSON.stringify(`${root}/promises.mjs`)}).then((imported) => {
        const { connect, listen } = require(${JSON.stringify(`${root}/promises.js`)});
        console.log(imported.connect === connect, imported.listen === listen, imported.default.listen === listen);
      });`);
    expect({ stdout, stderr }).toEqual({ stdout: 'true true true\n', stderr: '' });
  });

  describe('a loop that is behind', () => {
    /** Connections that wait for a loop, at most. */
    const MAX = 128;

    /**
     * @param {import('../..').Server} server
     * @param {number} number
     * @returns {Promise<import('../..').Socket[]>} clients that are connected, whether the server has accepted or not
     */
    async function clientsOf(server, number) {
      const { port } = server.address();
      return Promise.all(Array.from({ length: number }, async () => {
        const client = await connect(port, '127.0.0.1');
        client.on('error', () => {});
        return client;
      }));
    }

    test('holds the server back, and no connection is lost', async () => {
      const server = await listen();
      const connections = server[Symbol.asyncIterator]();
      const clients = await clientsOf(server, MAX + 60);
      while (server.connections.size < MAX) await once(server, 'connection');
      // Another server has accepted since, so this one could have, too.
      const other = await listen();
      const accepted = once(other, 'connection');
      await clientsOf(other, 1);
      await accepted;
      expect(server.connections.size).toBe(MAX);
      const ports = [];
      while (ports.length < clients.length) {
        const { value } = await connections.next();
        ports.push(value.remotePort);
      }
      expect(ports.sort()).toEqual(clients.map(({ localPort }) => localPort).sort());
      await connections.return();
    });

    test('accepts again when the loop ends, unless the program has paused the server', async () => {
      const server = await listen();
      for (const isPaused of [true, false]) {
        const connections = server[Symbol.asyncIterator]();
        const before = server.connections.size;
        await clientsOf(server, MAX + 1);
        while (server.connections.size < before + MAX) await once(server, 'connection');
        if (isPaused) server.pause();
        const accepted = once(server, 'connection');
        await connections.return();
        expect(server.listenerCount('connection')).toBe(2);
        if (isPaused) server.resume();
        await accepted;
      }
    });

    test('resume() of the program does not end it', async () => {
      const server = await listen();
      const connections = server[Symbol.asyncIterator]();
      await clientsOf(server, MAX);
      while (server.connections.size < MAX) await once(server, 'connection');
      server.pause().resume();
      await clientsOf(server, 3);
      const other = await listen();
      const accepted = once(other, 'connection');
      await clientsOf(other, 1);
      await accepted;
      expect(server.connections.size).toBe(MAX);
      await connections.return();
    });
  });

  test('the example runs as it stands', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', `import(${JSON.stringify(`${root}/examples/promises.mjs`)});`);
    expect({ stdout, stderr }).toEqual({ stdout: 'hello by promises\n', stderr: '' });
  });

  test('once registered, what the host has under that name is rsnet\'s', async () => {
    const { stdout, stderr } = await spawnNode('builtin', `
      const before = { connect() {}, listen() {} };
      Object.defineProperty(net, 'promises', { get: () => before, configurable: true, enumerable: true });
      require(${JSON.stringify(`${root}/register.js`)});
      const rsnet = require(${JSON.stringify(root)});
      console.log(net.promises === rsnet.promises, before.connect === rsnet.promises.connect, net.engine);
      console.log(Object.keys(net).includes('promises'));`);
    expect({ stdout, stderr }).toEqual({ stdout: 'true true rsnet\ntrue\n', stderr: '' });
  });
});
