'use strict';

const fs = require('fs');
const { closed, collect, connect, listen, once, tempPath, thrownBy, track } = require('../helpers');
const { bindsPaths, describeFeature, nodeAtLeast } = require('../helpers/features');
const { canReadOptions, socketOptions } = require('../helpers/socket-option');

const ADOPTED = {
  name: 'Error', code: 'ERR_SOCKET_HANDLE_ADOPTED',
  message: 'The bound socket has already been adopted by a server or socket',
};

/**
 * Name, code and message of what a call throws.
 *
 * @param {() => unknown} call
 * @returns {{name: string, code: string, message: string}}
 */
function failure(call) {
  const { name, code, message } = thrownBy(call);
  return { name, code, message };
}

describeFeature('net.BoundSocket', (net) => 'BoundSocket' in net, (net) => {
  test('reserves a port at once', async () => {
    const bound = new net.BoundSocket();
    const { address, family, port } = bound.address();
    expect([address, family]).toEqual(['0.0.0.0', 'IPv4']);
    expect(port).toBeGreaterThan(0);
    expect(bound.fd()).toBeGreaterThan(2);
    bound.close();
  });

  test('a server adopts it', async () => {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const address = bound.address();
    const server = track(net.createServer((socket) => socket.end('served')));
    expect(server.listen(bound)).toBe(server);
    await once(server, 'listening');
    expect(server.address()).toEqual(address);
    expect(await collect(connect(net, address.port, '127.0.0.1'), 'utf8')).toBe('served');
    for (const call of [() => bound.address(), () => bound.fd(), () => bound.close()]) {
      expect(failure(call)).toEqual(ADOPTED);
    }
    expect(thrownBy(() => bound[Symbol.dispose]())).toBe(undefined);
    expect(server.listening).toBe(true);
  });

  test.each([
    ['listen(bound, backlog, callback)', (server, bound, callback) => server.listen(bound, 5, callback)],
    ['listen({handle: bound}, callback)', (server, bound, callback) => server.listen({ handle: bound }, callback)],
  ])('%s', async (_form, take) => {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const address = bound.address();
    const server = track(net.createServer());
    await new Promise((resolve) => take(server, bound, resolve));
    expect(server.address()).toEqual(address);
  });

  test('a client adopts it and connects from its port', async () => {
    const server = await listen(net, (socket) => socket.end(String(socket.remotePort)));
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    const client = track(new net.Socket({ handle: bound }));
    expect(failure(() => bound.address())).toEqual(ADOPTED);
    client.connect(server.at);
    await once(client, 'connect');
    expect(client.localPort).toBe(port);
    expect(await collect(client, 'utf8')).toBe(String(port));
  });

  test('nobody adopts it twice, or after close', async () => {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const server = track(net.createServer());
    server.listen(bound);
    await once(server, 'listening');
    const released = new net.BoundSocket();
    expect(released.close()).toBe(undefined);
    expect(thrownBy(() => released[Symbol.dispose]())).toBe(undefined);
    for (const used of [bound, released]) {
      expect(failure(() => net.createServer().listen(used))).toEqual(ADOPTED);
      expect(failure(() => new net.Socket({ handle: used }))).toEqual(ADOPTED);
      expect(failure(() => used.close())).toEqual(ADOPTED);
    }
  });

  test('close gives the port back', async () => {
    const bound = new net.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    bound.close();
    const server = await listen(net, { listen: { port, host: '127.0.0.1' } });
    expect(server.address().port).toBe(port);
  });

  test('Symbol.dispose closes what nobody adopted', () => {
    const bound = new net.BoundSocket();
    bound[Symbol.dispose]();
    expect(failure(() => bound.address())).toEqual(ADOPTED);
    expect(thrownBy(() => bound[Symbol.dispose]())).toBe(undefined);
  });

  test('IPv6', () => {
    const any = new net.BoundSocket({ ipv6Only: true });
    const loopback = new net.BoundSocket({ host: '::1' });
    expect(any.address()).toEqual({ address: '::', family: 'IPv6', port: expect.any(Number) });
    expect(loopback.address()).toEqual({ address: '::1', family: 'IPv6', port: expect.any(Number) });
    any.close();
    loopback.close();
  });

  test('reusePort binds a port again', () => {
    const first = new net.BoundSocket({ host: '127.0.0.1', reusePort: true });
    const { port } = first.address();
    const second = new net.BoundSocket({ host: '127.0.0.1', reusePort: true, port });
    expect(second.address().port).toBe(port);
    first.close();
    second.close();
  });

  test('an address of another machine', () => {
    const error = thrownBy(() => new net.BoundSocket({ host: '192.0.2.1' }));
    expect({ ...error }).toMatchObject({ code: 'EADDRNOTAVAIL', errno: -99, syscall: 'bind', address: '192.0.2.1' });
    expect(error.message).toBe('bind EADDRNOTAVAIL 192.0.2.1');
  });

  test.each([
    [5, 'TypeError', 'ERR_INVALID_ARG_TYPE',
      'The "options" argument must be of type object. Received type number (5)'],
    ['x', 'TypeError', 'ERR_INVALID_ARG_TYPE',
      'The "options" argument must be of type object. Received type string (\'x\')'],
    [{ host: 'localhost' }, 'TypeError', 'ERR_INVALID_ARG_VALUE',
      'The property \'options.host\' must be a numeric IP address; net.BoundSocket does not perform DNS resolution. ' +
      'Received \'localhost\''],
    [{ host: 5 }, 'TypeError', 'ERR_INVALID_ARG_TYPE',
      'The "options.host" property must be of type string. Received type number (5)'],
    [{ port: -1 }, 'RangeError', 'ERR_SOCKET_BAD_PORT',
      'options.port should be >= 0 and < 65536. Received type number (-1).'],
    [{ port: 'a' }, 'RangeError', 'ERR_SOCKET_BAD_PORT',
      'options.port should be >= 0 and < 65536. Received type string (\'a\').'],
    [{ ipv6Only: 3 }, 'TypeError', 'ERR_INVALID_ARG_TYPE',
      'The "options.ipv6Only" property must be of type boolean. Received type number (3)'],
    [{ reusePort: 1 }, 'TypeError', 'ERR_INVALID_ARG_TYPE',
      'The "options.reusePort" property must be of type boolean. Received type number (1)'],
  ])('wrong options %p', (options, name, code, message) => {
    expect(failure(() => new net.BoundSocket(options))).toEqual({ name, code, message });
  });

  test('is a class', () => {
    expect(failure(() => net.BoundSocket()).name).toBe('TypeError');
  });
});

