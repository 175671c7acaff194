'use strict';

// A program that uses rsnet in many ways, and prints a line for each: what came out, or the code of the error. It is
// copied into a user's project.

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const net = require('rsnet');
const { connect: connected, listen } = require('rsnet/promises');
const { connector } = require('rsnet/undici');

const HOST = '127.0.0.1';

/** What the present use has opened. */
let opened = [];

/**
 * @template T
 * @param {T} one a socket or a server
 * @returns {T}
 */
function track(one) {
  opened.push(one);
  return one;
}

/**
 * @param {object} [options] of the server
 * @param {Function} [onConnection]
 * @returns {Promise<{server: object, at: object}>} a server that listens, and what `connect` takes
 */
async function serve(options = {}, onConnection = undefined) {
  const server = track(net.createServer(options, onConnection)).listen(0, HOST);
  await once(server, 'listening');
  server.on('connection', (peer) => track(peer).on('error', () => {}));
  return { server, at: { port: server.address().port, host: HOST } };
}

/**
 * @param {object} options of `connect`
 * @returns {Promise<object>} a socket that is connected
 */
async function connect(options) {
  const socket = track(net.connect(options));
  await once(socket, 'connect');
  return socket;
}

/** @returns {Promise<object[]>} both ends of a connection */
async function pair() {
  const { server, at } = await serve();
  const [socket, [peer]] = await Promise.all([connect(at), once(server, 'connection')]);
  return [socket, peer];
}

/**
 * @param {AsyncIterable<Buffer>} stream
 * @returns {Promise<Buffer>} all that it brings
 */
async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * @param {object} emitter
 * @returns {Promise<*>} its error
 */
async function failure(emitter) {
  const [error] = await new Promise((resolve) => { emitter.once('error', (...args) => resolve(args)); });
  throw error;
}

/**
 * @param {object} options of `http.get`
 * @returns {Promise<string>} the body
 */
function get(options) {
  return new Promise((resolve, reject) => {
    http.get({ ...options, agent: false }, (response) => {
      collect(response).then((body) => resolve(String(body)), reject);
    }).on('error', reject);
  });
}

