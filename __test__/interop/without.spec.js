'use strict';

// rsnet's sockets given to Node's own modules, without registering.

const { once } = require('events');
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const path = require('path');
const tls = require('tls');
const { builtin, connect, implementations, listen, track } = require('../helpers');
const { FIXTURES } = require('../helpers/registered');

const cert = fs.readFileSync(path.join(FIXTURES, 'localhost-cert.pem'));
const key = fs.readFileSync(path.join(FIXTURES, 'localhost-key.pem'));
const client = { ca: cert, checkServerIdentity() {} };
const SENT = Buffer.alloc(1 << 20, 'some data ');

/**
 * @param {import('stream').Readable} stream
 * @returns {Promise<Buffer>} all that it gives
 */
async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each(implementations)('Node\'s modules on sockets of %s', (_name, net) => {
  test('http.Server emits \'connection\', http.request takes createConnection', async () => {
    const server = http.createServer((request, response) => request.pipe(response));
    const listening = await listen(net, (socket) => server.emit('connection', socket));
    const request = http.request({ method: 'POST', createConnection: () => connect(net, listening.at) });
    request.end(SENT);
    const [response] = await once(request, 'response');
    expect(SENT.equals(await all(response))).toBe(true);
    expect(request.socket).toBeInstanceOf(net.Socket);
  });

  test('tls.connect({ socket }) and new tls.TLSSocket(socket)', async () => {
    const listening = await listen(net, (socket) => {
      const secure = track(new tls.TLSSocket(socket, { isServer: true, cert, key }));
      secure.pipe(secure);
    });
    const raw = connect(net, listening.at);
    const secure = track(tls.connect({ socket: raw, ...client }));
    await once(secure, 'secureConnect');
    expect(secure.authorized).toBe(true);
    expect(secure.remotePort).toBe(listening.at.port);
    secure.end(SENT);
    expect(SENT.equals(await all(secure))).toBe(true);
    expect(raw.bytesRead).toBeGreaterThan(SENT.length);
    expect(raw.bytesWritten).toBeGreaterThan(SENT.length);
  });

  test('tls.Server emits \'connection\'', async () => {
    const server = tls.createServer({ cert, key }, (secure) => secure.end('hello'));
    const listening = await listen(net, (socket) => server.emit('connection', socket));
    const secure = track(tls.connect({ ...listening.at, ...client }));
    expect(String(await all(secure))).toBe('hello');
  });

  test('http2.connect takes createConnection, http2.Server emits \'connection\'', async () => {
    const server = http2.createServer();
    server.on('stream', (stream) => {
      stream.respond();
      stream.pipe(stream);
    });
    const listening = await listen(net, (socket) => server.emit('connection', socket));
    const session = http2.connect('http://localhost', { createConnection: () => connect(net, listening.at) });
    const request = session.request({ ':method': 'POST' });
    request.end(SENT);
    expect(SENT.equals(await all(request))).toBe(true);
    expect(session.socket.remotePort).toBe(listening.at.port);
    await new Promise((resolve) => session.close(resolve));
  });

  test('http2 over TLS over a socket', async () => {
    const server = http2.createSecureServer({ cert, key });
    server.on('stream', (stream) => {
      stream.respond();
      stream.end('hello');
    });
    const listening = await listen(net, (socket) => server.emit('connection', socket));
    const options = { ...client, ALPNProtocols: ['h2'] };
    const createConnection = () => tls.connect({ ...options, socket: connect(net, listening.at) });
    const session = http2.connect('https://localhost', { createConnection });
    expect(String(await all(session.request()))).toBe('hello');
    await new Promise((resolve) => session.close(resolve));
  });

  test('sockets and servers count as those of the built-in', () => {
    const [socket, server] = [new net.Socket(), new net.Server()];
    expect(socket instanceof builtin.Socket).toBe(true);
    expect(server instanceof builtin.Server).toBe(true);
    expect(socket instanceof builtin.Server).toBe(false);
    expect(server instanceof builtin.Socket).toBe(false);
    expect(socket instanceof tls.TLSSocket).toBe(false);
    expect(server instanceof http.Server).toBe(false);
    class Derived extends builtin.Socket {}
    expect(socket instanceof Derived).toBe(false);
    for (const other of [null, undefined, 1, {}, builtin.Socket.prototype]) {
      expect(other instanceof builtin.Socket).toBe(false);
    }
  });
});
