'use strict';

// A TCP proxy whose bytes do not pass JavaScript:
//
//   node examples/relay.js             shows it on loopback, and ends
//   node examples/relay.js 8080 HOST PORT   listens on port 8080, and connects to HOST:PORT

const net = require('rsnet');

/**
 * Make a proxy.
 * @param {object} target where it connects to, as for `net.connect`
 * @param {function(object): void} [onEnd] called with the counts of each connection that has ended
 * @returns {net.Server} that does not listen yet
 */
function proxy(target, onEnd = () => {}) {
  return net.createServer((client) => {
    net.relay(client, net.connect(target)).then(onEnd, (error) => console.error(error.message));
  });
}

/** Send a line through a proxy to a server that sends it back. */
function show() {
  const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  echo.listen(0, '127.0.0.1', () => {
    let tellCounts;
    const counts = new Promise((resolve) => { tellCounts = resolve; });
    const server = proxy(echo.address(), tellCounts);
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.setEncoding('utf8');
      client.on('data', (text) => console.log(text));
      // The relay may end before the client has its data, or behind it.
      client.on('end', async () => {
        server.close();
        echo.close();
        const { aToB, bToA } = await counts;
        console.log(`${aToB} bytes there, ${bToA} back`);
      });
      client.end('hello through a proxy');
    });
  });
}

const [port, host, targetPort] = process.argv.slice(2);
if (port === undefined) {
  show();
} else if (targetPort === undefined) {
  console.error('usage: node relay.js PORT HOST PORT');
  process.exitCode = 1;
} else {
  proxy({ host, port: Number(targetPort) }).listen(Number(port), '127.0.0.1');
}

module.exports = { proxy };
