'use strict';

/* global listening, net -- given to the code of a child */

// Connections that go on under TLS or HTTP/2: nothing before is lost, and all that was set stays.

const { AsyncLocalStorage } = require('async_hooks');
const { once } = require('events');
const fs = require('fs');
const http2 = require('http2');
const path = require('path');
const tls = require('tls');
const { Worker } = require('worker_threads');
const {
  closed, closedPort, connect, describeRsnet, implementations, listen, pair, tempPath, track, turn,
} = require('../helpers');
const { FIXTURES, modes, runMode } = require('../helpers/registered');
const { canReadOptions, socketOptions } = require('../helpers/socket-option');

const cert = fs.readFileSync(path.join(FIXTURES, 'localhost-cert.pem'));
const key = fs.readFileSync(path.join(FIXTURES, 'localhost-key.pem'));
const client = { ca: cert, checkServerIdentity() {} };
const LARGE = Buffer.alloc(6 << 20, 'plain text ');

/**
 * @param {import('stream').Readable} stream
 * @returns {Promise<Buffer>} all that it gives
 */
async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * @param {import('net').Socket} socket
 * @param {number} length
 * @returns {Promise<Buffer>} the first bytes that arrive; what comes behind them stays in the stream
 */
async function first(socket, length) {
  const chunks = [];
  let missing = length;
  while (missing > 0) {
    const chunk = socket.read(Math.min(missing, socket.readableLength || 1));
    if (chunk === null) {
      await once(socket, 'readable');
      continue;
    }
    chunks.push(chunk);
    missing -= chunk.length;
  }
  return Buffer.concat(chunks);
}

/**
 * @param {import('net').Socket} socket
 * @returns {import('tls').TLSSocket} that serves
 */
function secureServerSide(socket) {
  return new tls.TLSSocket(socket, { isServer: true, cert, key });
}

/**
 * @param {import('net').Socket} socket
 * @returns {import('tls').TLSSocket}
 */
function secureClientSide(socket) {
  return tls.connect({ socket, ...client });
}

/**
 * Clients in another thread. Each connects and says a line; the first hello of TLS follows without waiting for the
 * answer. The words of `state` count: connected, said, and what the main thread allows.
 */
const CLIENTS = `
  const { workerData: { at, state, count, ca } } = require('worker_threads');
  const net = require('net');
  const tls = require('tls');
  const words = new Int32Array(state);
  const raise = (index) => { Atomics.add(words, index, 1); Atomics.notify(words, index); };
  for (let i = 0; i < count; i++) {
    const raw = net.connect(at, () => raise(0));
    raw.once('data', () => {
      const secure = tls.connect({ socket: raw, ca, checkServerIdentity() {} });
      raw.write('', () => raise(1));
      secure.on('secureConnect', () => secure.end('secret'));
      secure.resume();
    });
  }
`;

