'use strict';

// Makes a program from a seed. A program is plain data:
//
//   transport   'tcp4', 'tcp6', 'unix' or 'abstract'
//   server      {options, listen}: options of createServer, and the operation that makes it listen
//   accepted    configurations of the connections that it accepts, in order, used in turn
//   clients     configurations of the clients: {options, reader, hooks, signal, onread, noErrorListener}
//   steps       [{on, ops}]: who does what; the operations of one step are called in one tick, and the next step
//               comes when all that follows from them has happened
//
// A hook is {event, when, ops}: what an actor does at its first such event. With hooks a program has one
// operation in each step, because what a listener sees of several depends on how the kernel cuts the stream.

const { addOptions } = require('./generate-additions');
const { generateBulk } = require('./generate-bulk');
const { connect, serverOperation, socketOperation } = require('./generate-operations');
const { Random } = require('./random');
const { untangle } = require('./untangle');

const TRANSPORTS = [[6, 'tcp4'], [1, 'tcp6'], [4, 'unix'], [1, 'abstract']];

const HOOK_EVENTS = [
  [3, 'connect'], [1, 'ready'], [6, 'data'], [4, 'end'], [2, 'finish'], [3, 'close'], [3, 'error'], [1, 'drain'],
  [1, 'timeout'], [1, 'lookup'], [1, 'connectionAttempt'], [1, 'prefinish'], [1, 'pause'], [1, 'resume'],
];

/**
 * @param {Random} random
 * @param {string} transport
 * @returns {object} how the server is made and listens
 */
function server(random, transport) {
  const options = {};
  if (random.chance(0.35)) options.allowHalfOpen = true;
  if (random.chance(0.1)) options.pauseOnConnect = true;
  if (random.chance(0.1)) options.noDelay = true;
  if (random.chance(0.1)) options.keepAlive = true;
  if (random.chance(0.05)) options.keepAliveInitialDelay = 2000;
  const extra = {};
  if (random.chance(0.1)) extra.backlog = random.pick([1, 10, 511]);
  if (random.chance(0.1)) extra.exclusive = true;
  if (random.chance(0.1)) extra.signal = true;
  if (transport === 'tcp4' && random.chance(0.15)) extra.host = random.pick(['0.0.0.0', '::', 'absent']);
  if (transport === 'tcp4' && random.chance(0.05)) options.blockList = random.pick(['loopback', 'other']);
  if (transport === 'tcp6' && random.chance(0.3)) extra.ipv6Only = true;
  if (transport === 'unix' && random.chance(0.2)) extra.readableAll = true;
  if (transport === 'unix' && random.chance(0.2)) extra.writableAll = true;
  return { options, listen: ['listen', random.pick(['options', 'positional', 'callback']), extra] };
}

/**
 * @param {Random} random
 * @returns {string} how a socket is read
 */
function reader(random) {
  return random.weighted([[7, 'data'], [2, 'readable'], [1, 'iterate'], [2, 'none']]);
}

/**
 * @param {Random} random
 * @param {object} program
 * @returns {object[]} hooks
 */
function hooks(random, program) {
  const made = [];
  while (made.length < 3 && random.chance(0.5)) {
    const hook = {
      event: random.weighted(HOOK_EVENTS),
      when: random.weighted([[4, 'sync'], [1, 'tick'], [1, 'microtask']]),
      ops: calmOperation(random, program),
    };
    if (hook.when === 'sync' && random.chance(0.15)) hook.ops = [['throw']];
    made.push(hook);
  }
  return made;
}

/**
 * @param {Random} random
 * @returns {object} options of a client's constructor
 */
function clientOptions(random) {
  const options = {};
  if (random.chance(0.35)) options.allowHalfOpen = true;
  if (random.chance(0.1)) options.noDelay = true;
  if (random.chance(0.1)) options.keepAlive = true;
  if (random.chance(0.05)) options.blockList = random.pick(['loopback', 'other']);
  if (random.chance(0.05)) options.timeout = 1e6;
  if (random.chance(0.05)) options.manualStart = true;
  if (random.chance(0.03)) options.readable = random.chance(0.5);
  if (random.chance(0.03)) options.writable = random.chance(0.5);
  return options;
}

