'use strict';

const dns = require('dns');
const os = require('os');
const { connect, implementations, listen, once, traceTest, track, turn } = require('../helpers');

/** Whether this machine has an IPv6 loopback address. */
const hasIPv6 = Object.values(os.networkInterfaces()).flat().some(({ address }) => address === '::1');
const testIPv6 = hasIPv6 ? test : test.skip;

/**
 * Wait for an accepted connection and what it sends first.
 *
 * @param {typeof import('net')} net
 * @param {import('net').Server} server
 * @param {object} where for `connect`
 * @returns {Promise<import('net').Socket>} the server's side
 */
async function reach(net, server, where) {
  const accepted = once(server, 'connection');
  const client = connect(net, where);
  const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
  client.destroy();
  return peer;
}

describe.each(implementations)('%s server.listen', (_name, net) => {
  test('listen() takes a free port on every address', async () => {
    const server = track(net.createServer());
    expect(server.listening).toBe(false);
    expect(server.address()).toBe(null);
    expect(server.listen()).toBe(server);
    await once(server, 'listening');
    expect(server.listening).toBe(true);
    const { address, family, port } = server.address();
    expect(address).toBe(hasIPv6 ? '::' : '0.0.0.0');
    expect(family).toBe(hasIPv6 ? 'IPv6' : 'IPv4');
    expect(port).toBeGreaterThan(0);
    const peer = await reach(net, server, { port, host: '127.0.0.1' });
    expect(peer.remoteAddress === undefined || /127\.0\.0\.1$/.test(peer.remoteAddress)).toBe(true);
  });

  test.each([
    ['(callback)', (server, callback) => server.listen(callback)],
    ['(port, callback)', (server, callback) => server.listen(0, callback)],
    ["('port', callback)", (server, callback) => server.listen('0', callback)],
    ['(null, callback)', (server, callback) => server.listen(null, callback)],
    ['(undefined, callback)', (server, callback) => server.listen(undefined, callback)],
    ['(port, backlog, callback)', (server, callback) => server.listen(0, 5, callback)],
    ['(port, host, callback)', (server, callback) => server.listen(0, '127.0.0.1', callback)],
    ['(port, host, backlog, callback)', (server, callback) => server.listen(0, '127.0.0.1', 5, callback)],
    ['(port, null, callback)', (server, callback) => server.listen(0, null, callback)],
    ["(port, '', callback)", (server, callback) => server.listen(0, '', callback)],
    ['(port, undefined, undefined, callback)', (server, callback) => server.listen(0, undefined, undefined, callback)],
    ['({port}, callback)', (server, callback) => server.listen({ port: 0 }, callback)],
    ['({port: string}, callback)', (server, callback) => server.listen({ port: '0' }, callback)],
    ['({port: undefined}, callback)', (server, callback) => server.listen({ port: undefined }, callback)],
    ['({port, host, backlog}, callback)',
      (server, callback) => server.listen({ port: 0, host: '127.0.0.1', backlog: 7 }, callback)],
    ['({port, exclusive}, callback)', (server, callback) => server.listen({ port: 0, exclusive: true }, callback)],
  ])('listen%s', async (_form, call) => {
    const server = track(net.createServer());
    const listening = jest.fn();
    server.on('listening', listening);
    const called = new Promise((resolve) => {
      const returned = call(server, function callback(...args) {
        resolve({ args, self: this });
      });
      expect(returned).toBe(server);
    });
    const { args, self } = await called;
    expect(args).toEqual([]);
    expect(self).toBe(server);
    expect(listening).toHaveBeenCalledTimes(1);
    expect(server.listening).toBe(true);
    await reach(net, server, { port: server.address().port, host: '127.0.0.1' });
  });

  test('the listening event never comes in the tick of listen()', async () => {
    const server = track(net.createServer());
    let returned = false;
    const listening = once(server, 'listening').then(() => returned);
    server.listen(0, '127.0.0.1');
    returned = true;
    expect(await listening).toBe(true);
  });

  test('a host name is looked up', async () => {
    const server = track(net.createServer());
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const { address } = await dns.promises.lookup('localhost');
    expect(server.address().address).toBe(address);
    await reach(net, server, { port: server.address().port, host: address });
  });

  test('0.0.0.0 is IPv4 only', async () => {
    const server = await listen(net, { listen: { port: 0, host: '0.0.0.0' } });
    expect(server.address()).toEqual({ address: '0.0.0.0', family: 'IPv4', port: server.at.port });
    await reach(net, server, { port: server.at.port, host: '127.0.0.1' });
  });

  testIPv6(':: takes IPv4 as well', async () => {
    const server = await listen(net, { listen: { port: 0, host: '::' } });
    const { port } = server.address();
    expect(server.address()).toEqual({ address: '::', family: 'IPv6', port });
    await reach(net, server, { port, host: '127.0.0.1' });
    await reach(net, server, { port, host: '::1' });
  });

  testIPv6('ipv6Only leaves the IPv4 port free', async () => {
    const server = await listen(net, { listen: { port: 0, host: '::', ipv6Only: true } });
    const { port } = server.address();
    await reach(net, server, { port, host: '::1' });
    const client = connect(net, { port, host: '127.0.0.1' });
    const [error] = await once(client, 'error');
    expect(error.code).toBe('ECONNREFUSED');
    const other = track(net.createServer());
    other.listen(port, '0.0.0.0');
    await once(other, 'listening');
    await reach(net, other, { port, host: '127.0.0.1' });
  });

  testIPv6('an accepted IPv6 connection has IPv6 addresses', async () => {
    const server = await listen(net, { listen: { port: 0, host: '::1' } });
    const accepted = once(server, 'connection');
    connect(net, server.at);
    const [peer] = await accepted;
    expect(peer.remoteAddress).toBe('::1');
    expect(peer.remoteFamily).toBe('IPv6');
    expect(peer.localAddress).toBe('::1');
    expect(peer.localFamily).toBe('IPv6');
    expect(peer.localPort).toBe(server.at.port);
  });

  test('a small backlog still serves one connection after the other', async () => {
    const server = await listen(net, { listen: { port: 0, host: '127.0.0.1', backlog: 1 } });
    for (let i = 0; i < 5; i++) await reach(net, server, server.at);
  });

  test('listens again after close, also on the same port', async () => {
    const server = await listen(net);
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    expect(server.listening).toBe(false);
    expect(server.address()).toBe(null);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(server.address().port).toBe(port);
    await reach(net, server, { port, host: '127.0.0.1' });
  });

  test('the port is free as soon as close() has returned', async () => {
    const server = await listen(net);
    const { port } = server.address();
    server.close();
    const other = track(net.createServer());
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    expect(other.address().port).toBe(port);
  });

  test('listens again after a failed listen', async () => {
    const taken = await listen(net);
    const server = track(net.createServer());
    server.listen(taken.at.port, '127.0.0.1');
    const [error] = await once(server, 'error');
    expect(error.code).toBe('EADDRINUSE');
    expect(server.listening).toBe(false);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await reach(net, server, { port: server.address().port, host: '127.0.0.1' });
  });

  test('a callback of an earlier, failed listen is not called by a later one', async () => {
    const taken = await listen(net);
    const server = track(net.createServer());
    const first = jest.fn();
    server.listen(taken.at.port, '127.0.0.1', first);
    await once(server, 'error');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // The built-in keeps the listener of the failed call: it is an ordinary once('listening').
    expect(first).toHaveBeenCalledTimes(1);
  });

  test('address() returns a new object each time', async () => {
    const server = await listen(net);
    expect(server.address()).toEqual(server.address());
    expect(server.address()).not.toBe(server.address());
  });

  test('connections of many servers at once go where they belong', async () => {
    const servers = await Promise.all(Array.from({ length: 20 }, () => listen(net)));
    expect(new Set(servers.map(({ at }) => at.port)).size).toBe(20);
    const peers = await Promise.all(servers.map(async (server) => {
      const accepted = once(server, 'connection');
      connect(net, server.at);
      return [server, (await accepted)[0]];
    }));
    for (const [server, peer] of peers) {
      expect(peer.server).toBe(server);
      expect(peer._server).toBe(server);
      expect(peer.localPort).toBe(server.at.port);
    }
  });
});

