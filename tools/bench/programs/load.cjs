'use strict';

// What runs beside a program under test where no tool of the field is there for it. It runs on the built-in, on the
// Node that runs the bench.

const net = require('node:net');
const { HOST, packages, tell, main } = require('./packages.cjs');
const { measure } = require('./window.cjs');

/** The end of a request without a body. */
const END = Buffer.from('\r\n\r\n');

/** The answer to each request. */
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world';

/**
 * How many requests end in some bytes; a request that is cut inside its last four bytes is not met by clients that
 * write each one at once.
 * @param {Buffer} data
 * @returns {number}
 */
function countRequests(data) {
  let count = 0;
  for (let at = data.indexOf(END); at >= 0; at = data.indexOf(END, at + END.length)) count++;
  return count;
}

main({
  /** An HTTP server that costs next to nothing. */
  answers() {
    const server = net.createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        const count = countRequests(data);
        if (count > 0) socket.write(ANSWER.repeat(count), 'latin1');
      });
    });
    server.listen({ port: 0, host: HOST, backlog: 4096 }, () => tell({ port: server.address().port }));
  },

  /** WebSocket clients: each sends a message and waits for it to come back. */
  async ws({ port, connections, size, warm, time }) {
    const { WebSocket } = packages('ws');
    const message = Buffer.alloc(size, 'x');
    const sockets = await Promise.all(Array.from({ length: connections }, () => new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${HOST}:${port}`, { perMessageDeflate: false });
      socket.on('error', reject);
      socket.on('open', () => resolve(socket));
    })));
    const echo = (index) => new Promise((resolve) => {
      sockets[index].once('message', resolve);
      sockets[index].send(message);
    });
    tell(await measure(echo, { concurrency: connections, warm, time }));
    process.exit(0);
  },
});
