'use strict';

const {
  connect,
  implementations,
  listen,
  matrix,
  once,
  receive,
  tempPath,
  traceTest,
  track,
} = require('../helpers');

/** Every documented way to name a TCP server; each gets `(net, port, listener)` and returns the socket. */
const tcpForms = {
  'connect({ port })': (net, port, listener) => net.connect({ port }, listener),
  'connect({ port, host })': (net, port, listener) => net.connect({ port, host: '127.0.0.1' }, listener),
  'connect(port)': (net, port, listener) => net.connect(port, listener),
  'connect(port, host)': (net, port, listener) => net.connect(port, 'localhost', listener),
  'connect(port as string)': (net, port, listener) => net.connect(String(port), listener),
  'connect(port as string, host)': (net, port, listener) => net.connect(String(port), '127.0.0.1', listener),
  'connect({ port as string })': (net, port, listener) => net.connect({ port: String(port) }, listener),
  'connect({ port in hexadecimal })': (net, port, listener) =>
    net.connect({ port: `0x${port.toString(16)}` }, listener),
  'createConnection({ port })': (net, port, listener) => net.createConnection({ port }, listener),
  'createConnection(port, host)': (net, port, listener) => net.createConnection(port, '127.0.0.1', listener),
  'new Socket().connect({ port })': (net, port, listener) => new net.Socket().connect({ port }, listener),
  'new Socket().connect(port)': (net, port, listener) => new net.Socket().connect(port, listener),
  'new Socket().connect(port, host)': (net, port, listener) =>
    new net.Socket().connect(port, '127.0.0.1', listener),
  'Socket().connect(port, null host)': (net, port, listener) => net.Socket().connect(port, null, listener),
  'Socket().connect(port, undefined host)': (net, port, listener) =>
    net.Socket().connect(port, undefined, listener),
  'connect({ port, host: empty })': (net, port, listener) => net.connect({ port, host: '' }, listener),
  'connect({ port, path: empty })': (net, port, listener) => net.connect({ port, path: '' }, listener),
  'connect([{ port }, listener]) as servers hand it on': (net, port, listener) =>
    new net.Socket().connect(net._normalizeArgs([{ port }, listener])),
};

/** The same for a Unix-domain server. */
const pathForms = {
  'connect({ path })': (net, path, listener) => net.connect({ path }, listener),
  'connect(path)': (net, path, listener) => net.connect(path, listener),
  'createConnection(path)': (net, path, listener) => net.createConnection(path, listener),
  'createConnection({ path })': (net, path, listener) => net.createConnection({ path }, listener),
  'new Socket().connect(path)': (net, path, listener) => new net.Socket().connect(path, listener),
  'new Socket().connect({ path })': (net, path, listener) => new net.Socket().connect({ path }, listener),
};

describe.each(matrix)(
  '%s client, %s server: forms of connect',
  (clientName, serverName, clientNet, serverNet) => {
    test.each(Object.entries(tcpForms))('%s', async (title, form) => {
      const server = await listen(serverNet, { listen: { port: 0 } }, (peer) => peer.write('welcome'));
      const listener = jest.fn();
      const socket = track(form(clientNet, server.at.port, listener));
      expect(socket).toBeInstanceOf(clientNet.Socket);
      expect(socket.connecting).toBe(true);
      expect(String(await receive(socket, 7))).toBe('welcome');
      expect(listener.mock.calls).toEqual([[]]);
      expect(listener.mock.contexts[0]).toBe(socket);
    });

    test.each(Object.entries(pathForms))('%s', async (title, form) => {
      const path = tempPath();
      await listen(serverNet, { listen: { path } }, (peer) => peer.write('welcome'));
      const listener = jest.fn();
      const socket = track(form(clientNet, path, listener));
      expect(socket.connecting).toBe(true);
      expect(String(await receive(socket, 7))).toBe('welcome');
      expect(listener.mock.calls).toEqual([[]]);
    });

    test('an abstract Unix name', async () => {
      const path = `\0rsnet-spec-${process.pid}-${clientName}-${serverName}`;
      await listen(serverNet, { listen: { path } }, (peer) => peer.pipe(peer));
      const socket = connect(clientNet, path);
      socket.write('abstract');
      expect(String(await receive(socket, 8))).toBe('abstract');
      expect(socket.remoteAddress).toBeUndefined();
    });

    test('a relative path', async () => {
      const path = require('path').relative(process.cwd(), tempPath());
      await listen(serverNet, { listen: { path } }, (peer) => peer.write('relative'));
      const socket = connect(clientNet, path);
      expect(String(await receive(socket, 8))).toBe('relative');
    });

    test('a path with characters beyond ASCII', async () => {
      const path = tempPath('söcket-ソケット');
      await listen(serverNet, { listen: { path } }, (peer) => peer.write('umlaut'));
      const socket = connect(clientNet, path);
      expect(String(await receive(socket, 6))).toBe('umlaut');
    });

    test('IPv6 loopback', async () => {
      const server = await listen(serverNet, { listen: { port: 0, host: '::1' } }, (peer) =>
        peer.write('six'),
      );
      const socket = connect(clientNet, server.at);
      expect(String(await receive(socket, 3))).toBe('six');
      expect(socket.remoteFamily).toBe('IPv6');
      expect(socket.remoteAddress).toBe('::1');
      expect(socket.localAddress).toBe('::1');
      expect(socket.remotePort).toBe(server.at.port);
    });
  },
);

