'use strict';

// What the search for leaks runs: connections of every kind, in the main thread and in worker threads that end by
// themselves or are terminated, until nothing of it is left.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const net = require('../..');

/** Rounds of connections in each thread, and threads. */
const ROUNDS = 20;
const THREADS = 6;

/**
 * One server and clients that end, are destroyed, and are reset, with data both small and large.
 * @returns {Promise<void>} fulfils when all have closed
 */
async function traffic() {
  const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  for (let round = 0; round < ROUNDS; round++) {
    const clients = ['end', 'destroy', 'resetAndDestroy'].map((how) => new Promise((resolve) => {
      const client = net.connect(port, '127.0.0.1', () => {
        client.write('small');
        client.write(Buffer.alloc(300000, round));
      });
      let bytes = 0;
      client.on('data', (data) => {
        bytes += data.length;
        if (bytes >= 100000) client[how]();
      });
      client.on('error', () => {}).on('close', resolve);
    }));
    await Promise.all(clients);
  }
  await new Promise((resolve) => { server.close(resolve); });
}

/** @returns {Promise<void>} fulfils when the threads have ended */
async function threads() {
  for (let count = 0; count < THREADS; count++) {
    const stays = count % 2 === 1;
    const worker = new Worker(__filename, { workerData: { stays } });
    const exit = new Promise((resolve) => { worker.once('exit', resolve); });
    if (stays) {
      await new Promise((resolve) => { worker.once('message', resolve); });
      await worker.terminate();
    }
    await exit;
  }
}

traffic().then(() => {
  if (isMainThread) return threads();
  if (!workerData.stays) return undefined;
  // This one is terminated with a connection open.
  const server = net.createServer(() => parentPort.postMessage('connected'));
  server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').on('error', () => {}));
  return undefined;
});
