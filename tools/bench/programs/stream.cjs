'use strict';

// Servers under test that carry messages. Each prints its port as a line of JSON.

const net = require('node:net');
const { HOST, packages, tell, main } = require('./packages.cjs');

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

  /** A TCP proxy of two pipes for each connection, to the first of `ports`. */
  proxy({ ports }) {
    const server = net.createServer((near) => {
      const far = net.connect({ port: ports[0], host: HOST });
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
      near.pipe(far);
      far.pipe(near);
    });
    server.listen({ port: 0, host: HOST, backlog: 4096 }, () => tell({ port: server.address().port }));
  },
});
