'use strict';

// What a program can do with a server; the same form as socket-operations.js.

const { ODD_VALUES, callback } = require('./socket-operations');

/**
 * Where the program's server is to listen.
 *
 * @param {import('./world').World} world
 * @returns {object} as `listen` takes it
 */
function place(world) {
  if (world.names.path) return { path: world.names.path };
  return { host: world.program.transport === 'tcp6' ? '::1' : '127.0.0.1', port: 0 };
}

/**
 * A second server of a program, which is only there to fail or to close at once.
 *
 * @param {import('./world').World} world
 * @param {string} label for the trace
 * @returns {import('net').Server}
 */
function secondServer(world, label) {
  const server = world.implementations.server.createServer();
  server.on('error', (error) => world.record('server', 'event', `${label} error`, [error]));
  server.on('listening', () => {
    world.record('server', 'event', `${label} listening`, []);
    server.close();
  });
  server.on('close', () => world.record('server', 'event', `${label} close`, []));
  return server;
}

const serverOperations = {
  listen(world, actor, form, extra = {}) {
    const where = place(world);
    const options = { ...where, ...extra };
    if (extra.host === 'absent') delete options.host;
    if (extra.signal) {
      actor.controller = new AbortController();
      options.signal = actor.controller.signal;
    }
    actor.listens = true;
    if (form === 'positional') {
      return where.path ? actor.server.listen(where.path) : actor.server.listen(where.port, where.host);
    }
    if (form === 'callback') {
      const done = callback(world, actor, 'listen');
      actor.pendingCallbacks -= 1;
      return actor.server.listen(options, done);
    }
    return actor.server.listen(options);
  },
  listenOdd: (world, actor, odd) => actor.server.listen(ODD_VALUES[odd]),
  listenOddPort: (world, actor, odd) => actor.server.listen({ port: ODD_VALUES[odd] }),
  /** A second server where the first one listens. */
  clash(world) {
    const where = place(world);
    if (!where.path) where.port = world.names.port;
    secondServer(world, 'clash').listen(where);
    return undefined;
  },
  /** A second server in a folder that does not exist. */
  nowhere(world) {
    secondServer(world, 'nowhere').listen('/nowhere/at/all.sock');
    return undefined;
  },
  close(world, actor, withCallback) {
    if (!withCallback) return actor.server.close();
    const done = callback(world, actor, 'close');
    actor.pendingCallbacks -= 1;
    return actor.server.close(done);
  },
  connections: (world, actor) => actor.server.getConnections(callback(world, actor, 'getConnections')),
  closeOdd: (world, actor, odd) => actor.server.close(ODD_VALUES[odd]),
  connectionsOdd: (world, actor, odd) => actor.server.getConnections(ODD_VALUES[odd]),
  dispose(world, actor) {
    const told = (label) => (value) => world.record('server', 'event', label, [value]);
    actor.server[Symbol.asyncDispose]().then(told('disposed'), told('not disposed'));
    return undefined;
  },
  maxConnectionsOdd(world, actor, odd) {
    actor.server.maxConnections = ODD_VALUES[odd];
    return undefined;
  },
  address: (world, actor) => actor.server.address(),
  maxConnections(world, actor, most) {
    actor.server.maxConnections = most;
    return undefined;
  },
  ref: (world, actor) => actor.server.ref(),
  unref: (world, actor) => actor.server.unref(),
  abort(world, actor) {
    return actor.controller ? actor.controller.abort() : 'no signal';
  },
};

module.exports = { serverOperations };
