'use strict';

// What stands in for rsnet where no binary loads: the host's own net, with what JavaScript can add to it.

const { once } = require('events');
const net = require('net');
const { collect, connect, describeRsnet, listen, pair, tempPath, thrownBy, track } = require('../helpers');
const { nodeAtLeast } = require('../helpers/features');
const fallback = require('../../lib/fallback');

/** On which hosts the options and methods are the host's own. */
const hasTypeOfService = 'setTypeOfService' in net.Socket.prototype;
const hasKeepAliveOptions = net.Socket.prototype.setKeepAlive.length === 4;
const hasReusePort = nodeAtLeast(22, 12);

/**
 * @param {string} feature
 * @returns {object} name, code and message of the error that refuses it
 */
function refusalOf(feature) {
  return {
    name: 'TypeError', code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
    message: `The feature ${feature} is unavailable on the current platform, which is being used to run Node.js`,
  };
}

/**
 * @param {Error} error
 * @returns {{name: string, code: string, message: string}}
 */
function said({ name, code, message }) {
  return { name, code, message };
}

/**
 * @param {object} prototype
 * @returns {Set<string>} names of its members and of those that it inherits
 */
function membersOf(prototype) {
  const names = new Set();
  for (let object = prototype; object !== null; object = Object.getPrototypeOf(object)) {
    for (const name of Object.getOwnPropertyNames(object)) names.add(name);
  }
  return names;
}

describeRsnet('every export of rsnet', (rsnet) => {
  test('is there, and so is every member of its classes', () => {
    const exported = (module) => Reflect.ownKeys(module).filter((name) => !String(name).startsWith('_Transferred'));
    expect(exported(fallback)).toEqual(expect.arrayContaining(exported(rsnet)));
    for (const name of ['Socket', 'Server', 'BoundSocket']) {
      const members = membersOf(fallback[name].prototype);
      expect([...membersOf(rsnet[name].prototype)].filter((member) => !members.has(member))).toEqual([]);
    }
  });

  test('has the name and the length that rsnet\'s has', () => {
    for (const name of Object.keys(rsnet).filter((key) => !key.startsWith('_Transferred'))) {
      expect([name, fallback[name].name, fallback[name].length]).toEqual([name, rsnet[name].name, rsnet[name].length]);
    }
  });
});

describe('the stand-in', () => {
  test('changes nothing of the host, and says what it is', () => {
    expect(fallback.engine).toBe('node');
    expect(Object.keys(fallback)).not.toContain('engine');
    expect(fallback.Stream).toBe(fallback.Socket);
    expect(fallback.createConnection).toBe(fallback.connect);
    expect('getCongestionControl' in net.Socket.prototype).toBe(false);
    expect(net.Socket).not.toBe(fallback.Socket);
  });

  test('sockets and servers are those of the host, and the other way round', () => {
    const [socket, server] = [fallback.Socket(), fallback.Server()];
    expect([socket.constructor, server.constructor]).toEqual([fallback.Socket, fallback.Server]);
    expect([socket instanceof net.Socket, server instanceof net.Server]).toEqual([true, true]);
    expect([new net.Socket() instanceof fallback.Socket, new net.Server() instanceof fallback.Server])
      .toEqual([true, true]);
    class Derived extends fallback.Socket {}
    expect(new Derived() instanceof Derived).toBe(true);
    expect(socket instanceof Derived).toBe(false);
  });

  test.each(['TCP', 'path'])('both ends of a connection by %s are of its class', async (kind) => {
    const { client, peer } = await pair(fallback, undefined, { path: kind === 'path' });
    for (const socket of [client, peer]) expect(Object.getPrototypeOf(socket)).toBe(fallback.Socket.prototype);
    peer.end('hello');
    expect(await collect(client, 'utf8')).toBe('hello');
  });

  test('sockets that a program gives a server as its own stay what they are', () => {
    class Derived extends net.Socket {}
    const socket = new Derived();
    const server = fallback.createServer();
    const seen = jest.fn();
    server.on('connection', seen);
    expect(server.emit('connection', socket)).toBe(true);
    expect(seen).toHaveBeenCalledWith(socket);
    expect(Object.getPrototypeOf(socket)).toBe(Derived.prototype);
  });

  test('BoundSocket: a server listens with it, a client connects from it', async () => {
    const bound = new fallback.BoundSocket({ host: '127.0.0.1' });
    const { port } = bound.address();
    const server = track(fallback.createServer((peer) => peer.end(String(peer.remotePort))));
    server.listen({ handle: bound });
    await once(server, 'listening');
    expect(server.address().port).toBe(port);
    const local = new fallback.BoundSocket({ host: '127.0.0.1' });
    const from = local.address().port;
    const client = track(new fallback.Socket({ handle: local }));
    client.connect(port, '127.0.0.1');
    expect(await collect(client, 'utf8')).toBe(String(from));
    expect(thrownBy(() => local.close()).code).toBe('ERR_SOCKET_HANDLE_ADOPTED');
  });

  test('BoundSocket: options of the system are refused', () => {
    for (const options of [{ freebind: true }, { path: tempPath(), seqpacket: true }]) {
      const name = Object.keys(options).at(-1);
      expect(said(thrownBy(() => new fallback.BoundSocket(options)))).toEqual(refusalOf(name));
    }
    expect(thrownBy(() => new fallback.BoundSocket({ mark: -1 })).code).toBe('ERR_OUT_OF_RANGE');
  });

  test('BoundSocket: a path', async () => {
    const path = tempPath();
    const bound = new fallback.BoundSocket({ path });
    expect([bound.isPipe, bound.address()]).toEqual([true, path]);
    const server = track(fallback.createServer((peer) => peer.end('hello')).listen(bound));
    await once(server, 'listening');
    expect(await collect(connect(fallback, { path }), 'utf8')).toBe('hello');
  });

  test.each([['of a client', 'client'], ['of a server', 'server']])('blockList %s', async (_name, side) => {
    const blockList = new fallback.BlockList();
    blockList.addAddress('127.0.0.1');
    const seen = jest.fn();
    const server = await listen(fallback, side === 'server' ? { blockList } : {}, seen);
    for (const host of ['127.0.0.1', 'a.invalid']) {
      const client = connect(fallback, {
        ...server.at, host, ...(side === 'client' && { blockList }),
        lookup: (_host, { all }, callback) => {
          if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
          else callback(null, '127.0.0.1', 4);
        },
      });
      const errors = [];
      client.on('error', ({ code }) => errors.push(code)).resume();
      await new Promise((resolve) => { client.once('close', resolve); });
      if (side === 'client') expect(errors).toEqual(['ERR_IP_BLOCKED']);
    }
    expect(seen).not.toHaveBeenCalled();
  });
});