describe.each(implementations)('a connection of %s under TLS and HTTP/2', (_name, net) => {
  test('what has arrived before reaches TLS first', async () => {
    const COUNT = 8;
    const words = new Int32Array(new SharedArrayBuffer(8));
    const sockets = [];
    const listening = await listen(net, (socket) => sockets.push(socket));
    const worker = new Worker(CLIENTS, {
      eval: true, workerData: { at: listening.at, state: words.buffer, count: COUNT, ca: cert },
    });
    while (sockets.length < COUNT) await once(listening, 'connection');
    for (const socket of sockets) socket.write('go');
    // The event loop sees nothing of it until all of it is there.
    while (Atomics.load(words, 1) < COUNT) Atomics.wait(words, 1, Atomics.load(words, 1));
    const texts = [];
    for (let i = 0; i < COUNT; i++) {
      const secure = secureServerSide(sockets[i]);
      texts.push(all(secure).then(String));
      if (i < COUNT / 2) await turn();
    }
    expect(await Promise.all(texts)).toEqual(Array(COUNT).fill('secret'));
    await once(worker, 'exit');
  });

  test('what the callback of another connection takes over has its bytes', async () => {
    const COUNT = 8;
    const words = new Int32Array(new SharedArrayBuffer(8));
    const sockets = [];
    const listening = await listen(net, (socket) => sockets.push(socket));
    const peer = connect(net, listening.at);
    await once(peer, 'connect');
    const worker = new Worker(CLIENTS, {
      eval: true, workerData: { at: listening.at, state: words.buffer, count: COUNT, ca: cert },
    });
    while (sockets.length < COUNT + 1) await once(listening, 'connection');
    const [own, ...others] = sockets;
    const taken = once(own, 'data').then(() => Promise.all(others.map((socket) => all(secureServerSide(socket)))));
    peer.write('now');
    for (const socket of others) socket.write('go');
    while (Atomics.load(words, 1) < COUNT) Atomics.wait(words, 1, Atomics.load(words, 1));
    expect((await taken).map(String)).toEqual(Array(COUNT).fill('secret'));
    peer.destroy();
    await once(worker, 'exit');
  });

  test('TLS waits for what was written before', async () => {
    const listening = await listen(net, (socket) => {
      socket.write(LARGE);
      secureServerSide(socket).end('secret');
    });
    const raw = connect(net, listening.at);
    expect((await first(raw, LARGE.length)).equals(LARGE)).toBe(true);
    expect(String(await all(secureClientSide(raw)))).toBe('secret');
  });

  test('the counters go on', async () => {
    const { client: near, peer: far } = await pair(net);
    near.write('hello');
    await once(far, 'data');
    far.write('go on');
    await once(near, 'data');
    const counted = [near.bytesRead, near.bytesWritten, far.bytesRead, far.bytesWritten];
    expect(counted).toEqual([5, 5, 5, 5]);
    const [inside, outside] = [secureClientSide(near), secureServerSide(far)];
    expect([near.bytesRead, near.bytesWritten]).toEqual([5, near._handle.bytesWritten]);
    inside.write('y'.repeat(2000));
    expect((await first(outside, 2000)).length).toBe(2000);
    outside.end('x'.repeat(1000));
    expect((await all(inside)).length).toBe(1000);
    await Promise.all([closed(near), closed(far)]);
    expect(near.bytesRead).toBeGreaterThan(1005);
    expect(far.bytesRead).toBeGreaterThan(2005);
    expect([near.bytesRead, far.bytesRead]).toEqual([far.bytesWritten, near.bytesWritten]);
  });

  (canReadOptions ? test : test.skip)('options that were set before are set, and can be set', async () => {
    const { client: near, peer: far } = await pair(net);
    near.setNoDelay(true).setKeepAlive(true, 40_000);
    const before = socketOptions(near, 'TCP_NODELAY', 'SO_KEEPALIVE', 'TCP_KEEPIDLE');
    const secure = secureClientSide(near);
    secureServerSide(far);
    await once(secure, 'secureConnect');
    expect(socketOptions(near, 'TCP_NODELAY', 'SO_KEEPALIVE', 'TCP_KEEPIDLE')).toEqual(before);
    near.setNoDelay(false);
    near.setKeepAlive(false);
    expect(socketOptions(near, 'TCP_NODELAY', 'SO_KEEPALIVE')).toEqual([0, 0]);
    if (!near.setTypeOfService) return;
    near.setTypeOfService(0x10);
    expect(near.getTypeOfService()).toBe(0x10);
    expect(socketOptions(near, 'IP_TOS')).toEqual([0x10]);
  });

  test('the idle time runs on, and traffic of TLS starts it anew', async () => {
    const { client: near, peer: far } = await pair(net);
    near.setTimeout(60_000);
    const secure = secureClientSide(near);
    secureServerSide(far).pipe(far);
    await once(secure, 'secureConnect');
    expect(near.timeout).toBe(60_000);
    near.setTimeout(20);
    await once(near, 'timeout');
    expect(near.destroyed).toBe(false);
  });

  test('addresses and state are those of before', async () => {
    const { client: near, peer: far } = await pair(net);
    const members = [
      'remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'readyState', 'pending',
    ];
    const before = members.map((name) => near[name]);
    const secure = secureClientSide(near);
    secureServerSide(far);
    await once(secure, 'secureConnect');
    expect(members.map((name) => near[name])).toEqual(before);
    expect(members.map((name) => secure[name])).toEqual(before);
    expect(near._handle.fd).toBe(secure._handle.fd);
    expect(near._handle.fd).toBeGreaterThan(2);
    expect(near._handle.hasRef()).toBe(true);
  });

  test('events belong to the async context of the connection', async () => {
    const storage = new AsyncLocalStorage();
    const listening = await listen(net, (socket) => secureServerSide(socket).end('bye'));
    const seen = {};
    const note = (name) => () => {
      seen[name] = storage.getStore();
    };
    const raw = await storage.run('connect', async () => {
      const socket = connect(net, listening.at);
      await once(socket, 'connect');
      return socket;
    });
    raw.on('close', note('closed'));
    const secure = storage.run('secure', () => secureClientSide(raw));
    secure.on('secureConnect', note('secureConnect')).on('end', note('end')).on('close', note('close')).resume();
    await once(secure, 'close');
    await closed(raw);
    expect(seen).toEqual({
      secureConnect: 'secure', end: 'secure', close: expect.any(String), closed: expect.any(String),
    });
  });

  test('resetAndDestroy resets', async () => {
    const { client: near, peer: far } = await pair(net);
    const [inside, outside] = [secureClientSide(near), secureServerSide(far)];
    await once(inside, 'secureConnect');
    const failed = once(outside, 'error');
    inside.on('error', () => {});
    near.resetAndDestroy();
    expect((await failed)[0].code).toBe('ECONNRESET');
    await closed(near);
  });

  test('TLS closes what it has, and what it has closes TLS', async () => {
    for (const which of [0, 1]) {
      const { client: near, peer: far } = await pair(net);
      const [inside, outside] = [secureClientSide(near), secureServerSide(far)];
      await once(inside, 'secureConnect');
      outside.on('error', () => {}).resume();
      [inside, near][which].destroy();
      await Promise.all([inside, near, outside, far].map((socket) => socket.closed || once(socket, 'close')));
      expect([near._handle, near.destroyed, far.destroyed]).toEqual([null, true, true]);
    }
  });

  test('TLS over TLS', async () => {
    const { client: near, peer: far } = await pair(net);
    const inner = secureClientSide(secureClientSide(near));
    secureServerSide(secureServerSide(far)).end(LARGE);
    expect((await all(inner)).equals(LARGE)).toBe(true);
  });

  test('a socket that still connects', async () => {
    const listening = await listen(net, (socket) => secureServerSide(socket).end('here'));
    const { port } = listening.at;
    const secure = secureClientSide(connect(net, { port, host: 'localhost', family: 4 }));
    expect(secure.connecting).toBe(true);
    expect(String(await all(secure))).toBe('here');
    expect(secure.connecting).toBe(false);
  });

  test('a socket whose connection fails, or is given up', async () => {
    const refused = secureClientSide(connect(net, { port: await closedPort(), host: '127.0.0.1' }));
    const [error] = await once(refused, 'error');
    expect(error.code).toBe('ECONNREFUSED');
    await closed(refused);
    const listening = await listen(net, () => {});
    for (const which of [0, 1]) {
      const raw = connect(net, { ...listening.at, lookup() {}, host: 'never.example' });
      const secure = secureClientSide(raw);
      secure.on('error', () => {});
      [secure, raw][which].destroy();
      await Promise.all([raw, secure].map((socket) => socket.closed || once(socket, 'close')));
      expect(raw.destroyed).toBe(true);
    }
  });

  test('HTTP/2 on a socket that still connects', async () => {
    const session = http2.createServer();
    session.on('stream', (stream) => {
      stream.respond();
      stream.end('over HTTP/2');
    });
    const listening = await listen(net, (socket) => session.emit('connection', socket));
    const over = http2.connect('http://localhost', { createConnection: () => connect(net, listening.at) });
    expect(String(await all(over.request()))).toBe('over HTTP/2');
    expect(over.socket.remotePort).toBe(listening.at.port);
    await new Promise((resolve) => over.close(resolve));
  });

  (http2.performServerHandshake ? test : test.skip)('http2.performServerHandshake', async () => {
    const listening = await listen(net, (socket) => {
      http2.performServerHandshake(socket).on('stream', (stream) => {
        stream.respond();
        stream.end('shaken');
      });
    });
    const over = http2.connect('http://localhost', { createConnection: () => connect(net, listening.at) });
    expect(String(await all(over.request()))).toBe('shaken');
    await new Promise((resolve) => over.close(resolve));
  });

  test('ALPN chooses HTTP/2 or HTTP/1', async () => {
    const server = http2.createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
      response.end(request.httpVersion);
    });
    const listening = await listen(net, (socket) => server.emit('connection', socket));
    const secure = tls.connect({ ...client, ALPNProtocols: ['http/1.1'], socket: connect(net, listening.at) });
    track(secure).write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(String(await all(secure))).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*1\.1/);
    const createConnection = () => tls.connect({
      ...client, ALPNProtocols: ['h2'], socket: connect(net, listening.at),
    });
    const over = http2.connect('https://localhost', { createConnection });
    expect(String(await all(over.request()))).toBe('2.0');
    await new Promise((resolve) => over.close(resolve));
  });

  test('a socket with a buffer of the program\'s own', async () => {
    const listening = await listen(net, (socket) => {
      socket.write('plain');
      first(socket, 2).then(() => secureServerSide(socket).end('secret'));
    });
    const buffer = Buffer.alloc(64);
    const texts = [];
    const raw = connect(net, {
      ...listening.at,
      onread: {
        buffer,
        callback(count) {
          texts.push(buffer.toString('latin1', 0, count));
          raw.emit('plain');
          return true;
        },
      },
    });
    await once(raw, 'plain');
    raw.write('go');
    const secure = secureClientSide(raw);
    expect(String(await all(secure))).toBe('secret');
    expect(texts).toEqual(['plain']);
  });

  test('a Unix path', async () => {
    const listening = await listen(net, { path: tempPath('hand-over.sock') }, (socket) => {
      const secure = secureServerSide(socket);
      secure.pipe(secure);
    });
    const secure = secureClientSide(connect(net, listening.at));
    secure.end(LARGE);
    expect((await all(secure)).equals(LARGE)).toBe(true);
  });

  test('writing and ending by the socket itself, when HTTP/2 has let go of it', async () => {
    const { client: near, peer: far } = await pair(net);
    const over = http2.connect('http://localhost', { createConnection: () => near });
    over.on('error', () => {});
    const text = all(far);
    over.close();
    await closed(near);
    expect(String((await text).subarray(0, 14))).toBe('PRI * HTTP/2.0');
    far.destroy();
  });
});

