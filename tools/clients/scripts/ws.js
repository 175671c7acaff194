'use strict';
// packages: ws
// servers: nginx

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { pipeline } = require('node:stream/promises');
const { WebSocket, WebSocketServer, createWebSocketStream } = require('ws');
const { bytes, digest, main, report, servers, tls } = require('../kit');
const { emitted, hash, intact, parallel, tally } = require('../lib/work');

/**
 * Starts a server that sends each message back.
 * @param {import('node:http').Server} server what accepts the connections
 * @param {object} where `listen` takes
 * @returns {Promise<WebSocketServer>} listening
 */
async function startEcho(server, where) {
  const hub = new WebSocketServer({ server, perMessageDeflate: true, maxPayload: 64 << 20 });
  hub.on('connection', (socket, request) => {
    socket.on('error', () => {});
    if (request.url.endsWith('/terminate')) socket.on('message', () => socket.terminate());
    else if (request.url.endsWith('/stream')) pipeline(...streams(socket)).catch(() => {});
    else socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  server.listen(where);
  await once(server, 'listening');
  return hub;
}

/**
 * @param {WebSocket} socket
 * @returns {import('node:stream').Duplex[]} the socket as a stream, as the source and as the target
 */
function streams(socket) {
  const stream = createWebSocketStream(socket);
  return [stream, stream];
}

/**
 * @param {string} address
 * @param {object} [options] of WebSocket
 * @returns {Promise<WebSocket>} open
 */
async function open(address, options) {
  const socket = new WebSocket(address, { maxPayload: 64 << 20, ...options });
  await once(socket, 'open');
  return socket;
}

/**
 * @param {WebSocket} socket
 * @returns {Promise<[number, string]>} code and reason, after it was closed in order
 */
async function close(socket) {
  socket.close(1000, 'done');
  const [code, reason] = await once(socket, 'close');
  return [code, `${reason}`];
}

/**
 * Sends a message and waits for its echo.
 * @param {WebSocket} socket
 * @param {Buffer | string} data
 * @param {object} [options] of `send`
 * @returns {Promise<Buffer>}
 */
async function echo(socket, data, options = {}) {
  socket.send(data, options);
  const [message] = await once(socket, 'message');
  return message;
}

/**
 * What is alike over each transport.
 * @param {string} name of it
 * @param {string} address
 * @param {object} [options] of WebSocket
 */
async function messages(name, address, options) {
  for (const perMessageDeflate of [false, true]) {
    const kind = `${name}${perMessageDeflate ? ', deflated' : ''}`;
    const socket = await open(address, { ...options, perMessageDeflate });
    await report(`${kind}: extensions`, socket.extensions);
    await report(`${kind}: a text`, echo(socket, 'grüße').then(String));
    const noise = bytes(perMessageDeflate ? 1 << 20 : 16 << 20);
    await report(`${kind}: ${noise.length >> 20} MiB of noise`, echo(socket, noise));
    await report(`${kind}: 2 MiB of sameness`, echo(socket, Buffer.alloc(2 << 20, 'same ')));
    await report(`${kind}: 2,000 messages in order`, (async () => {
      const came = [];
      const all = new Promise((resolve) => {
        socket.on('message', (data) => { if (came.push(`${data}`) === 2000) resolve(); });
      });
      const sent = Array.from({ length: 2000 }, (_, n) => `${n} ${'x'.repeat(n % 300)}`);
      for (const text of sent) socket.send(text);
      await all;
      return intact(digest(came.join()), digest(sent.join()));
    })());
    await report(`${kind}: ping`, (async () => {
      socket.ping('are you there');
      const [payload] = await once(socket, 'pong');
      return `${payload}`;
    })());
    await report(`${kind}: fragments`, (async () => {
      for (let n = 0; n < 10; n += 1) socket.send(bytes(10_000, n), { fin: n === 9, binary: true });
      const [data] = await once(socket, 'message');
      return data;
    })());
    await report(`${kind}: closed`, close(socket));
  }
  await report(`${name}: 50 clients`, parallel(50, 50, async (n) => {
    const socket = await open(address, { ...options, perMessageDeflate: n % 10 === 0 });
    const content = bytes(4000 * n, n);
    for (let turn = 0; turn < 3; turn += 1) {
      const found = intact(digest(await echo(socket, content)), digest(content));
      if (found !== 'intact') return found;
    }
    return (await close(socket)).join();
  }).then(tally));
  await report(`${name}: as a stream`, (async () => {
    const stream = createWebSocketStream(await open(`${address}/stream`, { ...options, perMessageDeflate: false }));
    const content = bytes(5 << 20);
    for (let at = 0; at < content.length; at += 100_000) stream.write(content.subarray(at, at + 100_000));
    // There is no half-closed WebSocket: all must have come before the end.
    let length = 0;
    stream.on('data', (chunk) => { if ((length += chunk.length) === content.length) stream.end(); });
    return intact(await hash(stream), digest(content));
  })());
  await report(`${name}: terminated by the server`, parallel(10, 10, async () => {
    const socket = await open(`${address}/terminate`, options);
    const closed = emitted(socket, 'close');
    socket.send('end it');
    return (await closed)[0];
  }).then(tally));
}

/**
 * @param {import('node:http').Server} server
 * @returns {Promise<void>} when it has closed
 */
async function stop(server) {
  server.close();
  await once(server, 'close');
}

main(async () => {
  const plain = http.createServer();
  const plainEcho = await startEcho(plain, { port: 0, host: '127.0.0.1' });
  await messages('plain', `ws://127.0.0.1:${plain.address().port}/echo`);

  const { ca, cert, key } = tls();
  const secure = https.createServer({ cert, key });
  await startEcho(secure, { port: 0, host: '127.0.0.1' });
  await messages('TLS', `wss://localhost:${secure.address().port}/echo`, { ca });

  const { host, port, tls: tlsPort, upstream } = servers.nginx;
  fs.rmSync(upstream, { force: true });
  const behind = http.createServer();
  await startEcho(behind, { path: upstream });
  await messages('through nginx', `ws://${host}:${port}/socket/echo`);
  await report('through nginx by TLS', open(`wss://localhost:${tlsPort}/socket/echo`, { ca })
    .then(async (socket) => [await echo(socket, bytes(1 << 20)), await close(socket)]));

  await report('terminated by the client', (async () => {
    const accepted = emitted(plainEcho, 'connection');
    const socket = await open(`ws://127.0.0.1:${plain.address().port}/echo`);
    const [peer] = await accepted;
    const closed = emitted(peer, 'close');
    socket.terminate();
    return (await closed)[0];
  })());
  await report('a refused upgrade', (async () => {
    plainEcho.options.verifyClient = (_info, done) => done(false, 403, 'no');
    await open(`ws://127.0.0.1:${plain.address().port}/echo`);
  })());
  await Promise.all([stop(plain), stop(secure), stop(behind)]);
});
