'use strict';
// packages: socket.io socket.io-client

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const { bytes, digest, main, report, tls } = require('../kit');
const { emitted, intact, parallel, tally } = require('../lib/work');

/**
 * Starts a server that knows rooms, echoes and broadcasts.
 * @param {import('node:http').Server} server what accepts the connections
 * @param {number} [port]
 * @returns {Promise<Server>} listening
 */
async function start(server, port = 0) {
  const hub = new Server(server, { maxHttpBufferSize: 32 << 20, connectTimeout: 60_000, pingTimeout: 60_000 });
  hub.use((socket, next) => next(socket.handshake.auth.token === 'wrong' ? new Error('not you') : undefined));
  hub.on('connection', (socket) => {
    socket.on('join', (room, done) => { socket.join(room); done(socket.rooms.size); });
    socket.on('echo', (...args) => args.pop()(...args));
    socket.on('digest', (data, done) => done(digest(data)));
    socket.on('to room', (room, data) => hub.to(room).emit('from room', room, data));
    socket.on('drop', () => socket.conn.close());
    socket.on('leave', () => socket.disconnect());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return hub;
}

/**
 * @param {Server} hub
 * @returns {Promise<void>} when it has closed
 */
async function stop(hub) {
  const closed = hub.close();
  // A polling client that left while its server answered leaves the request open.
  hub.httpServer.closeAllConnections();
  await closed;
}

/**
 * What is alike for each transport.
 * @param {string} name of it
 * @param {string} address
 * @param {object} options of the client
 */
async function conversation(name, address, options) {
  const connect = async () => {
    const socket = io(address, { forceNew: true, reconnectionDelay: 1, timeout: 60_000, ...options });
    await emitted(socket, 'connect');
    return socket;
  };
  const socket = await connect();
  await report(`${name}: an acknowledgement`, socket.emitWithAck('echo', 'text'));
  await report(`${name}: binary to and fro`, socket.emitWithAck('echo', bytes(2 << 20)));
  await report(`${name}: 8 MiB`, socket.emitWithAck('digest', bytes(8 << 20)));
  const mixed = { list: [bytes(10, 1), 'a', { b: bytes(20, 2) }], none: null };
  await report(`${name}: mixed`, socket.emitWithAck('echo', mixed));
  await report(`${name}: 500 acknowledgements`, parallel(500, 500, (n) => socket.emitWithAck('echo', n))
    .then((numbers) => intact(digest(numbers.join()), digest(Array.from(numbers, (_, n) => n).join()))));

  const members = await parallel(20, 20, connect);
  const heard = members.map((member, n) => new Promise((resolve) => {
    const came = [];
    member.on('from room', (room, data) => {
      came.push(`${room} ${intact(digest(data), digest(bytes(50_000, came.length)))}`);
      if (came.length === 10) resolve(`${n % 2} ${JSON.stringify(tally(came))}`);
    });
  }));
  await report(`${name}: rooms`, parallel(20, 20, (n) => members[n].emitWithAck('join', n % 2 ? 'odd' : 'even'))
    .then(tally));
  for (let n = 0; n < 10; n += 1) {
    for (const room of ['odd', 'even']) socket.emit('to room', room, bytes(50_000, n));
  }
  await report(`${name}: heard in the rooms`, Promise.all(heard).then(tally));

  await report(`${name}: reconnects`, parallel(20, 20, async (n) => {
    const reason = emitted(members[n], 'disconnect');
    const again = emitted(members[n], 'connect');
    members[n].emit('drop');
    const [why] = await reason;
    await again;
    return `${why}, then ${await members[n].emitWithAck('echo', 'again')}`;
  }).then(tally));
  await report(`${name}: sent away`, parallel(20, 20, async (n) => {
    const reason = emitted(members[n], 'disconnect');
    members[n].emit('leave');
    return (await reason)[0];
  }).then(tally));
  await report(`${name}: refused`, (async () => {
    const stranger = io(address, { forceNew: true, ...options, auth: { token: 'wrong' } });
    const [error] = await emitted(stranger, 'connect_error');
    stranger.close();
    return error.message;
  })());
  const left = emitted(socket, 'disconnect');
  socket.close();
  await report(`${name}: left`, left.then(([reason]) => reason));
  for (const member of members) member.close();
}

/** The server is closed while clients are connected, and started again on the same port. */
async function restart() {
  const hub = await start(http.createServer());
  const { port } = hub.httpServer.address();
  const clients = Array.from({ length: 10 }, () => io(`http://127.0.0.1:${port}`, {
    forceNew: true, transports: ['websocket'], reconnectionDelay: 1, reconnectionDelayMax: 20,
  }));
  await Promise.all(clients.map((client) => emitted(client, 'connect')));
  const lost = clients.map((client) => emitted(client, 'disconnect'));
  const refused = clients.map((client) => emitted(client.io, 'reconnect_error'));
  const again = clients.map((client) => emitted(client, 'connect'));
  // Not hub.close(), which tells the clients not to come again.
  hub.httpServer.close();
  for (const client of hub.of('/').sockets.values()) client.conn.close();
  await report('restart: lost', Promise.all(lost).then((reasons) => tally(reasons.map(([reason]) => reason))));
  await report('restart: refused', Promise.all(refused)
    .then((errors) => tally(errors.map(([error]) => error.message))));
  const second = await start(http.createServer(), port);
  await Promise.all(again);
  await report('restart: connected again', parallel(10, 10, (n) => clients[n].emitWithAck('echo', 'again'))
    .then(tally));
  for (const client of clients) client.close();
  await stop(second);
  hub.engine.close();
}

main(async () => {
  const hub = await start(http.createServer());
  const address = `http://127.0.0.1:${hub.httpServer.address().port}`;
  await conversation('WebSocket', address, { transports: ['websocket'] });
  await conversation('polling', address, { transports: ['polling'] });
  const agent = new http.Agent({ keepAlive: true });
  await conversation('polling, kept alive', address, { transports: ['polling'], agent });
  agent.destroy();
  await report('polling, then WebSocket', (async () => {
    const socket = io(address, { forceNew: true });
    await emitted(socket, 'connect');
    if (socket.io.engine.transport.name !== 'websocket') await emitted(socket.io.engine, 'upgrade');
    const { name } = socket.io.engine.transport;
    const found = [name, await socket.emitWithAck('echo', 'upgraded')];
    socket.close();
    return found;
  })());
  await stop(hub);

  const { ca, cert, key } = tls();
  const secure = await start(https.createServer({ cert, key }));
  await conversation('WebSocket over TLS', `https://localhost:${secure.httpServer.address().port}`, {
    transports: ['websocket'], ca,
  });
  await stop(secure);
  await restart();
});