describe.each(implementations)('%s: connect as a method', (name, net) => {
  test('returns the socket, and adds the listener once', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket());
    const listener = () => {};
    expect(socket.connect(server.at, listener)).toBe(socket);
    expect(socket.listenerCount('connect')).toBe(1);
    await once(socket, 'connect');
    expect(socket.listenerCount('connect')).toBe(0);
  });

  test('the timeout option of net.connect sets the idle timeout', async () => {
    const server = await listen(net);
    const socket = connect(net, { ...server.at, timeout: 54321 });
    expect(socket.timeout).toBe(54321);
    await once(socket, 'connect');
    expect(socket.timeout).toBe(54321);
  });

  test('the options given are not changed', async () => {
    const server = await listen(net);
    const options = Object.freeze({ ...server.at });
    await once(connect(net, options), 'connect');
    expect(options).toEqual(server.at);
  });

  test('options inherited from a prototype count', async () => {
    const server = await listen(net);
    const socket = connect(net, Object.create(server.at));
    await once(socket, 'connect');
    expect(socket.remotePort).toBe(server.at.port);
  });

  test('data written before the connection exists is sent after it', async () => {
    const server = await listen(net);
    const connection = once(server, 'connection');
    const socket = track(new net.Socket());
    socket.connect(server.at);
    socket.write('one ');
    socket.write('two ');
    socket.write(Buffer.from('three'));
    const [peer] = await connection;
    expect(String(await receive(peer, 13))).toBe('one two three');
  });
});

describe('connect called in unusual states', () => {
  traceTest('a second connect while connecting', async (t) => {
    const server = await t.listen();
    const socket = t.watch(new t.net.Socket(), 'socket');
    t.call('socket', 'first', () => socket.connect(server.at, t.callback('socket', 'first callback')));
    t.call('socket', 'second', () => socket.connect(server.at, t.callback('socket', 'second callback')));
    await Promise.race([once(socket, 'close'), once(socket, 'ready')]).catch(() => {});
    t.note('socket', socket.connecting, socket.destroyed);
  });

  traceTest('destroy before the connection is established', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect(server.at, t.callback('socket', 'connected')), 'socket');
    t.call('socket', 'destroy', () => socket.destroy());
    t.note('socket', socket.connecting, socket.destroyed, socket.readyState);
    await once(socket, 'close');
    t.note('socket', socket.connecting, socket.pending, socket.readyState);
  });

  traceTest('writes queued before a destroy while connecting', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect(server.at), 'socket');
    t.call('socket', 'write', () => socket.write('text', t.callback('socket', 'written')));
    t.call('socket', 'destroy', () => socket.destroy(new Error('changed my mind')));
    await once(socket, 'error').catch(() => {});
    await once(socket, 'close');
  });

  traceTest('connect() without a host after unref', async (t) => {
    const server = await t.listen();
    const socket = t.watch(new t.net.Socket(), 'socket');
    t.call('socket', 'unref', () => socket.unref());
    t.call('socket', 'connect', () => socket.connect(server.at));
    t.note('socket', socket._handle.hasRef());
    await once(socket, 'ready');
    t.note('socket', socket._handle.hasRef());
  });
});
