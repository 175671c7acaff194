'use strict';

const { execFileSync, spawn } = require('child_process');
const {
  childEnvironment,
  describeRsnet,
  implementations,
  listen,
  matrix,
  nodeMajor,
  once,
  pair,
  thrownBy,
  traceTest,
  track,
} = require('../helpers');

/** `SOL_SOCKET`, `IPPROTO_TCP` and their options on Linux: name to [level, option]. */
const OPTIONS = {
  SO_KEEPALIVE: [1, 9],
  SO_REUSEADDR: [1, 2],
  TCP_NODELAY: [6, 1],
  TCP_KEEPIDLE: [6, 4],
  TCP_KEEPINTVL: [6, 5],
  TCP_KEEPCNT: [6, 6],
  IP_TOS: [0, 1],
  IPV6_TCLASS: [41, 67],
};

/**
 * Ask the kernel for socket options: getsockopt(2) in a Python process that inherits the descriptor.
 *
 * @param {import('net').Socket} socket
 * @param {...string} names keys of OPTIONS
 * @returns {Promise<number[]>}
 */
function getsockopt(socket, ...names) {
  const calls = names.map((name) => `s.getsockopt(${OPTIONS[name].join(', ')})`).join(', ');
  const code = `import socket; s = socket.socket(fileno=3); print([${calls}])`;
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', code], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit', socket._handle.fd],
      timeout: 15000,
      detached: true,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', () => resolve(JSON.parse(output)));
  });
}

