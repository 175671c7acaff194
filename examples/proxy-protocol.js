'use strict';

// Behind a load balancer: a proxy says by the PROXY protocol who its client is, and an HTTP server sees that address.
// Run it with `node examples/proxy-protocol.js`. All is on this machine, and it ends by itself.

const http = require('node:http');
const net = require('rsnet');

/** The HTTP server. It does not know of the proxy. */
const web = http.createServer(({ socket }, response) => {
  response.end(`You are ${socket.remoteAddress}:${socket.remotePort}, by way of port ${socket.proxy.peer.port}.\n`);
});

/** What the proxy connects to. */
const backend = net.createServer({ proxyProtocol: { timeout: 1000 }, noDelay: true }, (socket) => {
  web.emit('connection', socket);
});
backend.on('proxyError', ({ message }, { remotePort }) => console.log(`Refused, from port ${remotePort}: ${message}.`));

/** The proxy. It names the ends of the connection that it has got. */
const proxy = net.createServer((client) => {
  const upstream = net.connect({
    ...backend.address(),
    host: '127.0.0.1',
    proxyProtocol: {
      source: { address: client.remoteAddress, port: client.remotePort },
      destination: { address: client.localAddress, port: client.localPort },
    },
  });
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  client.pipe(upstream).pipe(client);
});

/** Ends the program. */
function close() {
  proxy.close();
  backend.close();
}

/** Asks the backend without a header, which it refuses. */
function askDirectly() {
  const { port } = backend.address();
  net.connect(port, '127.0.0.1', function ask() { this.write('GET / HTTP/1.1\r\n\r\n'); })
    .on('error', () => {})
    .on('close', close)
    .resume();
}

/** Asks through the proxy. */
function askProxy() {
  const { port } = proxy.address();
  const request = http.get({ port, host: '127.0.0.1', agent: false }, (response) => {
    console.log(`The client has port ${request.socket.localPort}.`);
    response.setEncoding('utf8').on('data', (text) => process.stdout.write(text)).on('end', askDirectly);
  });
}

backend.listen(0, '127.0.0.1', () => proxy.listen(0, '127.0.0.1', askProxy));
