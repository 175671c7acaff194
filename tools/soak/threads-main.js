'use strict';

// The process of `--threads`: node --expose-gc threads-main.js OPTIONS. It starts worker threads, some at a time, lets
// traffic flow in both directions between each of them and this one, and ends them at random moments.

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { collect, sample, warmUp } = require('./monitor');
const { random, randomSize } = require('./random');
const { echo, talk } = require('./thread-traffic');

const { module: moduleName, interval, seed, threads } = JSON.parse(process.argv[2]);
const net = require(moduleName);

/** Threads at a time, and connections in each direction between one and the main thread. */
const PARALLEL = 4;
const CLIENTS = 3;
/** Of ten threads, how many are terminated; the others call process.exit(), throw, or close all and end. */
const ENDINGS = ['terminate', 'terminate', 'terminate', 'terminate', 'terminate', 'terminate', 'start', 'exit',
  'throw', 'close'];
/** Bytes after which a thread ends, at most. */
const MOST = 4 << 20;

const counts = { threads: 0, terminate: 0, start: 0, exit: 0, throw: 0, close: 0, bytes: 0, late: 0 };
const problems = [];

/**
 * @param {number} turns
 * @returns {Promise<void>} after so many turns of the event loop
 */
async function pass(turns) {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * One thread from its start to its end.
 *
 * @param {number} id
 * @param {number} port of the main thread's server
 * @returns {Promise<void>}
 */
async function live(id, port) {
  const next = random(seed + Math.imul(id, 0x9e3779b1));
  const ending = ENDINGS[next(ENDINGS.length)];
  const after = randomSize(next, MOST);
  const calls = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(path.join(__dirname, 'thread.js'), {
    workerData: {
      after, calls, clients: CLIENTS, ending: ending === 'start' ? 'terminate' : ending, module: moduleName, port,
    },
  });
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  worker.on('error', (error) => {
    if (ending !== 'throw' || error.message !== 'planned') problems.push(`thread ${id}: ${error.stack}`);
  });
  const sockets = [];
  let received = 0;
  let terminated = false;
  worker.on('message', (message) => {
    for (let i = 0; i < CLIENTS; i++) {
      sockets.push(talk(net, message.port, (length) => {
        counts.bytes += length;
        received += length;
        if (ending !== 'terminate' || received < after || terminated) return;
        terminated = true;
        worker.terminate();
      }));
    }
  });
  if (ending === 'start') {
    await pass(next(400));
    worker.terminate();
  }
  await exit;
  const before = Atomics.load(calls, 0);
  await Promise.all(sockets.map((socket) => socket.closed || new Promise((resolve) => socket.once('close', resolve))));
  await pass(20);
  counts.late += Atomics.load(calls, 0) - before;
  counts[ending]++;
  counts.threads++;
}

(async () => {
  await warmUp(net);
  const accepted = new Set();
  const server = net.createServer((socket) => {
    accepted.add(socket);
    socket.once('close', () => accepted.delete(socket));
    echo(socket, (length) => { counts.bytes += length; });
  });
  // One thread before the first count: what Node opens for its first one stays open.
  await new Promise((resolve) => new Worker('', { eval: true }).once('exit', resolve));
  await collect();
  const before = sample(0);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  let started = 0;
  const tell = () => process.send({ sample: { ...sample(accepted.size), done: counts.threads }, counts });
  const timer = setInterval(tell, interval);
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    while (started < threads) await live(started++, port);
  }));
  await new Promise((resolve) => server.close(resolve));
  clearInterval(timer);
  tell();
  await collect();
  process.send({ done: { before, after: sample(accepted.size), handles: process.getActiveResourcesInfo(), problems } });
  process.disconnect();
})();
