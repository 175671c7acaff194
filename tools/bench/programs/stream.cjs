'use strict';

// Servers under test that carry messages. Each prints its port as a line of JSON.

const net = require('node:net');
const { HOST, packages, tell, main } = require('./packages.cjs');

/**
 * Serves as a proxy to the first of the ports.
 * @param {number[]} ports
 * @param {function(net.Socket, net.Socket): void} join moves the bytes of both connections
 */
function serveProxy([port], join) {
  const server = net.createServer((near) => join(near, net.connect({ port, host: HOST })));
  server.listen({ port: 0, host: HOST, backlog: 4096 }, () => tell({ port: server.address().port }));
}

/**
 * @param {net.Socket} near
 * @param {net.Socket} far
 */
function pipeBoth(near, far) {
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
  near.pipe(far);
  far.pipe(near);
}

main({
  /** Sends each WebSocket message back. */
  ws() {
    const { WebSocketServer } = packages('ws');
    const server = new WebSocketServer({ port: 0, host: HOST, perMessageDeflate: false });
    server.on('listening', () => tell({ port: server.address().port }));
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
  },

  /** A TCP proxy of two pipes for each connection. */
  proxy({ ports }) { serveProxy(ports, pipeBoth); },

  /** The same by `net.relay`. The built-in has only the pipes. */
  relay({ ports }) {
    serveProxy(ports, net.relay ? (near, far) => net.relay(near, far).catch(() => {}) : pipeBoth);
  },
});
