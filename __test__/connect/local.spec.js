'use strict';

const {
  closed,
  closedPort,
  connect,
  implementations,
  listen,
  matrix,
  once,
  pair,
  traceTest,
} = require('../helpers');

/**
 * Ports of 127.0.0.1 that were free a moment ago: taken by servers that are closed again.
 *
 * @param {typeof import('net')} net
 * @returns {Promise<number>}
 */
async function freePort(net) {
  const server = await listen(net);
  const { port } = server.at;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(matrix)(
  '%s client, %s server: the local end',
  (clientName, serverName, clientNet, serverNet) => {
    test('localAddress chooses the address', async () => {
      const server = await listen(serverNet, { listen: { port: 0, host: '0.0.0.0' } });
      const connection = once(server, 'connection');
      const socket = connect(clientNet, {
        port: server.at.port,
        host: '127.0.0.1',
        localAddress: '127.0.0.2',
      });
      const [[peer]] = await Promise.all([connection, once(socket, 'connect')]);
      expect(socket.localAddress).toBe('127.0.0.2');
      expect(peer.remoteAddress).toBe('127.0.0.2');
      expect(peer.remotePort).toBe(socket.localPort);
    });

    test('localPort chooses the port', async () => {
      const server = await listen(serverNet);
      const localPort = await freePort(clientNet);
      const connection = once(server, 'connection');
      const socket = connect(clientNet, { ...server.at, localPort });
      const [[peer]] = await Promise.all([connection, once(socket, 'connect')]);
      expect(socket.localPort).toBe(localPort);
      expect(peer.remotePort).toBe(localPort);
    });

    test('both together, IPv6', async () => {
      const server = await listen(serverNet, { listen: { port: 0, host: '::1' } });
      const localPort = await freePort(clientNet);
      const socket = connect(clientNet, { ...server.at, localPort, localAddress: '::1', family: 6 });
      await once(socket, 'connect');
      expect(socket.address()).toEqual({ address: '::1', family: 'IPv6', port: localPort });
    });

    test('both ends agree about the addresses', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      expect([client.localAddress, client.localPort, client.localFamily]).toEqual([
        peer.remoteAddress,
        peer.remotePort,
        peer.remoteFamily,
      ]);
      expect([client.remoteAddress, client.remotePort, client.remoteFamily]).toEqual([
        peer.localAddress,
        peer.localPort,
        peer.localFamily,
      ]);
      expect(client.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: client.localPort });
    });

    test('a connection from IPv4 to a dual-stack listener shows a mapped address', async () => {
      const server = await listen(serverNet, { listen: { port: 0, host: '::' } });
      const connection = once(server, 'connection');
      const socket = connect(clientNet, { port: server.at.port, host: '127.0.0.1' });
      const [[peer]] = await Promise.all([connection, once(socket, 'connect')]);
      expect(socket.remoteAddress).toBe('127.0.0.1');
      expect(peer.remoteAddress).toBe('::ffff:127.0.0.1');
      expect(peer.remoteFamily).toBe('IPv6');
    });
  },
);

describe('local ends that fail', () => {
  traceTest('values of the wrong kind', (t) => {
    const bad = [
      { localAddress: 'localhost' },
      { localAddress: 5 },
      { localAddress: {} },
      { localAddress: '999.1.1.1' },
      { localPort: 'x' },
      { localPort: true },
      { localPort: {} },
      { localPort: NaN },
      { localPort: '80' },
    ];
    for (const options of bad) {
      t.call('socket', JSON.stringify(options), () =>
        t.watch(new t.net.Socket(), 'socket').connect({ port: 1, host: '127.0.0.1', ...options }),
      );
    }
  });

  traceTest('an address that is not ours', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect({ ...server.at, localAddress: '192.0.2.1' }), 'socket');
    await closed(socket);
  });

  traceTest('a local port that is taken', async (t) => {
    const server = await t.listen();
    const other = await t.listen();
    t.name(other.at.port, 'taken');
    const socket = t.watch(t.net.connect({ ...server.at, localPort: other.at.port }), 'socket');
    await closed(socket);
  });

  traceTest('an IPv6 local address for an IPv4 target', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect({ ...server.at, localAddress: '::1' }), 'socket');
    await closed(socket);
  });

  traceTest('a refused connection shows the local end that was asked for', async (t) => {
    const port = t.name(await closedPort(), 'closed');
    const socket = t.watch(t.net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' }), 'socket');
    await closed(socket);
  });
});

describe.each(implementations)('%s: family', (name, net) => {
  test('family 6 with a numeric IPv4 host still connects to it', async () => {
    const server = await listen(net);
    const socket = connect(net, { ...server.at, family: 6 });
    await once(socket, 'connect');
    expect(socket.remoteFamily).toBe('IPv4');
  });
});