/**
 * @param {Random} random
 * @param {object} program so far
 * @returns {object} configuration of a client or of an accepted connection
 */
function actor(random, program) {
  const config = { reader: reader(random) };
  if (random.chance(0.1)) config.noErrorListener = true;
  if (program.hooked) config.hooks = hooks(random, program);
  return config;
}

/**
 * A program whose traces are compared event by event: little data, many operations.
 *
 * @param {Random} random
 * @returns {object}
 */
function generateFine(random) {
  const transport = random.weighted(TRANSPORTS);
  const hooked = random.chance(0.6);
  const program = { transport, hooked, server: server(random, transport), accepted: [], clients: [], steps: [] };
  const count = random.weighted([[6, 1], [3, 2], [1, 3]]);
  const names = ['server'];
  for (let number = 0; number < count; number++) names.push(`c${number}`, `s${number}`);
  if (hooked && random.chance(0.15)) program.server.options.highWaterMark = random.pick([100, 1000]);
  for (let number = 0; number < count; number++) {
    const client = { ...actor(random, program), options: clientOptions(random) };
    if (random.chance(0.1)) client.signal = random.weighted([[4, 'later'], [1, 'aborted']]);
    if (hooked && random.chance(0.15)) client.options.highWaterMark = random.pick([100, 1000]);
    if (hooked && random.chance(0.15)) {
      client.onread = {
        size: random.pick([1, 64, 1024, 65536]), fresh: random.chance(0.5), stopAfter: random.pick([1, 100, 1e9]),
      };
    }
    program.clients.push(client);
    const accepted = actor(random, program);
    if (random.chance(0.2)) accepted.early = calmOperation(random, program);
    program.accepted.push(accepted);
  }
  addSteps(random, program, names, count);
  return untangle(program);
}

/**
 * Adds the steps of a fine program: each client connects, at some time, and things are done with everybody.
 *
 * @param {Random} random
 * @param {object} program
 * @param {string[]} names of all actors
 * @param {number} count of clients
 */
function addSteps(random, program, names, count) {
  const later = random.between(3, 12);
  const waiting = [];
  for (let number = 0; number < count; number++) waiting.push(`c${number}`);
  const most = program.hooked ? 1 : 3;
  while (program.steps.length < later || waiting.length > 0) {
    if (waiting.length > 0 && random.chance(0.7)) {
      const on = waiting.shift();
      const ops = [connect(random, program.transport)];
      if (random.chance(0.3)) ops.push(...calmOperation(random, program));
      if (random.chance(0.95)) program.steps.push({ on, ops });
      continue;
    }
    const on = random.chance(0.1) ? 'server' : random.pick(names.slice(1));
    const ops = [];
    do {
      ops.push(...(on === 'server' ? serverOperation(random) : socketOperation(random, program)));
    } while (ops.length < most && random.chance(0.4));
    program.steps.push({ on, ops: alone(ops) });
  }
}

/**
 * A short timeout is the only operation of its step: whatever else happens would race with it.
 *
 * @param {any[][]} ops of a step
 * @returns {any[][]}
 */
function alone(ops) {
  const timeout = ops.find(([name]) => name === 'shortTimeout');
  return timeout ? [timeout] : ops;
}

/**
 * @param {Random} random
 * @param {object} program so far
 * @returns {any[][]} operations that may stand in a listener or behind a connect: nothing that races
 */
function calmOperation(random, program) {
  const ops = socketOperation(random, program);
  return ops[0][0] === 'shortTimeout' ? [['address']] : ops;
}

/**
 * Makes the program of a seed; the same one each time.
 *
 * @param {string} seed any text
 * @returns {object}
 */
function generate(seed) {
  const random = new Random(seed);
  const program = random.chance(0.15) ? generateBulk(random) : generateFine(random);
  return addOptions(new Random(`${seed} options`), program);
}

module.exports = { generate };