describe('what needs the engine is refused by its name', () => {
  const options = [['congestionControl', 'reno'], ...(hasTypeOfService ? [] : [['typeOfService', 16]])];

  test.each(options)('the option %s of a socket: by \'error\', without a connection', async (name, value) => {
    const seen = jest.fn();
    const server = await listen(fallback, seen);
    for (const make of [
      () => fallback.connect({ ...server.at, [name]: value }),
      () => new fallback.Socket({ [name]: value }).connect(server.at),
    ]) {
      const socket = track(make());
      const [error] = await once(socket, 'error');
      expect(said(error)).toEqual(refusalOf(name));
      expect(socket.destroyed).toBe(true);
    }
    expect(seen).not.toHaveBeenCalled();
  });

  test('congestionControl of a server: by \'error\', without listening', async () => {
    const server = track(fallback.createServer({ congestionControl: 'reno' }));
    server.listen(0, '127.0.0.1');
    const [error] = await once(server, 'error');
    expect(said(error)).toEqual(refusalOf('congestionControl'));
    expect(server.listening).toBe(false);
  });

  test('the methods of a connection throw; before there is one, what was asked for is kept', async () => {
    const { client, peer } = await pair(fallback);
    const calls = [['setCongestionControl', 'reno'], ['getCongestionControl']];
    if (!hasTypeOfService) calls.push(['setTypeOfService', 16], ['getTypeOfService']);
    for (const [method, ...args] of calls) {
      for (const socket of [client, peer]) {
        expect(said(thrownBy(() => socket[method](...args)))).toEqual(refusalOf(method));
      }
    }
    const socket = track(new fallback.Socket());
    expect(socket.getCongestionControl()).toBe(undefined);
    expect(socket.setCongestionControl('reno').getCongestionControl()).toBe('reno');
    if (!hasTypeOfService) expect(socket.setTypeOfService(16).getTypeOfService()).toBe(16);
    socket.connect(client.remotePort, '127.0.0.1');
    expect(said((await once(socket, 'error'))[0])).toEqual(refusalOf('congestionControl'));
  });

  test('descriptors: the option by \'error\', the method throws', async () => {
    const socket = track(fallback.connect({ path: '/nobody/listens', receiveDescriptors: true }));
    expect(said((await once(socket, 'error'))[0])).toEqual(refusalOf('receiveDescriptors'));
    const server = track(fallback.createServer({ receiveDescriptors: 5 }).listen(0, '127.0.0.1'));
    expect(said((await once(server, 'error'))[0])).toEqual(refusalOf('receiveDescriptors'));
    expect(said(thrownBy(() => new fallback.Socket().sendDescriptors([0], 'x')))).toEqual(refusalOf('sendDescriptors'));
  });

  test('wrong values are what they are with the engine', () => {
    for (const make of [
      () => new fallback.Socket({ congestionControl: 1 }),
      () => fallback.createServer({ congestionControl: 1 }),
      () => new fallback.Socket().setCongestionControl(1),
      () => new fallback.Socket({ receiveDescriptors: 'x' }),
      () => new fallback.Socket({ typeOfService: 'x' }),
      () => new fallback.Socket().setTypeOfService('x'),
      () => new fallback.Socket({ blockList: 5 }),
      () => fallback.createServer({ blockList: 5 }),
    ]) expect(thrownBy(make).code).toBe('ERR_INVALID_ARG_TYPE');
  });

  if (!hasKeepAliveOptions) {
    test('setKeepAlive takes an object, and refuses interval and count', async () => {
      const { client } = await pair(fallback);
      expect(client.setKeepAlive({ enable: true, initialDelay: 1000 })).toBe(client);
      expect(said(thrownBy(() => client.setKeepAlive(true, 0, 1000)))).toEqual(refusalOf('interval'));
      expect(said(thrownBy(() => client.setKeepAlive({ enable: true, count: 3 })))).toEqual(refusalOf('count'));
    });
  }

  if (!hasReusePort) {
    test('reusePort: by \'error\' of a server, thrown by BoundSocket', async () => {
      const server = track(fallback.createServer().listen({ port: 0, reusePort: true }));
      expect(said((await once(server, 'error'))[0])).toEqual(refusalOf('reusePort'));
      expect(said(thrownBy(() => new fallback.BoundSocket({ reusePort: true })))).toEqual(refusalOf('reusePort'));
    });
  }
});