describeFeature('net.BoundSocket and paths', bindsPaths, (net) => {
  test('a Unix path', () => {
    const where = tempPath();
    const bound = new net.BoundSocket({ path: where });
    expect(bound.isPipe).toBe(true);
    expect(bound.address()).toBe(where);
    expect(fs.statSync(where).isSocket()).toBe(true);
    bound.close();
    expect(fs.existsSync(where)).toBe(false);
  });

  test('one that is bound to a port is no pipe', () => {
    const bound = new net.BoundSocket();
    expect(bound.isPipe).toBe(false);
    bound.close();
  });
});

describeFeature('listen({reusePort})', () => nodeAtLeast(23, 1), (net) => {
  test('two servers share a port', async () => {
    const first = await listen(net, { listen: { port: 0, host: '127.0.0.1', reusePort: true } });
    const second = await listen(net, { listen: { port: first.at.port, host: '127.0.0.1', reusePort: true } });
    expect(second.address()).toEqual(first.address());
    if (canReadOptions) expect(socketOptions(first, 'SO_REUSEPORT')).toEqual([1]);
    const seen = new Set();
    first.on('connection', () => seen.add('first'));
    second.on('connection', () => seen.add('second'));
    // The kernel spreads connections by a hash of the addresses: soon both have had one.
    for (let i = 0; seen.size < 2 && i < 1000; i++) {
      const client = connect(net, first.at);
      await Promise.race([once(first, 'connection'), once(second, 'connection')]);
      client.destroy();
      await closed(client);
    }
    expect([...seen].sort()).toEqual(['first', 'second']);
  });

  test('a server without it does not join', async () => {
    const first = await listen(net, { listen: { port: 0, host: '127.0.0.1', reusePort: true } });
    const server = track(net.createServer());
    server.listen(first.at.port, '127.0.0.1');
    const [error] = await once(server, 'error');
    expect(error.code).toBe('EADDRINUSE');
  });

  test('without it SO_REUSEPORT is off', async () => {
    if (!canReadOptions) return;
    expect(socketOptions(await listen(net), 'SO_REUSEPORT')).toEqual([0]);
  });
});
