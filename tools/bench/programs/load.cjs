'use strict';

// What runs beside a program under test where no tool of the field is there for it. It runs on the built-in, on the
// Node that runs the bench.

const net = require('node:net');
const { HOST, packages, tell, main } = require('./packages.cjs');
const { measure } = require('./window.cjs');

/** The end of a request without a body. */
const END = Buffer.from('\r\n\r\n');

/** What is answered unless a request asks for more. */
const SHORT = 'hello world';

/**
 * @param {Buffer} data the first request of a connection, `GET /` or `GET /BYTES`
 * @returns {string} the answer to each request on it
 */
function answerFor(data) {
  const [, bytes] = /^GET \/(\d+) /.exec(data.latin1Slice(0, 20)) ?? [];
  const body = bytes === undefined ? SHORT : 'x'.repeat(Number(bytes));
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

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
      let answer;
      socket.on('error', () => {});
      socket.on('data', (data) => {
        answer ??= answerFor(data);
        const count = countRequests(data);
        if (count > 0) socket.write(answer.repeat(count), 'latin1');
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
