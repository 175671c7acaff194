'use strict';

const {
  closed,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  tempPath,
  traceTest,
  track,
} = require('../helpers');

const all = [
  'bufferSize',
  'bytesRead',
  'bytesWritten',
  'connecting',
  'pending',
  'destroyed',
  'readyState',
  'timeout',
  'remoteAddress',
  'remoteFamily',
  'localAddress',
  'localFamily',
  'allowHalfOpen',
  'readable',
  'writable',
  'readableLength',
  'writableLength',
  'writableNeedDrain',
  'readableFlowing',
  'readableEnded',
  'writableEnded',
  'writableFinished',
  'closed',
  'errored',
  'readableAborted',
  'readableDidRead',
];

/**
 * The values of all properties.
 *
 * @param {import('net').Socket} socket
 * @returns {object}
 */
function properties(socket) {
  const values = Object.fromEntries(all.map((name) => [name, socket[name]]));
  values.ports = [typeof socket.localPort, typeof socket.remotePort];
  values.address = Object.keys(socket.address());
  return values;
}

for (const [kind, options] of [
  ['TCP', () => ({})],
  ['IPv6', () => ({ listen: { port: 0, host: '::1' } })],
  ['Unix', () => ({ listen: tempPath() })],
]) {
  describe(`${kind}: properties in each phase`, () => {
    traceTest('of a client that is destroyed', async (t) => {
      const server = await t.listen(options());
      const socket = t.watch(new t.net.Socket(), 'client', { only: [] });
      t.note('client', 'new', properties(socket));
      socket.connect(server.at);
      t.note('client', 'connecting', properties(socket));
      socket.write('12345');
      t.note('client', 'written while connecting', properties(socket));
      await once(socket, 'connect');
      t.note('client', 'connected', properties(socket));
      await new Promise((resolve) => socket.write('678', resolve));
      t.note('client', 'written', properties(socket));
      socket.destroy();
      t.note('client', 'destroyed', properties(socket));
      await closed(socket);
      t.note('client', 'closed', properties(socket));
    });

    traceTest('of an accepted connection that ends', async (t) => {
      const server = await t.listen(options(), (peer) => {
        t.watch(peer, 'peer', { only: [] });
        t.note('peer', 'accepted', properties(peer));
        peer.once('data', () => t.note('peer', 'data', properties(peer)));
        peer.once('end', () => {
          t.note('peer', 'end', properties(peer));
          peer.once('finish', () => t.note('peer', 'finish', properties(peer)));
        });
      });
      const socket = t.watch(t.net.connect(server.at), 'client', { only: [] });
      const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
      socket.resume();
      socket.end('12345');
      t.note('client', 'ended', properties(socket));
      await Promise.all([closed(peer), closed(socket)]);
      t.note('peer', 'closed', properties(peer));
      t.note('client', 'closed', properties(socket));
    });
  });
}

describe.each(matrix)('%s client, %s server: counters', (clientName, serverName, clientNet, serverNet) => {
  test.each([[true], [false]])('bytesRead and bytesWritten agree (Unix: %s)', async (path) => {
    const { client, peer } = await pair(clientNet, serverNet, { path });
    const size = 300000;
    peer.write(Buffer.alloc(size));
    await receive(client, size);
    client.end('four');
    peer.resume();
    await once(peer, 'end');
    expect([client.bytesRead, client.bytesWritten]).toEqual([size, 4]);
    expect([peer.bytesRead, peer.bytesWritten]).toEqual([4, size]);
    client.destroy();
    peer.destroy();
    await Promise.all([closed(client), closed(peer)]);
    expect([client.bytesRead, client.bytesWritten]).toEqual([size, 4]);
    expect([peer.bytesRead, peer.bytesWritten]).toEqual([4, size]);
  });
});

describe.each(implementations)('%s: more about properties', (name, net) => {
  test('server is the server of an accepted connection only', async () => {
    const { client, peer, server } = await pair(net);
    expect(peer.server).toBe(server);
    expect(peer._server).toBe(server);
    expect(client.server).toBeNull();
  });

  test('the remote address stays readable after the handle is gone, once it was read', async () => {
    const { client, peer } = await pair(net);
    const { remoteAddress, remotePort, remoteFamily } = client;
    expect([remoteAddress, remoteFamily]).toEqual(['127.0.0.1', 'IPv4']);
    client.destroy();
    peer.destroy();
    await closed(client);
    expect([client.remoteAddress, client.remotePort, client.remoteFamily]).toEqual([
      remoteAddress,
      remotePort,
      remoteFamily,
    ]);
    expect(client.localPort).toBeUndefined();
  });

  test('addresses that were not read before are gone after destroy', async () => {
    const { client } = await pair(net);
    client.destroy();
    await closed(client);
    expect(client.remoteAddress).toBeUndefined();
    expect(client.remotePort).toBeUndefined();
  });

  test('bytesWritten counts what is queued, in bytes of its encoding', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket());
    socket.connect(server.at);
    socket.write('ü');
    socket.write('abcd', 'hex');
    socket.write(Buffer.alloc(10));
    expect(socket.bytesWritten).toBe(14);
    await once(socket, 'connect');
    expect(socket.bytesWritten).toBe(14);
  });

  test('bufferSize grows while the peer does not read', async () => {
    const { client, peer } = await pair(net);
    peer.pause();
    while (client.bufferSize < 1 << 20) client.write(Buffer.alloc(1 << 16));
    expect(client.bufferSize).toBe(client.writableLength);
    expect(client.writableNeedDrain).toBe(true);
    peer.resume();
    await once(client, 'drain');
    expect(client.bufferSize).toBe(0);
  });
});

describe('enumeration', () => {
  traceTest('the documented getters live on the prototype', (t) => {
    const names = [
      '_connecting',
      'pending',
      'readyState',
      'bufferSize',
      'bytesRead',
      'bytesWritten',
      'remoteAddress',
      'remoteFamily',
      'remotePort',
      'localAddress',
      'localFamily',
      'localPort',
      '_bytesDispatched',
    ];
    for (const name of names) {
      const descriptor = Object.getOwnPropertyDescriptor(t.net.Socket.prototype, name);
      t.note('prototype', name, descriptor && { get: typeof descriptor.get, set: typeof descriptor.set });
    }
  });

  traceTest('the methods and how many parameters they take', (t) => {
    const names = [
      'connect',
      'setTimeout',
      'setNoDelay',
      'address',
      'pause',
      'resume',
      'read',
      'end',
      'destroySoon',
      'resetAndDestroy',
      'ref',
      'unref',
      '_read',
      '_write',
      '_writev',
      '_final',
      '_destroy',
      '_writeGeneric',
      '_writevGeneric',
      '_onTimeout',
      '_getpeername',
      '_getsockname',
      '_unrefTimer',
      '_reset',
    ];
    for (const name of names) {
      const own = Object.prototype.hasOwnProperty.call(t.net.Socket.prototype, name);
      t.note(
        'prototype',
        name,
        own,
        typeof t.net.Socket.prototype[name],
        own && t.net.Socket.prototype[name] && t.net.Socket.prototype[name].length,
      );
    }
  });
});
