'use strict';

/* global net -- given by spawnNode to the code of a child */

const fs = require('fs');
const path = require('path');
const {
  closed, connect, implementations, listen, once, spawnNode, tempPath, thrownBy, traceTest, track,
} = require('../helpers');

/** What `listen` gets; whatever it does with it, throwing included, is the same on both. */
const ARGUMENTS = [
  [-1], [65536], [1.5], [NaN], [Infinity], [-Infinity], [true], [false], [''], ['65536'], ['-1'], ['1.5'],
  [{}], [[]], [Symbol('s')], [10n], [new Map()], [/x/],
  [{ port: -1 }], [{ port: 65536 }], [{ port: '' }], [{ port: 'x' }], [{ port: ' ' }], [{ port: '0x10000' }],
  [{ port: 1.5 }], [{ port: NaN }], [{ port: true }], [{ port: {} }], [{ port: [] }], [{ port: () => {} }],
  [{ port: Symbol('s') }],
  [{ path: 5 }], [{ path: '' }], [{ path: null }], [{ path: {} }], [{ path: undefined }],
  [{ fd: -1 }], [{ fd: 'a' }], [{ fd: null }], [{ fd: -0.5 }],
  [{ host: '127.0.0.1' }], [{ exclusive: true }],
  [{ port: 0, host: 5 }], [{ port: 0, host: {} }], [{ port: 0, host: true }],
  [{ port: 0, signal: 5 }], [{ port: 0, signal: 'INVALID' }], [{ port: 0, signal: null }], [{ port: 0, signal: {} }],
  [{ handle: {} }], [{ _handle: {} }], [{ _handle: null }], [{ handle: null }],
  ['\0'.repeat(200)],
];

