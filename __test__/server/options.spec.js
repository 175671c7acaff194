'use strict';

const nodeNet = require('net');
const util = require('util');
const { closed, collect, connect, implementations, listen, once, pair, receive, traceTest, turn } =
  require('../helpers');
const { describeFeature, nodeAtLeast } = require('../helpers/features');
const { canReadOptions, socketOptions } = require('../helpers/socket-option');

const testOption = canReadOptions ? test : test.skip;

describe.each(implementations)('%s options of a server', (_name, net) => {
  test('defaults', () => {
    const server = net.createServer();
    expect(server.allowHalfOpen).toBe(false);
    expect(server.pauseOnConnect).toBe(false);
    expect(server.noDelay).toBe(false);
    expect(server.keepAlive).toBe(false);
    expect(server.keepAliveInitialDelay).toBe(0);
    expect(server.listening).toBe(false);
    expect(server.maxConnections).toBe(undefined);
    expect(server.address()).toBe(null);
    expect(server.listenerCount('connection')).toBe(0);
  });

  test.each([
    ['net.createServer(listener)', (listener) => net.createServer(listener)],
    ['net.createServer({}, listener)', (listener) => net.createServer({}, listener)],
    ['net.createServer(null, listener)', (listener) => net.createServer(null, listener)],
    ['new net.Server(listener)', (listener) => new net.Server(listener)],
    ['new net.Server({}, listener)', (listener) => new net.Server({}, listener)],
    ['net.Server(listener)', (listener) => net.Server(listener)],
    ['net.Server({}, listener)', (listener) => net.Server({}, listener)],
  ])('%s', (_form, create) => {
    const listener = () => {};
    const server = create(listener);
    expect(server instanceof net.Server).toBe(true);
    expect(server.listeners('connection')).toEqual([listener]);
  });

  test('a subclass by class and by util.inherits', async () => {
    class Mine extends net.Server {
      get mine() { return true; }
    }
    function Old(...args) {
      net.Server.call(this, ...args);
      this.mine = true;
    }
    util.inherits(Old, net.Server);
    for (const Class of [Mine, Old]) {
      const server = new Class((socket) => socket.end('x'));
      expect(server instanceof net.Server).toBe(true);
      expect(server.mine).toBe(true);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      expect(await collect(connect(net, server.address().port, '127.0.0.1'), 'utf8')).toBe('x');
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('allowHalfOpen: false ends our side with theirs', async () => {
    const { client, peer } = await pair(net);
    expect(peer.allowHalfOpen).toBe(false);
    peer.resume();
    client.resume();
    client.end();
    await Promise.all([closed(client), closed(peer)]);
    expect(peer.writableEnded).toBe(true);
  });

  test('allowHalfOpen: true keeps our side open', async () => {
    const { client, peer } = await pair(net, net, { server: { allowHalfOpen: true } });
    expect(peer.allowHalfOpen).toBe(true);
    const received = collect(client, 'utf8');
    client.end('request');
    expect(await collect(peer, 'utf8')).toBe('request');
    await turn(2);
    expect(peer.writable).toBe(true);
    expect(peer.readyState).toBe('writeOnly');
    peer.end('response');
    expect(await received).toBe('response');
  });

  test('highWaterMark is that of the connections', async () => {
    const { peer } = await pair(net, net, { server: { highWaterMark: 1234 } });
    expect(peer.readableHighWaterMark).toBe(1234);
    expect(peer.writableHighWaterMark).toBe(1234);
    expect(peer.write(Buffer.alloc(1233))).toBe(true);
  });

  test('the default highWaterMark is that of streams', async () => {
    const { peer } = await pair(net);
    const reference = new nodeNet.Socket();
    expect(peer.readableHighWaterMark).toBe(reference.readableHighWaterMark);
    expect(peer.writableHighWaterMark).toBe(reference.writableHighWaterMark);
  });

  test('pauseOnConnect reads nothing until resume()', async () => {
    const server = await listen(net, { pauseOnConnect: true });
    const accepted = once(server, 'connection');
    const client = connect(net, server.at);
    client.end('hello');
    const [peer] = await accepted;
    expect(peer.isPaused()).toBe(true);
    const data = jest.fn();
    peer.on('data', data);
    // Another connection that is served to its end shows that the loop had the time to read the first.
    const other = once(server, 'connection');
    const second = connect(net, server.at);
    const [otherPeer] = await other;
    otherPeer.resume();
    second.end('x');
    await collect(otherPeer, 'utf8');
    expect(data).not.toHaveBeenCalled();
    expect(peer.bytesRead).toBe(0);
    const received = collect(peer, 'utf8');
    peer.resume();
    expect(await received).toBe('hello');
  });

  testOption('noDelay sets TCP_NODELAY', async () => {
    const without = await pair(net);
    expect(socketOptions(without.peer, 'TCP_NODELAY')).toEqual([0]);
    const { peer } = await pair(net, net, { server: { noDelay: true } });
    expect(socketOptions(peer, 'TCP_NODELAY')).toEqual([1]);
  });

  testOption('keepAlive sets SO_KEEPALIVE and its delay', async () => {
    const without = await pair(net);
    expect(socketOptions(without.peer, 'SO_KEEPALIVE')).toEqual([0]);
    const { peer } = await pair(net, net, { server: { keepAlive: true, keepAliveInitialDelay: 5000 } });
    expect(socketOptions(peer, 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual([1, 5]);
  });

  testOption('options of TCP do no harm on a Unix path', async () => {
    const { peer, client } = await pair(net, net, { path: true, server: { noDelay: true, keepAlive: true } });
    const received = receive(client, 5);
    peer.write('hello');
    expect((await received).toString()).toBe('hello');
  });

  testOption('SO_REUSEADDR is set', async () => {
    expect(socketOptions(await listen(net), 'SO_REUSEADDR')).toEqual([1]);
  });
});

(canReadOptions ? describe : describe.skip)('options as the kernel has them', () => {
  const NAMES = ['SO_KEEPALIVE', 'TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT', 'TCP_NODELAY'];
  const SETS = [
    {}, { noDelay: true }, { keepAlive: true }, { keepAlive: true, keepAliveInitialDelay: 2500 },
    { keepAlive: true, keepAliveInitialDelay: -5 }, { keepAlive: true, keepAliveInitialDelay: 0 },
    { keepAlive: true, keepAliveInitialDelay: 999 }, { keepAliveInitialDelay: 3000 },
  ];
  traceTest('of accepted connections', async (t) => {
    for (const options of SETS) {
      const { peer, server } = await pair(t.net, t.net, { server: options });
      t.note('options', options, socketOptions(peer, ...NAMES), server.keepAliveInitialDelay);
    }
  });

  traceTest('of a listening socket', async (t) => {
    for (const options of [{}, { host: '0.0.0.0' }, { host: '::' }, { host: '::', ipv6Only: true }]) {
      const server = await listen(t.net, { listen: { port: 0, ...options } });
      t.note('options', options, socketOptions(server, 'SO_REUSEADDR', 'SO_REUSEPORT', 'IPV6_V6ONLY'));
    }
  });
});

describeFeature('blockList of a server', () => nodeAtLeast(24), (net) => {
  /**
   * @param {...string} addresses IPv4
   * @returns {import('net').BlockList} of the implementation
   */
  function blocking(...addresses) {
    const list = new net.BlockList();
    for (const address of addresses) list.addAddress(address);
    return list;
  }

  test('closes connections of a blocked address before anybody sees them', async () => {
    const server = await listen(net, { blockList: blocking('127.0.0.1') });
    const seen = jest.fn();
    server.on('connection', seen).on('drop', seen);
    const client = connect(net, server.at);
    client.on('error', () => {});
    client.resume();
    await closed(client);
    expect(seen).not.toHaveBeenCalled();
    expect(await util.promisify(server.getConnections.bind(server))()).toBe(0);
  });

  test('lets the others in', async () => {
    const server = await listen(net, { blockList: blocking('127.0.0.2') });
    const client = connect(net, { ...server.at, localAddress: '127.0.0.2' });
    client.on('error', () => {});
    client.resume();
    await closed(client);
    const accepted = once(server, 'connection');
    connect(net, server.at);
    const [peer] = await accepted;
    expect(peer.remoteAddress).toBe('127.0.0.1');
  });

  test('sees IPv4 addresses on a dual-stack server', async () => {
    const server = await listen(net, { listen: { port: 0 }, blockList: blocking('127.0.0.1') });
    const seen = jest.fn();
    server.on('connection', seen);
    const client = connect(net, server.address().port, '127.0.0.1');
    client.on('error', () => {});
    client.resume();
    await closed(client);
    expect(seen).not.toHaveBeenCalled();
  });

  test('anything but a BlockList is refused', () => {
    for (const blockList of [5, 'x', {}, [], true]) {
      let error;
      try {
        net.createServer({ blockList });
      } catch (thrown) {
        error = thrown;
      }
      expect(error.name).toBe('TypeError');
      expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
      expect(error.message).toContain('"options.blockList"');
    }
  });
});
