'use strict';

const {
  closed,
  implementations,
  listen,
  once,
  pair,
  receive,
  tempPath,
  traceTest,
  track,
} = require('../helpers');

/** Members of `socket._handle` that libraries use, with what `typeof` says of them. */
const members = {
  fd: 'number',
  ref: 'function',
  unref: 'function',
  hasRef: 'function',
  close: 'function',
  readStart: 'function',
  readStop: 'function',
  getAsyncId: 'function',
  bytesRead: 'number',
  bytesWritten: 'number',
  writeQueueSize: 'number',
  reading: 'boolean',
};

for (const [kind, path] of [
  ['TCP', false],
  ['Unix', true],
]) {
  describe.each(implementations)(`%s, ${kind}: socket._handle`, (name, net) => {
    test('has what libraries read', async () => {
      const { client, peer } = await pair(net, net, { path });
      for (const socket of [client, peer]) {
        const types = Object.fromEntries(
          Object.keys(members).map((key) => [key, typeof socket._handle[key]]),
        );
        expect(types).toEqual(members);
        expect(socket._handle.constructor.name).toBe(path ? 'Pipe' : 'TCP');
        expect(socket._handle.fd).toBeGreaterThan(2);
        expect(socket._handle.getAsyncId()).toBeGreaterThan(0);
      }
      expect(client._handle.fd).not.toBe(peer._handle.fd);
      expect(client._handle.getAsyncId()).not.toBe(peer._handle.getAsyncId());
    });

    test('ref, unref and hasRef', async () => {
      const { client } = await pair(net, net, { path });
      expect(client._handle.hasRef()).toBe(true);
      client._handle.unref();
      expect(client._handle.hasRef()).toBe(false);
      client._handle.ref();
      expect(client._handle.hasRef()).toBe(true);
      client.unref();
      expect(client._handle.hasRef()).toBe(false);
    });

    test('hasRef tells until it has closed', async () => {
      const { client } = await pair(net, net, { path });
      const { _handle: handle } = client;
      client.destroy();
      const seen = [handle.hasRef()];
      handle.unref();
      seen.push(handle.hasRef());
      handle.ref();
      seen.push(handle.hasRef());
      await closed(client);
      handle.ref();
      expect([...seen, handle.hasRef()]).toEqual([true, false, true, false]);
    });

    test('counts bytes', async () => {
      const { client, peer } = await pair(net, net, { path });
      client.write('twelve bytes');
      await receive(peer, 12);
      expect(client._handle.bytesWritten).toBe(12);
      expect(peer._handle.bytesRead).toBe(12);
      expect(client._handle.writeQueueSize).toBe(0);
    });

    test('writeQueueSize shows what the kernel has not taken', async () => {
      const { client, peer } = await pair(net, net, { path });
      peer.pause();
      const size = 32 << 20;
      client.write(Buffer.alloc(size));
      expect(client._handle.writeQueueSize).toBeGreaterThan(0);
      expect(client._handle.writeQueueSize).toBeLessThan(size);
      peer.resume();
      await once(client, 'drain');
      expect(client._handle.writeQueueSize).toBe(0);
    });

    test('the socket has no handle after destroy, and the handle no descriptor', async () => {
      const { client } = await pair(net, net, { path });
      const handle = client._handle;
      client.destroy();
      expect(client._handle).toBeNull();
      await closed(client);
      expect(handle.fd).toBeLessThan(0);
    });

    test('reading tells whether the socket reads', async () => {
      const { client, peer } = await pair(net, net, { path });
      expect(client._handle.reading).toBe(true);
      client.on('readable', () => {});
      peer.write(Buffer.alloc(1 << 20));
      while (client.readableLength < client.readableHighWaterMark) await once(client, 'readable');
      expect(client._handle.reading).toBe(false);
      client.removeAllListeners('readable');
      client.resume();
      await once(client, 'data');
      await once(client, 'data');
      expect(client._handle.reading).toBe(true);
    });

    test('readStop and readStart hold back and let go', async () => {
      const { client, peer } = await pair(net, net, { path });
      const other = await pair(net, net, { path });
      const seen = [];
      client.on('data', (data) => seen.push(String(data)));
      expect(client._handle.readStop()).toBe(0);
      peer.write('held back');
      // A round trip elsewhere, after which the data has certainly reached this end.
      other.client.write('x');
      await once(other.peer, 'data');
      other.peer.write('y');
      await once(other.client, 'data');
      expect(seen).toEqual([]);
      expect(client._handle.readStart()).toBe(0);
      await once(client, 'data');
      expect(seen).toEqual(['held back']);
    });
  });
}

describe.each(implementations)('%s: the addresses of a handle', (name, net) => {
  test('getsockname and getpeername fill an object', async () => {
    const { client, peer } = await pair(net);
    const local = {};
    const remote = {};
    expect(client._handle.getsockname(local)).toBe(0);
    expect(client._handle.getpeername(remote)).toBe(0);
    expect(local).toEqual({ address: '127.0.0.1', family: 'IPv4', port: peer.remotePort });
    expect(remote).toEqual({ address: '127.0.0.1', family: 'IPv4', port: peer.localPort });
  });

  test('of IPv6', async () => {
    const { client } = await pair(net, net, { server: { listen: { port: 0, host: '::1' } } });
    const local = {};
    expect(client._handle.getsockname(local)).toBe(0);
    expect(local).toEqual({ address: '::1', family: 'IPv6', port: client.localPort });
  });

  test('a server has a handle too', async () => {
    const server = await listen(net);
    expect(server._handle.fd).toBeGreaterThan(2);
    expect(server._handle.hasRef()).toBe(true);
    const out = {};
    expect(server._handle.getsockname(out)).toBe(0);
    expect(out).toEqual({ address: '127.0.0.1', family: 'IPv4', port: server.at.port });
  });

  test('a socket that connects has its handle at once for numeric hosts', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket());
    socket.connect(server.at);
    expect(socket._handle).not.toBeNull();
    expect(socket._handle.hasRef()).toBe(true);
    await once(socket, 'connect');
  });
});

describe('the shape of a handle', () => {
  for (const path of [false, true]) {
    traceTest(`owner and event members, Unix: ${path}`, async (t) => {
      const server = await t.listen(path ? { listen: tempPath() } : {});
      const socket = t.watch(t.net.connect(server.at), 'client', { only: [] });
      await once(socket, 'ready');
      const handle = socket._handle;
      t.note(
        'client',
        ...[
          'setNoDelay',
          'setKeepAlive',
          'shutdown',
          'onread',
          'writeBuffer',
          'writev',
          'writeUtf8String',
          'writeLatin1String',
          'writeUcs2String',
          'writeAsciiString',
          'open',
          'fchmod',
          'reset',
        ].map((key) => [key, typeof handle[key]]),
      );
    });
  }
});
