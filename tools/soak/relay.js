'use strict';

// The relay process: node --expose-gc relay.js OPTIONS, with OPTIONS as JSON (see run.js). It is told where the server
// listens, and joins each connection of the client to one of the server by `net.relay()`. Told 'stop', it waits for its
// relays, and has to end by itself.

const { ROOT } = require('../lib/paths');
const { Monitor, collect, sample, warmUp } = require('./monitor');

const { addresses, interval, path } = JSON.parse(process.argv[2]);
const net = require(ROOT);
const { relayBy } = require(`${ROOT}/lib/api/relay`);
const { engineMover } = require(`${ROOT}/lib/api/relay-engine`);

/** Connections that may wait to be accepted: above what the client opens at once. */
const BACKLOG = 1024;

/** As programs call it, and by the engine from the first byte on: most sessions are too short for it otherwise. */
const WAYS = [net.relay, relayBy(engineMover, 0)];

let begun = 0;
const relays = new Set();
const servers = [];
const monitor = new Monitor(interval, () => relays.size);

/**
 * @param {import('net').Socket} client
 * @param {object} to where the server is
 */
function join(client, to) {
  const relay = WAYS[begun++ % WAYS.length](client, net.connect({ ...to, allowHalfOpen: true }));
  relays.add(relay);
  // A side that resets ends the relay. The books of client and server tell whether that was meant.
  relay.catch(() => {}).finally(() => relays.delete(relay));
}

/**
 * @param {object} to for `connect`
 * @param {number} index of it
 * @returns {Promise<object>} where the client finds it
 */
async function listen(to, index) {
  const server = net.createServer({ allowHalfOpen: true }, (client) => join(client, to));
  const where = to.path ? { path } : { host: addresses[index] ?? to.host, port: 0 };
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen({ ...where, backlog: BACKLOG }, resolve);
  });
  servers.push(server);
  return to.path ? where : { host: where.host, port: server.address().port };
}

/** Has a relay begin and end, so that what the first one keeps is there before the first count. */
async function warmUpRelay() {
  const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const to = { port: echo.address().port, host: '127.0.0.1' };
  const relay = net.createServer({ allowHalfOpen: true }, (client) => join(client, to));
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  for (let i = 0; i < WAYS.length; i++) {
    const client = net.connect(relay.address().port, '127.0.0.1').resume();
    client.end('x');
    await new Promise((resolve) => client.on('close', resolve));
  }
  for (const server of [echo, relay]) await new Promise((resolve) => server.close(resolve));
  await collect();
}

process.on('message', async (message) => {
  if (message === 'stuck') {
    process.send({ stuck: [...relays].map(() => ({})) });
  } else if (message === 'stop') {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    while (relays.size > 0) await Promise.allSettled(relays);
    monitor.stop();
    await collect();
    process.send({ done: { after: sample(relays.size), handles: process.getActiveResourcesInfo() } });
    process.disconnect();
  } else {
    await warmUp(net);
    await warmUpRelay();
    const before = sample(0);
    const where = [];
    for (const [index, to] of message.where.entries()) where.push(await listen(to, index));
    process.send({ ready: { where, before } });
  }
});