describeRsnet('a connection of rsnet under TLS and HTTP/2', (net) => {
  // The built-in aborts the process: its session takes the end of an earlier write for that of its own.
  test('what was written before leaves before it, also when the kernel was full', async () => {
    const session = http2.createServer();
    session.on('stream', (stream) => {
      stream.respond();
      stream.end('over HTTP/2');
    });
    const written = [];
    const listening = await listen(net, (socket) => {
      const note = (error) => written.push(error ?? null);
      socket.write('a small one', note);
      socket.write(LARGE, note);
      socket.write('x'.repeat(100_000), 'latin1', note);
      session.emit('connection', socket);
      expect(socket.bytesWritten).toBeGreaterThanOrEqual(LARGE.length + 100_011);
    });
    const raw = connect(net, listening.at);
    const plain = await first(raw, 11 + LARGE.length + 100_000);
    expect(plain.toString('latin1', 0, 11)).toBe('a small one');
    expect(plain.subarray(11, 11 + LARGE.length).equals(LARGE)).toBe(true);
    expect(plain.toString('latin1', 11 + LARGE.length)).toBe('x'.repeat(100_000));
    const over = http2.connect('http://localhost', { createConnection: () => raw });
    expect(String(await all(over.request()))).toBe('over HTTP/2');
    expect(written).toEqual([null, null, null]);
    await new Promise((resolve) => over.close(resolve));
  });

  test('a path that the socket was bound to is removed', async () => {
    const listening = await listen(net, { listen: tempPath() }, (socket) => secureServerSide(socket).end('bound'));
    const own = tempPath('own');
    const raw = new net.Socket({ handle: new net.BoundSocket({ path: own }) });
    track(raw).connect(listening.at);
    await once(raw, 'connect');
    const closes = once(raw, 'close').then(() => fs.existsSync(own));
    expect(String(await all(secureClientSide(raw)))).toBe('bound');
    expect(await closes).toBe(false);
  });

  // The built-in crashes: TLS stays on the handle of the first attempt, which is closed.
  test('TLS on a socket that tries several addresses', async () => {
    const listening = await listen(net, (socket) => secureServerSide(socket).end('here'));
    const lookup = (_host, _options, callback) => {
      callback(null, [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }]);
    };
    const { port } = listening.at;
    const secure = secureClientSide(connect(net, { port, host: 'two.example', lookup, autoSelectFamily: true }));
    expect(String(await all(secure))).toBe('here');
  });
});

