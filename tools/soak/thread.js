'use strict';

// A worker thread that lives for a moment: it serves the main thread and talks with the main thread's server, all at
// once, until it is terminated, or does what `ending` says after so many bytes.

const { parentPort, workerData } = require('node:worker_threads');
const { echo, talk } = require('./thread-traffic');

const { after, calls, clients, ending, module: moduleName, port } = workerData;
const net = require(moduleName);

let bytes = 0;
let left = false;

/**
 * Count a callback, so that the main thread sees any that comes after the end; end when it is time.
 *
 * @param {number} length bytes received
 * @returns {void}
 */
function onBytes(length) {
  Atomics.add(calls, 0, 1);
  bytes += length;
  if (bytes < after || left || ending === 'terminate') return;
  left = true;
  if (ending === 'exit') process.exit(7);
  if (ending === 'throw') throw new Error('planned');
  for (const socket of sockets) socket.destroy();
  server.close();
}

const sockets = new Set();
const server = net.createServer((socket) => {
  sockets.add(socket);
  echo(socket, onBytes);
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage({ port: server.address().port }));
for (let i = 0; i < clients; i++) sockets.add(talk(net, port, onBytes));
