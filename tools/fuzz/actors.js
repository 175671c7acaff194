'use strict';

// The servers and sockets of a run, with listeners that write down what they emit.

const { errorMonitor } = require('node:events');
const { BlockList } = require('node:net');
const { maskPort } = require('./format');
const { perform } = require('./perform');

/** Events of a socket whose arguments go into the trace as they are. */
const SOCKET_EVENTS = [
  'lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout', 'connect', 'ready', 'end',
  'timeout', 'drain', 'prefinish', 'finish', 'pipe', 'unpipe', 'pause', 'resume', 'close',
];

const SERVER_EVENTS = ['listening', 'drop', 'close'];

/**
 * An actor of a run that has no socket yet.
 *
 * @param {string} name 'c0', 's0', ...
 * @param {object} config see generate.js
 * @returns {object}
 */
function newActor(name, config) {
  return {
    name, config, socket: null, server: null, peer: null, incoming: undefined, outgoing: undefined,
    early: [], hash: 0, text: '', pendingCallbacks: 0, seen: new Set(), hooks: [...(config.hooks ?? [])],
    shortTimeout: false, written: 0, attempts: 0,
  };
}

/**
 * @param {import('./world').World} world
 * @param {any[]} args address, port and family, and an error perhaps
 * @returns {any[]} the same with a name for the port
 */
function hidePort(world, [address, port, ...rest]) {
  return [address, maskPort(port, world.names), ...rest];
}

/**
 * Writes an event down, then does what the program wants done at it.
 *
 * @param {import('./world').World} world
 * @param {object} actor
 * @param {string} event
 * @param {any[]} args of the event
 */
function happen(world, actor, event, args) {
  actor.seen.add(event);
  // A listener may destroy the socket, which has no port any more then.
  if (event === 'connect') actor.port = actor.socket.localPort;
  if (event === 'connectionAttempt') actor.attempts += 1;
  if (event === 'connect' || event === 'connectionAttemptFailed') actor.attempts -= 1;
  if (event === 'close') actor.attempts = 0;
  world.record(actor.name, 'event', event, event.startsWith('connectionAttempt') ? hidePort(world, args) : args);
  if (event === 'timeout' && actor.shortTimeout) {
    actor.shortTimeout = false;
    actor.socket.setTimeout(0);
  }
  runHooks(world, actor, event);
}

/**
 * Performs the operations that wait for an event. Each hook is used once.
 *
 * @param {import('./world').World} world
 * @param {object} actor
 * @param {string} event
 */
function runHooks(world, actor, event) {
  const index = actor.hooks.findIndex((hook) => hook.event === event);
  if (index < 0 || world.over) return;
  const [hook] = actor.hooks.splice(index, 1);
  const run = () => {
    for (const op of hook.ops) perform(world, actor.name, op);
  };
  if (hook.when === 'tick') process.nextTick(run);
  else if (hook.when === 'microtask') queueMicrotask(run);
  else run();
}

/**
 * Takes in data.
 *
 * @param {import('./world').World} world
 * @param {object} actor
 * @param {Buffer | string} chunk
 */
function take(world, actor, chunk) {
  world.recordData(actor, chunk);
  runHooks(world, actor, 'data');
}

/** How an actor reads; each is given (world, actor, socket). */
const READERS = {
  data(world, actor, socket) {
    socket.on('data', (chunk) => take(world, actor, chunk));
  },
  readable(world, actor, socket) {
    socket.on('readable', () => {
      let chunk;
      while ((chunk = socket.read()) !== null) take(world, actor, chunk);
    });
  },
  async iterate(world, actor, socket) {
    try {
      for await (const chunk of socket) take(world, actor, chunk);
      happen(world, actor, 'iterated', []);
    } catch (error) {
      world.own(error, actor.name);
      happen(world, actor, 'iterated', [error]);
    }
  },
  none() {},
};

/**
 * Connects an actor with its socket and writes down what the socket emits from now on.
 *
 * @param {import('./world').World} world
 * @param {object} actor
 * @param {import('net').Socket} socket
 */
function attach(world, actor, socket) {
  actor.socket = socket;
  socket.on(errorMonitor, (error) => world.own(error, actor.name));
  if (!actor.config.noErrorListener) socket.on('error', (error) => happen(world, actor, 'error', [error]));
  for (const event of SOCKET_EVENTS) socket.on(event, (...args) => happen(world, actor, event, args));
  READERS[actor.config.reader ?? 'data'](world, actor, socket);
  if (actor.config.echo) socket.pipe(socket);
}

/**
 * @param {object} client an actor
 * @returns {number | undefined} its port, also when it is gone, once it was connected
 */