describe('what listen does with wrong arguments', () => {
  traceTest('class, code, message and moment', async (t) => {
    for (const args of ARGUMENTS) {
      const server = t.watch(t.net.createServer(), 'server', { except: ['listening', 'close'] });
      t.note('server', args.map(String).join());
      const settled = new Promise((resolve) => server.once('listening', resolve).once('error', resolve));
      const accepted = t.call('server', 'listen', () => Boolean(server.listen(...args)));
      t.note('server', server.listening);
      if (accepted) await settled;
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  });

  traceTest('a callback is not taken when the arguments are wrong', async (t) => {
    for (const args of [[-1], [{}], [{ port: 0, signal: 5 }]]) {
      const server = t.watch(t.net.createServer(), 'server');
      t.call('server', 'listen', () => server.listen(...args, () => {}));
      t.note('server', server.listenerCount('listening'));
    }
  });

  traceTest('the constructor with wrong arguments', (t) => {
    const options = [
      'x', 5, true, Symbol('s'), 10n, null, undefined, [], {}, { highWaterMark: 'a' }, { highWaterMark: -1 },
      { highWaterMark: 1.5 }, { highWaterMark: {} }, { highWaterMark: null }, { keepAliveInitialDelay: 'x' },
      { keepAliveInitialDelay: -5 }, { keepAliveInitialDelay: {} }, { keepAliveInitialDelay: null },
      { allowHalfOpen: 1 }, { pauseOnConnect: 'x' }, { noDelay: 'x' }, { keepAlive: 'x' },
    ];
    for (const value of options) {
      for (const create of [(o) => new t.net.Server(o), (o) => t.net.Server(o), (o) => t.net.createServer(o)]) {
        const server = t.call('server', 'create', () => create(value));
        if (!server) continue;
        t.note('server', server.allowHalfOpen, server.pauseOnConnect, server.noDelay, server.keepAlive,
          server.keepAliveInitialDelay, server.highWaterMark, server.listenerCount('connection'));
      }
    }
    for (const listener of [5, 'x', null, {}]) {
      t.call('server', 'listener', () => new t.net.Server({}, listener).listenerCount('connection'));
    }
  });
});

describe.each(implementations)('%s listen errors', (_name, net) => {
  test('EADDRINUSE on a port', async () => {
    const taken = await listen(net);
    const server = track(net.createServer());
    let returned = false;
    const failed = once(server, 'error').then(([error]) => [error, returned]);
    server.listen(taken.at.port, '127.0.0.1');
    returned = true;
    const [error, afterReturn] = await failed;
    expect(afterReturn).toBe(true);
    expect({ ...error }).toEqual({
      code: 'EADDRINUSE', errno: -98, syscall: 'listen', address: '127.0.0.1', port: taken.at.port,
    });
    expect(error.message).toBe(`listen EADDRINUSE: address already in use 127.0.0.1:${taken.at.port}`);
    expect(error.constructor.name).toBe('Error');
    expect(server.listening).toBe(false);
    expect(server.address()).toBe(null);
  });

  test('EADDRINUSE between a server and one of the other implementation', async () => {
    for (const [, other] of implementations) {
      const taken = await listen(other);
      const server = track(net.createServer());
      server.listen(taken.at.port, '127.0.0.1');
      const [error] = await once(server, 'error');
      expect(error.code).toBe('EADDRINUSE');
    }
  });

  test('EADDRINUSE on a path leaves the path to its server', async () => {
    const where = tempPath();
    const first = await listen(net, { listen: where });
    const server = track(net.createServer());
    server.listen(where);
    const [error] = await once(server, 'error');
    expect({ ...error }).toEqual({ code: 'EADDRINUSE', errno: -98, syscall: 'listen', address: where, port: -1 });
    expect(error.message).toBe(`listen EADDRINUSE: address already in use ${where}`);
    expect(fs.existsSync(where)).toBe(true);
    const accepted = once(first, 'connection');
    connect(net, where);
    await accepted;
  });

  test('EADDRNOTAVAIL for an address of another machine', async () => {
    const server = track(net.createServer());
    server.listen(0, '192.0.2.1');
    const [error] = await once(server, 'error');
    expect({ ...error }).toEqual({
      code: 'EADDRNOTAVAIL', errno: -99, syscall: 'listen', address: '192.0.2.1',
    });
    expect(error.message).toBe('listen EADDRNOTAVAIL: address not available 192.0.2.1');
  });

  test('a name that does not resolve', async () => {
    const server = track(net.createServer());
    server.listen(0, 'name.invalid');
    const [error] = await once(server, 'error');
    expect(error.syscall).toBe('getaddrinfo');
    expect(error.hostname).toBe('name.invalid');
    expect(server.listening).toBe(false);
  });

  test('a directory that does not exist', async () => {
    const where = path.join(tempPath(), 'missing', 's');
    const server = track(net.createServer());
    server.listen(where);
    const [error] = await once(server, 'error');
    expect({ ...error }).toEqual({ code: 'EACCES', errno: -13, syscall: 'listen', address: where, port: -1 });
    expect(error.message).toBe(`listen EACCES: permission denied ${where}`);
  });

  test('a directory in the way', async () => {
    const where = tempPath();
    fs.mkdirSync(where);
    const server = track(net.createServer());
    server.listen(where);
    const [error] = await once(server, 'error');
    expect(error.code).toBe('EADDRINUSE');
    expect(fs.statSync(where).isDirectory()).toBe(true);
  });

  test('an error without a listener is thrown', async () => {
    const { stderr, code } = await spawnNode(_name, () => {
      net.createServer().listen('/nonexistent/folder/socket');
    });
    expect(code).toBe(1);
    expect(stderr).toContain('listen EACCES: permission denied /nonexistent/folder/socket');
    expect(stderr).toContain("syscall: 'listen'");
  });

  test('a second listen throws while listening, and the server goes on', async () => {
    const server = await listen(net);
    const error = thrownBy(() => server.listen(0));
    expect(error.name).toBe('Error');
    expect(error.code).toBe('ERR_SERVER_ALREADY_LISTEN');
    expect(error.message).toBe('Listen method has been called more than once without closing.');
    const accepted = once(server, 'connection');
    connect(net, server.at);
    await accepted;
  });

  test('nothing is closed twice after a failed listen', async () => {
    const taken = await listen(net);
    const server = track(net.createServer());
    server.listen(taken.at.port, '127.0.0.1');
    await once(server, 'error');
    const error = await new Promise((resolve) => server.close(resolve));
    expect(error.code).toBe('ERR_SERVER_NOT_RUNNING');
    expect(error.message).toBe('Server is not running.');
    await closed(connect(net, taken.at).end());
  });
});

const asRoot = process.getuid && process.getuid() === 0;
(asRoot ? describe : describe.skip).each(implementations)('%s without permission', (name) => {
  test('EACCES for a path in a folder of somebody else', async () => {
    const where = tempPath();
    fs.chmodSync(path.dirname(where), 0o755);
    const { stdout } = await spawnNode(name, () => {
      const server = net.createServer();
      process.setgid(65534);
      process.setuid(65534);
      server.on('error', (error) => console.log(JSON.stringify({ ...error, message: error.message })));
      server.listen(process.argv[1]);
    }, { args: [where] });
    expect(JSON.parse(stdout)).toEqual({
      code: 'EACCES', errno: -13, syscall: 'listen', address: where, port: -1,
      message: `listen EACCES: permission denied ${where}`,
    });
  });

  test('EACCES for a privileged port', async () => {
    const first = Number(fs.readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    if (first < 2) return;
    const { stdout } = await spawnNode(name, () => {
      const server = net.createServer();
      process.setgid(65534);
      process.setuid(65534);
      server.on('error', (error) => console.log(JSON.stringify({ ...error, message: error.message })));
      server.listen(1, '127.0.0.1');
    });
    expect(JSON.parse(stdout)).toEqual({
      code: 'EACCES', errno: -13, syscall: 'listen', address: '127.0.0.1', port: 1,
      message: 'listen EACCES: permission denied 127.0.0.1:1',
    });
  });
});
