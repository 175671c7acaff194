'use strict';

// The server process: node --expose-gc server.js OPTIONS, with OPTIONS as JSON (see run.js). It serves until it is
// told 'stop', then waits for its connections, and has to end by itself.

const { Monitor, collect, sample, warmUp } = require('./monitor');
const { ServerSession } = require('./server-session');

const { module: moduleName, addresses, interval, path } = JSON.parse(process.argv[2]);
const net = require(moduleName);

/** Connections that may wait to be accepted: above what the client opens at once. */
const BACKLOG = 1024;

const sessions = new Set();
const servers = [];

/**
 * @param {object} where for `listen`
 * @returns {Promise<object|null>} for `connect`; null if the machine lacks the address
 */
async function listen(where) {
  const isPath = where.path !== undefined;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sessions.add(new ServerSession(socket, isPath, (entry, session) => {
      sessions.delete(session);
      monitor.add(entry);
    }));
  });
  const failed = await new Promise((resolve) => {
    server.once('error', resolve).listen({ ...where, backlog: BACKLOG }, () => resolve(null));
  });
  if (failed && where.host === '::1') return null;
  if (failed) throw failed;
  servers.push(server);
  return isPath ? { path: where.path } : { host: where.host, port: server.address().port };
}

const monitor = new Monitor(interval, () => sessions.size);

(async () => {
  await warmUp(net);
  const before = sample(0);
  const where = [];
  for (const host of addresses) where.push(await listen({ host, port: 0 }));
  where.push(await listen({ path }));
  process.send({ ready: { where: where.filter(Boolean), before } });

  process.on('message', async (message) => {
    if (message === 'stuck') return void process.send({ stuck: [...sessions].map((one) => one.plan) });
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    monitor.stop();
    await collect();
    process.send({ done: { after: sample(sessions.size), handles: process.getActiveResourcesInfo() } });
    process.disconnect();
  });
})();