describe.each(modes)('programs, %s', (_name, flags) => {
  test('a socket that was unref\'d does not keep the process', async () => {
    const server = await listen(require('net'), () => {});
    const result = await runMode(flags, async (port) => {
      const raw = net.connect(port, '127.0.0.1');
      await once(raw, 'connect');
      raw.unref();
      require('tls').connect({ socket: raw }).on('secureConnect', () => {});
      return raw._handle.hasRef();
    }, { args: [server.at.port] });
    expect(result).toBe(false);
  });

  test('a socket whose function of onread gives no Buffer gets TLS', async () => {
    const server = await listen(require('net'), (socket) => socket.on('error', () => {}).resume());
    const result = await runMode(flags, async (port) => {
      const onread = { buffer: () => 'no Buffer', callback: () => true };
      const raw = net.connect({ port, host: '127.0.0.1', onread });
      await once(raw, 'connect');
      const secure = require('tls').connect({ socket: raw }).on('error', () => {});
      await once(raw, 'close', secure.destroy());
      return raw.destroyed;
    }, { args: [server.at.port] });
    expect(result).toBe(true);
  });

  test('a socket that HTTP/2 was offered goes to another process', async () => {
    const result = await runMode(flags, async () => {
      const { fork } = require('child_process');
      const folder = fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'rsnet-spec-'));
      const file = `${folder}/child.js`;
      fs.writeFileSync(file, `process.once('message', (message, socket) => {
        socket.end('from the child');
        socket.on('close', () => process.disconnect());
      });`);
      const peer = fork(file);
      const server = net.createServer((socket) => {
        socket.isStream = socket._handle.isStreamBase;
        peer.send('socket', socket);
      });
      const port = await listening(server);
      const text = String(await all(net.connect(port, '127.0.0.1')));
      server.close();
      await once(peer, 'exit');
      fs.rmSync(folder, { recursive: true });
      return text;
    });
    expect(result).toBe('from the child');
  });
});