describe('traces of listen', () => {
  traceTest('events and ticks of a TCP server', async (t) => {
    const server = t.watch(t.net.createServer(), 'server', { props: ['listening'] });
    t.ticks('server', 'before listen');
    server.listen(0, '127.0.0.1', t.callback('server', 'listen callback'));
    t.note('server', 'listening at once', server.listening);
    t.ticks('server', 'after listen');
    await once(server, 'listening');
    server.close(t.callback('server', 'close callback'));
    t.note('server', 'listening after close()', server.listening);
    t.ticks('server', 'after close');
    await once(server, 'close');
  });

  traceTest('listen without a host', async (t) => {
    const server = t.watch(t.net.createServer(), 'server', { props: ['listening'] });
    server.listen(0, t.callback('server', 'callback'));
    t.note('server', 'listening at once', server.listening);
    t.ticks('server', 'after listen');
    await once(server, 'listening');
    t.name(server.address().port, 'port');
    t.note('server', server.address());
    t.note('server', server._connectionKey);
  });

  traceTest('listen with a host name', async (t) => {
    const server = t.watch(t.net.createServer(), 'server', { props: ['listening'] });
    server.listen(0, 'localhost');
    t.note('server', 'listening at once', server.listening);
    await once(server, 'listening');
    t.name(server.address().port, 'port');
    t.note('server', server.address());
  });

  traceTest('listening twice, and closing in between', async (t) => {
    const server = t.watch(t.net.createServer(), 'server');
    t.call('server', 'first', () => server.listen(0, '127.0.0.1', t.callback('server', 'first callback')));
    t.call('server', 'second', () => server.listen(0, '127.0.0.1', t.callback('server', 'second callback')));
    await once(server, 'listening');
    t.call('server', 'third', () => server.listen(0));
    server.close(t.callback('server', 'closed'));
    t.call('server', 'fourth', () => server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    t.note('server', 'listens', server.listening);
  });

  traceTest('close in the tick of listen', async (t) => {
    const server = t.watch(t.net.createServer(), 'server', { props: ['listening'] });
    server.listen(0, '127.0.0.1', t.callback('server', 'listen callback'));
    server.close(t.callback('server', 'close callback'));
    await once(server, 'close');
  });

  traceTest('close while a host is being looked up', async (t) => {
    const server = t.watch(t.net.createServer(), 'server', { props: ['listening'] });
    server.listen(0, 'localhost', t.callback('server', 'listen callback'));
    server.close(t.callback('server', 'close callback'));
    t.call('server', 'listen again', () => server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    // Nothing of the first call may follow: further look-ups of the same name are answered after it.
    for (let i = 0; i < 3; i++) await dns.promises.lookup('localhost');
    await turn(2);
    t.note('server', 'listens', server.listening, server.address().address);
  });
});