const hasPython = (() => {
  try {
    execFileSync('python3', ['-c', 'import socket'], { timeout: 15000, stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
})();

(hasPython ? describe : describe.skip).each(implementations)(
  '%s: options as the kernel sees them',
  (name, net) => {
    test('setNoDelay', async () => {
      const { client } = await pair(net);
      const before = await getsockopt(client, 'TCP_NODELAY');
      expect(before).toEqual([0]);
      expect(client.setNoDelay()).toBe(client);
      expect(await getsockopt(client, 'TCP_NODELAY')).toEqual([1]);
      client.setNoDelay(false);
      expect(await getsockopt(client, 'TCP_NODELAY')).toEqual([0]);
      client.setNoDelay(true);
      expect(await getsockopt(client, 'TCP_NODELAY')).toEqual([1]);
    });

    test('setNoDelay before the connection exists', async () => {
      const server = await listen(net);
      const socket = track(new net.Socket());
      socket.setNoDelay(true);
      socket.connect(server.at);
      await once(socket, 'connect');
      expect(await getsockopt(socket, 'TCP_NODELAY')).toEqual([1]);
    });

    test('setKeepAlive', async () => {
      const { client } = await pair(net);
      expect(await getsockopt(client, 'SO_KEEPALIVE')).toEqual([0]);
      expect(client.setKeepAlive(true, 12345)).toBe(client);
      expect(await getsockopt(client, 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual([1, 12]);
      client.setKeepAlive(true, 30000);
      expect(await getsockopt(client, 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual([1, 30]);
      client.setKeepAlive(false);
      expect(await getsockopt(client, 'SO_KEEPALIVE')).toEqual([0]);
    });

    test('the constructor options noDelay, keepAlive and keepAliveInitialDelay', async () => {
      const server = await listen(net);
      const socket = track(new net.Socket({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 7000 }));
      socket.connect(server.at);
      await once(socket, 'connect');
      expect(await getsockopt(socket, 'TCP_NODELAY', 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual([1, 1, 7]);
    });

    test('the same options of connect', async () => {
      const { client } = await pair(net, net, {
        client: { noDelay: true, keepAlive: true, keepAliveInitialDelay: 9999 },
      });
      expect(await getsockopt(client, 'TCP_NODELAY', 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual([1, 1, 9]);
    });

    test('the same options of a server', async () => {
      const { peer } = await pair(net, net, {
        server: { noDelay: true, keepAlive: true, keepAliveInitialDelay: 8000 },
      });
      expect(await getsockopt(peer, 'TCP_NODELAY', 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual([1, 1, 8]);
    });

    test('a Unix socket ignores them', async () => {
      const { client } = await pair(net, net, { path: true });
      expect(client.setNoDelay(true)).toBe(client);
      expect(client.setKeepAlive(true, 1000)).toBe(client);
    });
  },
);

describeRsnet('options newer than some hosts', (rsnet) => {
  test('setKeepAlive with interval and count', async () => {
    const { client } = await pair(rsnet);
    client.setKeepAlive(true, 10000, 3000, 4);
    expect(await getsockopt(client, 'SO_KEEPALIVE', 'TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT')).toEqual([
      1, 10, 3, 4,
    ]);
  });

  test('setKeepAlive with an object', async () => {
    const { client } = await pair(rsnet);
    client.setKeepAlive({ enable: true, initialDelay: 11000, interval: 2000, count: 5 });
    expect(await getsockopt(client, 'SO_KEEPALIVE', 'TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT')).toEqual([
      1, 11, 2, 5,
    ]);
  });

  test('setTypeOfService and getTypeOfService, IPv4', async () => {
    const { client } = await pair(rsnet);
    expect(client.getTypeOfService()).toBe(0);
    expect(client.setTypeOfService(0x10)).toBe(client);
    expect(client.getTypeOfService()).toBe(0x10);
    expect(await getsockopt(client, 'IP_TOS')).toEqual([0x10]);
  });

  test('setTypeOfService and getTypeOfService, IPv6', async () => {
    const { client } = await pair(rsnet, rsnet, { server: { listen: { port: 0, host: '::1' } } });
    client.setTypeOfService(0x20);
    expect(client.getTypeOfService()).toBe(0x20);
    expect(await getsockopt(client, 'IPV6_TCLASS')).toEqual([0x20]);
  });

  test('the typeOfService option', async () => {
    const { client } = await pair(rsnet, rsnet, { client: { typeOfService: 0x28 } });
    expect(client.getTypeOfService()).toBe(0x28);
    expect(await getsockopt(client, 'IP_TOS')).toEqual([0x28]);
  });

  test('setTypeOfService before the connection exists', async () => {
    const server = await listen(rsnet);
    const socket = track(new rsnet.Socket());
    expect(socket.setTypeOfService(0x08)).toBe(socket);
    expect(socket.getTypeOfService()).toBe(0x08);
    socket.connect(server.at);
    await once(socket, 'connect');
    expect(socket.getTypeOfService()).toBe(0x08);
    expect(await getsockopt(socket, 'IP_TOS')).toEqual([0x08]);
  });

  test('setTypeOfService refuses wrong values', () => {
    const socket = track(new rsnet.Socket());
    for (const value of [-1, 256, 1.5, Infinity]) {
      expect(thrownBy(() => socket.setTypeOfService(value))).toMatchObject({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
      });
    }
    for (const value of ['16', null, undefined, {}, true]) {
      expect(thrownBy(() => socket.setTypeOfService(value))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
    expect(thrownBy(() => new rsnet.Socket({ typeOfService: 256 }))).toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    });
    expect(thrownBy(() => new rsnet.Socket({ typeOfService: 'x' }))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});

describe.each(matrix)(
  '%s client, %s server: setters in use',
  (clientName, serverName, clientNet, serverNet) => {
    test('options can be set in the middle of a transfer', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const size = 4 << 20;
      peer.on('data', () => {
        peer.setNoDelay(peer.bytesRead % 2 === 0);
        peer.setKeepAlive(peer.bytesRead % 2 === 0, 1000);
      });
      client.end(Buffer.alloc(size));
      await once(peer, 'end');
      expect(peer.bytesRead).toBe(size);
    });
  },
);

describe('traces of setters', () => {
  traceTest('arguments of setNoDelay and setKeepAlive in each state', async (t) => {
    const { client } = await pair(t.net);
    const fresh = new t.net.Socket();
    const gone = (await pair(t.net)).client;
    gone.destroy();
    for (const [label, socket] of [
      ['connected', client],
      ['fresh', fresh],
      ['destroyed', gone],
    ]) {
      t.watch(socket, label);
      for (const value of [undefined, true, false, 0, 1, 'x', null, {}]) {
        t.call(label, `setNoDelay ${String(value)}`, () => socket.setNoDelay(value));
        if (value !== null && typeof value === 'object') continue;
        t.call(label, `setKeepAlive ${String(value)}`, () => socket.setKeepAlive(value));
      }
      for (const delay of [0, 1, 999, 1000, -1, 1.5, 'x', '2000', NaN, null]) {
        t.call(label, `setKeepAlive true ${String(delay)}`, () => socket.setKeepAlive(true, delay));
      }
    }
  });

  traceTest('the properties that setKeepAlive leaves on a socket', async (t) => {
    const { client } = await pair(t.net);
    for (const [label, socket] of [
      ['connected', client],
      ['fresh', new t.net.Socket()],
    ]) {
      const list = () => Object.getOwnPropertySymbols(socket).map(String).filter((name) => name.includes('KeepAlive'));
      t.watch(socket, label);
      t.note(label, 'before', ...list());
      socket.setKeepAlive(true, 1000);
      t.note(label, 'after', ...list());
    }
  });

  traceTest('ref and unref return the socket in each state', async (t) => {
    const { client } = await pair(t.net);
    const fresh = new t.net.Socket();
    for (const [label, socket] of [
      ['connected', client],
      ['fresh', fresh],
    ]) {
      t.watch(socket, label);
      t.call(label, 'unref', () => socket.unref());
      t.call(label, 'ref', () => socket.ref());
      t.note(label, nodeMajor, socket._handle && socket._handle.hasRef());
    }
    client.destroy();
    t.call('connected', 'unref after destroy', () => client.unref());
    t.call('connected', 'ref after destroy', () => client.ref());
  });

  traceTest('address in each state', async (t) => {
    const { client } = await pair(t.net);
    t.name(client.localPort, 'local');
    t.watch(client, 'client', { only: [] });
    t.call('client', 'address', () => client.address());
    client.destroy();
    t.call('client', 'address', () => client.address());
    t.call('fresh', 'address', () => new t.net.Socket().address());
    const unix = await pair(t.net, t.net, { path: true });
    t.call('unix', 'address', () => unix.client.address());
  });
});
