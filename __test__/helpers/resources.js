'use strict';

/**
 * Servers, sockets and paths of a test, released after it.
 *
 * Requiring this file in a spec installs an `afterEach` that destroys every tracked socket, closes every
 * tracked server, waits for their 'close' events, and then fails the test if the process has a socket
 * descriptor that it did not have before the test.
 */

const fs = require('fs');
const os = require('os');
const path = require('path');
const { closed, once, turn, watchClose } = require('./events');

const servers = new Set();
const sockets = new Set();
const folders = new Set();
let descriptorsBefore = null;

/**
 * The sockets among the descriptors of this process.
 *
 * @returns {string[]} such as 'socket:[1234]'; empty where there is no /proc
 */
function socketDescriptors() {
  let names;
  try {
    names = fs.readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${name}`);
      return target.startsWith('socket:') ? [target] : [];
    } catch {
      return [];
    }
  });
}

/**
 * Destroy a socket, or close a server, at the end of the test.
 *
 * @template T
 * @param {T} resource a Socket or Server of any implementation
 * @returns {T}
 */
function track(resource) {
  if (typeof resource.listen === 'function') {
    servers.add(resource);
    resource.on('connection', track);
  } else if (!sockets.has(resource)) {
    sockets.add(resource);
    watchClose(resource);
  }
  return resource;
}

/**
 * Leave a socket alone at the end of the test, since another one owns its handle now.
 *
 * @template T
 * @param {T} socket
 * @returns {T}
 */
function untrack(socket) {
  sockets.delete(socket);
  return socket;
}

/**
 * A path for a Unix-domain socket in a folder of its own, which is removed after the test.
 *
 * @param {string} [name='s'] the last part
 * @returns {string}
 */
function tempPath(name = 's') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-spec-'));
  folders.add(folder);
  return path.join(folder, name);
}

/**
 * Create a server and wait until it listens.
 *
 * @param {typeof import('net')} net
 * @param {object & {listen?: object | string}} [options] for `createServer`; `listen` says where (default: a
 *   free port of 127.0.0.1)
 * @param {(socket: import('net').Socket) => void} [onConnection]
 * @returns {Promise<import('net').Server & {at: object}>} `at` is what a client's `connect` takes
 */
async function listen(net, options = {}, onConnection) {
  if (typeof options === 'function') return listen(net, {}, options);
  const { listen: where = { port: 0, host: '127.0.0.1' }, ...rest } = options;
  const server = track(net.createServer(rest, onConnection));
  server.listen(where);
  await once(server, 'listening');
  const address = server.address();
  server.at = typeof address === 'string' ? { path: address } : { port: address.port, host: address.address };
  return server;
}

/**
 * Create a tracked client; nothing is waited for.
 *
 * @param {typeof import('net')} net
 * @param {...any} args as for `net.connect`
 * @returns {import('net').Socket}
 */
function connect(net, ...args) {
  return track(net.connect(...args));
}

/**
 * A connected pair over TCP, or over a Unix socket with `path: true`.
 *
 * @param {typeof import('net')} clientNet
 * @param {typeof import('net')} [serverNet=clientNet]
 * @param {{client?: object, server?: object, path?: boolean}} [options] options of each side
 * @returns {Promise<{client: import('net').Socket, peer: import('net').Socket, server:
 *   import('net').Server}>}
 */
async function pair(clientNet, serverNet = clientNet, options = {}) {
  const where = options.path ? { listen: tempPath() } : {};
  const server = await listen(serverNet, { ...where, ...options.server });
  const connection = once(server, 'connection');
  const client = connect(clientNet, { ...server.at, ...options.client });
  const [[peer]] = await Promise.all([connection, once(client, 'connect')]);
  return { client, peer, server };
}

/**
 * A port of 127.0.0.1 on which nothing listens, and which nobody else gets before the test ends.
 *
 * @returns {Promise<number>}
 */
async function closedPort() {
  // A client's own port is taken as long as the connection lasts, and refuses connections. It has to be bound
  // by bind(2): a port that connect(2) chose may be chosen for the next client too, and one that gets it while
  // connecting to it is connected to itself.
  const { client } = await pair(require('net'), undefined, { client: { localAddress: '127.0.0.1' } });
  return client.localPort;
}

/**
 * Wait until a socket that was destroyed has no handle any more, and some turns for its last events: 'close'
 * may have been emitted before anybody waited for it.
 *
 * @param {import('net').Socket} socket
 * @returns {Promise<void>}
 */
async function withoutHandle(socket) {
  while (!socket.destroyed || socket._handle) await turn();
  await turn(5);
}

/**
 * Release everything that the test made.
 *
 * @returns {Promise<void>}
 */
async function release() {
  const ends = [];
  for (const server of servers) {
    if (!server.listening) continue;
    ends.push(new Promise((resolve) => server.close(resolve)));
  }
  // More of them may be accepted while the ones before are waited for.
  while (sockets.size > 0) {
    const batch = [...sockets];
    sockets.clear();
    for (const socket of batch) socket.destroy();
    await Promise.all(batch.map((socket) => Promise.race([closed(socket), withoutHandle(socket)])));
  }
  servers.clear();
  await Promise.all(ends);
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

/**
 * The sockets that were not there before the test. A child's pipes and channel are sockets, too, and close some turns
 * after its 'exit'.
 *
 * @returns {Promise<string[]>}
 */
async function descriptorsLeft() {
  for (let turns = 50; ; turns--) {
    const left = socketDescriptors().filter((name) => !descriptorsBefore.has(name));
    if (left.length === 0 || turns === 0) return left;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

beforeEach(() => {
  descriptorsBefore = new Set(socketDescriptors());
});

afterEach(async () => {
  jest.useRealTimers();
  await release();
  const left = await descriptorsLeft();
  if (left.length > 0) throw new Error(`sockets left open by the test: ${left.join(', ')}`);
});

module.exports = { closedPort, connect, listen, pair, release, socketDescriptors, tempPath, track, untrack };