function portOf({ port, socket }) {
  return socket.localPort ?? port;
}

/**
 * @param {object} client an actor
 * @returns {boolean}
 */
function hasPort(client) {
  return portOf(client) !== undefined;
}

/**
 * Finds whose connection was accepted: by its port, or, where there are no ports, by the order of connecting. One that
 * was destroyed since counts as long as it has connected in this step: another thread may have ended it before the
 * server's listener comes. Takes note of a port that is nobody's: a program that runs beside this one has connected to
 * what was its own server's port before.
 *
 * @param {import('./world').World} world
 * @param {import('net').Socket} socket
 * @returns {object | undefined} actor of the client
 */
function findClient(world, socket) {
  const port = socket.remotePort;
  let index = world.unpaired.findIndex((one) => port !== undefined && portOf(one) === port);
  if (index < 0 && port !== undefined) world.hasVisitor ||= world.unpaired.every(hasPort);
  const isThere = ({ connectedIn, seen, socket: { destroyed } }) => !destroyed
    || (connectedIn === world.step && seen.has('connect'));
  if (index < 0) index = Math.max(0, world.unpaired.findIndex(isThere));
  return world.unpaired.splice(index, 1)[0];
}

/**
 * Takes in a connection that a server accepted.
 *
 * @param {import('./world').World} world
 * @param {import('net').Socket} socket
 */
function accept(world, socket) {
  const number = world.accepted++;
  const { accepted } = world.program;
  const actor = newActor(`s${number}`, accepted[number % accepted.length]);
  world.actors.set(actor.name, actor);
  const client = findClient(world, socket);
  if (client) world.pair(client, actor);
  attach(world, actor, socket);
  world.record(actor.name, 'event', 'accepted', [socket.constructor.name]);
  for (const op of actor.config.early ?? []) perform(world, actor.name, op);
}

/**
 * @param {{blockList?: string}} [options] of a server or client: what is blocked
 * @returns {object} the same with a BlockList
 */
function withBlockList(options) {
  // Where the host has no such option, rsnet still has it: there is nothing to compare.
  if (!options?.blockList || !BlockList.isBlockList) return { ...options, blockList: undefined };
  const blockList = new BlockList();
  blockList.addAddress(options.blockList === 'loopback' ? '127.0.0.1' : '192.0.2.1');
  return { ...options, blockList };
}

/**
 * Makes the program's server; it does not listen yet.
 *
 * @param {import('./world').World} world
 * @returns {object} its actor
 */
function makeServer(world) {
  const { config, options } = world.program.server;
  const actor = newActor('server', config ?? {});
  const server = world.implementations.server.createServer(withBlockList(options));
  actor.server = server;
  server.on(errorMonitor, (error) => world.own(error, 'server'));
  server.on('error', (error) => happen(world, actor, 'error', [error]));
  for (const event of SERVER_EVENTS) server.on(event, (...args) => happen(world, actor, event, args));
  server.on('listening', () => { world.names.port = server.address()?.port ?? 0; });
  server.on('connection', (socket) => {
    accept(world, socket);
    happen(world, actor, 'connection', [socket.constructor.name]);
  });
  world.actors.set('server', actor);
  return actor;
}

/**
 * Makes a client of the program; it does not connect yet.
 *
 * @param {import('./world').World} world
 * @param {number} number
 * @returns {object} its actor
 */
function makeClient(world, number) {
  const config = world.program.clients[number];
  const actor = newActor(`c${number}`, config);
  const options = withBlockList(config.options);
  if (config.signal) {
    actor.controller = new AbortController();
    options.signal = actor.controller.signal;
    if (config.signal === 'aborted') actor.controller.abort();
  }
  if (config.onread) options.onread = onread(world, actor, config.onread);
  const socket = new world.implementations.client.Socket(options);
  world.actors.set(actor.name, actor);
  attach(world, actor, socket);
  return actor;
}

/**
 * The `onread` option of a client.
 *
 * @param {import('./world').World} world
 * @param {object} actor
 * @param {{size: number, fresh: boolean, stopAfter: number}} config bytes of the buffer, whether a function gives it,
 *   and after how many bytes the callback returns false (once)
 * @returns {object}
 */
function onread(world, actor, { size, fresh, stopAfter }) {
  let left = stopAfter ?? Infinity;
  return {
    buffer: fresh ? () => Buffer.alloc(size) : Buffer.alloc(size),
    callback(length, buffer) {
      take(world, actor, Buffer.from(buffer.subarray(0, length)));
      left -= length;
      if (left > 0 || left + length <= 0) return true;
      world.record(actor.name, 'event', 'onread-false', []);
      return false;
    },
  };
}

module.exports = { makeClient, makeServer };