const USES = {
  async echo() {
    const { at } = await serve({}, (peer) => peer.pipe(peer));
    const socket = track(net.connect(at));
    socket.end(Buffer.alloc(3e6, 'x'));
    return [(await collect(socket)).length, socket.bytesRead, socket.bytesWritten];
  },

  async halfOpen() {
    const { at } = await serve({ allowHalfOpen: true }, (peer) => peer.resume().on('end', () => peer.end('late')));
    const socket = track(net.connect(at));
    socket.end('early');
    return String(await collect(socket));
  },

  async addresses() {
    const [socket, peer] = await pair();
    const { remoteAddress, remoteFamily, remotePort, localPort, readyState } = socket;
    return [remoteAddress, remoteFamily, remotePort === peer.localPort, localPort === peer.remotePort, readyState];
  },

  async options() {
    const [socket] = await pair();
    return socket.setNoDelay(true).setKeepAlive(true, 1000).setTimeout(60000).ref().unref() === socket;
  },

  async onread() {
    const { at } = await serve({}, (peer) => peer.end('read'));
    let text = '';
    const callback = (count, buffer) => { text += buffer.toString('latin1', 0, count); };
    const socket = track(net.connect({ ...at, onread: { buffer: Buffer.alloc(16), callback } }));
    await once(socket, 'close');
    return text;
  },

  async refused() {
    const { server, at } = await serve();
    await new Promise((resolve) => { server.close(resolve); });
    return failure(track(net.connect(at)));
  },

  async inUse() {
    const { at } = await serve();
    return failure(track(net.createServer()).listen(at.port, HOST));
  },

  noPath: () => failure(track(net.connect(path.join(os.tmpdir(), 'rsnet-no-such-path')))),
  badPort: () => { net.connect(99999); },

  async blocked() {
    const blockList = new net.BlockList();
    blockList.addAddress(HOST);
    return failure(track(net.connect({ port: 1, host: HOST, blockList })));
  },

  async connectTimeout() {
    const { at } = await serve();
    return (await connect({ ...at, connectTimeout: 60000 })).readyState;
  },

  async signal() {
    const { at } = await serve();
    const controller = new AbortController();
    const socket = track(new net.Socket()).connect({ ...at, signal: controller.signal });
    controller.abort();
    return failure(socket);
  },

  async shutdown() {
    const { server, at } = await serve({}, (peer) => peer.resume());
    const [socket] = await Promise.all([connect(at), once(server, 'connection')]);
    socket.resume();
    return [server.connections.size, await server.shutdown()];
  },

  async promises() {
    const server = track(await listen({ port: 0, host: HOST }));
    const [socket, { value: peer }] = await Promise.all([
      connected(server.address().port, HOST), server[Symbol.asyncIterator]().next(),
    ]);
    peer.end('promised');
    return String(await collect(track(socket)));
  },

  async relay() {
    const [[left, a], [b, right]] = [await pair(), await pair()];
    const relayed = net.relay(a, b);
    left.end('there');
    right.end('back');
    return [String(await collect(right)), String(await collect(left)), await relayed];
  },

  async sendFile() {
    const file = path.join(os.tmpdir(), `rsnet-file-${process.pid}`);
    fs.writeFileSync(file, Buffer.alloc(1e6, 'f'));
    const [socket, peer] = await pair();
    socket.cork();
    socket.write('before ');
    const sent = [socket.sendFile(file, { end: 1 }), socket.write(' between ') && socket.sendFile(file)];
    socket.uncork();
    socket.end(' behind');
    const text = String(await collect(peer));
    fs.rmSync(file);
    return [await Promise.all(sent), text.length, text.slice(0, 19), text.slice(-8), Object.hasOwn(socket, '_write')];
  },

  async overHttp() {
    const web = http.createServer((request, response) => response.end('web'));
    const { at } = await serve({}, (peer) => web.emit('connection', peer));
    return get(at);
  },

  async byHttp() {
    const web = track(http.createServer((request, response) => response.end('client'))).listen(0, HOST);
    await once(web, 'listening');
    return get({ port: web.address().port, host: HOST, createConnection: (options) => track(net.connect(options)) });
  },

  async byUndici() {
    const { at } = await serve({}, (peer) => peer.end('undici'));
    const socket = await new Promise((resolve, reject) => {
      connector()({ hostname: HOST, port: String(at.port), protocol: 'http:' },
        (error, made) => (error ? reject(error) : resolve(track(made))));
    });
    return String(await collect(socket));
  },

  async thread() {
    const thread = new Worker("require('node:worker_threads').parentPort.postMessage(require('rsnet').isIP('::1'));",
      { eval: true });
    const [message] = await once(thread, 'message');
    await thread.terminate();
    return message;
  },

  proxyProtocol: async () => (await serve({ proxyProtocol: true })).at.host,
  pause: async () => (await serve()).server.pause() !== null,
  userTimeout: async () => (await pair())[0].setUserTimeout(1000).getUserTimeout(),
  info: async () => typeof (await pair())[0].info().rtt,
  stats: () => typeof net.stats().open,

  async boundSocket() {
    const bound = new net.BoundSocket({ port: 0, host: HOST });
    const { port } = bound.address();
    const server = track(net.createServer()).listen(bound);
    await once(server, 'listening');
    return server.address().port === port;
  },
};

/** Makes each use in turn. */
async function main() {
  for (const [name, use] of Object.entries(USES)) {
    let outcome;
    try {
      outcome = await use();
    } catch (error) {
      outcome = error.code ?? error.stack;
    }
    console.log(JSON.stringify({ [name]: outcome }));
    for (const one of opened) {
      if (one.destroy) one.destroy();
      else one.close();
    }
    opened = [];
  }
}

main();
