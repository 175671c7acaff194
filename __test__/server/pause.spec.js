'use strict';

/* global net -- runWorker defines it */

// `server.pause()` and `server.resume()`, which the built-in does not have.

const fallback = require('../../lib/fallback');
const { closed, connect, describeRsnet, listen, once, tempPath, thrownBy, track } = require('../helpers');
const { REGISTER, runMode, runWorker } = require('../helpers/registered');

/* global all, listening -- given to the code of a child */

const REFUSAL = 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';

describeRsnet('pausing a server', (rsnet) => {
  /**
   * @param {import('../..').Server} server
   * @param {number} number
   * @returns {Promise<import('../..').Socket[]>} connected clients, whether the server has accepted them or not
   */
  function clientsOf(server, number) {
    return Promise.all(Array.from({ length: number }, async () => {
      const client = connect(rsnet, server.at);
      client.on('error', () => {}).resume();
      await once(client, 'connect');
      return client;
    }));
  }

  /** Lets the system do what it would do with connections that came before: another server accepts one. */
  async function roundTrip() {
    const other = await listen(rsnet, (socket) => socket.end());
    const client = connect(rsnet, other.at).resume();
    await closed(client);
  }

  /**
   * @param {import('../..').Server} server
   * @returns {number[]} the clients' ports, in the order of the events; it grows
   */
  function portsOf(server) {
    const ports = [];
    server.on('connection', (socket) => ports.push(socket.remotePort));
    return ports;
  }

  test('connections wait, and come after resume in their order', async () => {
    const server = await listen(rsnet);
    const ports = portsOf(server);
    expect(server.pause()).toBe(server);
    const clients = [];
    for (let i = 0; i < 40; i++) clients.push(...await clientsOf(server, 1));
    await roundTrip();
    expect([ports, server.listening, server.connections.size]).toEqual([[], true, 0]);
    expect(server.resume()).toBe(server);
    while (ports.length < 40) await once(server, 'connection');
    expect(ports).toEqual(clients.map(({ localPort }) => localPort));
    // It goes on as usual.
    const [client] = await clientsOf(server, 1);
    while (ports.length < 41) await once(server, 'connection');
    expect(ports[40]).toBe(client.localPort);
  });

  test('in the listener of a connection: those that came with it wait, too', async () => {
    const server = await listen(rsnet);
    const ports = portsOf(server);
    server.once('connection', () => server.pause());
    const clients = await clientsOf(server, 20);
    if (ports.length === 0) await once(server, 'connection');
    await roundTrip();
    expect(ports).toHaveLength(1);
    server.resume();
    while (ports.length < 20) await once(server, 'connection');
    expect([...ports].sort()).toEqual(clients.map(({ localPort }) => localPort).sort());
  });

  test('paused and resumed at once, nothing is lost and nothing comes twice', async () => {
    const server = await listen(rsnet);
    const ports = portsOf(server);
    server.on('connection', () => server.pause().resume());
    server.on('connection', () => server.resume());
    const clients = await clientsOf(server, 20);
    while (ports.length < 20) await once(server, 'connection');
    await roundTrip();
    expect([...ports].sort()).toEqual(clients.map(({ localPort }) => localPort).sort());
  });

  test('before listen, also of a path', async () => {
    const server = track(new rsnet.Server());
    const ports = portsOf(server);
    const path = tempPath();
    server.pause().listen(path);
    await once(server, 'listening');
    server.at = { path };
    await clientsOf(server, 1);
    await roundTrip();
    expect(ports).toHaveLength(0);
    server.resume();
    while (ports.length < 1) await once(server, 'connection');
  });

  test('open connections go on, and the server closes as usual', async () => {
    const server = await listen(rsnet, (socket) => socket.pipe(socket));
    const accepted = once(server, 'connection');
    const [client] = await clientsOf(server, 1);
    await accepted;
    server.pause();
    const [waiting] = await clientsOf(server, 1);
    client.write('still served');
    const [data] = await once(client, 'data');
    expect(String(data)).toBe('still served');
    const done = server.shutdown();
    await closed(waiting);
    expect(await done).toBe(0);
  });

  test('one that was not paused is resumed without effect', async () => {
    expect(new rsnet.Server().resume().listening).toBe(false);
    const server = await listen(rsnet);
    server.resume();
    const ports = portsOf(server);
    const [client] = await clientsOf(server, 1);
    while (ports.length < 1) await once(server, 'connection');
    expect(ports).toEqual([client.localPort]);
  });

  test('programs that list the members find those of the built-in', () => {
    const keys = [];
    for (const key in new rsnet.Server()) keys.push(key);
    expect(keys.filter((key) => key === 'pause' || key === 'resume')).toEqual([]);
  });

  test('without a binary both are refused', () => {
    const server = new fallback.Server();
    for (const name of ['pause', 'resume']) {
      const error = thrownBy(() => server[name]());
      expect([error.code, error.message]).toEqual([REFUSAL, expect.stringContaining(name)]);
    }
  });

  test('HTTP servers have them, too', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const http = require('http');
      const net = require('net');
      const server = http.createServer((request, response) => response.end('x'));
      const port = await listening(server);
      let connections = 0;
      server.on('connection', () => connections++);
      server.pause();
      const client = net.connect(port, '127.0.0.1');
      await once(client, 'connect');
      const before = connections;
      client.destroy();
      server.resume();
      const [response] = await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response');
      const text = String(await all(response));
      server.close();
      return [before, connections, text];
    });
    expect(found).toEqual([0, 2, 'x']);
  });

  test('in a worker of a cluster it is refused, since the primary accepts', async () => {
    const found = await runWorker(() => {
      const server = net.createServer().on('error', ({ code }) => {
        const other = net.createServer().listen(0, '127.0.0.1', () => {
          try {
            other.pause();
          } catch (error) {
            process.send([code, error.code]);
          }
          other.close();
        });
      });
      server.pause().listen(0, '127.0.0.1');
    });
    expect(found).toEqual([REFUSAL, REFUSAL]);
  });
});
