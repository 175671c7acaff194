'use strict';

// What the sockets of a program do, for Prometheus:
//
//   node examples/metrics.js
//
// An echo server does some work, the metrics are scraped over HTTP, as Prometheus does, and printed. To go on serving
// them, leave out what is below "Some work".

const { once } = require('node:events');
const http = require('node:http');
const net = require('rsnet');

/** Help and type of each field of `net.stats()`. */
const METRICS = {
  servers: ['gauge', 'Servers that listen.'],
  open: ['gauge', 'Connections that are open.'],
  connecting: ['gauge', 'Sockets that connect.'],
  accepted: ['counter', 'Connections that servers have accepted.'],
  dropped: ['counter', 'Connections that servers have closed at once.'],
  connected: ['counter', 'Connections that were made by connecting.'],
  failed: ['counter', 'Sockets that could not connect.'],
  bytesRead: ['counter', 'Bytes received.'],
  bytesWritten: ['counter', 'Bytes sent.'],
  queuedBytes: ['gauge', 'Bytes that sockets hold for sending.'],
  readCalls: ['counter', 'System calls that read from sockets.'],
  writeCalls: ['counter', 'System calls that write to sockets.'],
  acceptCalls: ['counter', 'System calls that accept connections.'],
  connectCalls: ['counter', 'System calls that begin to connect.'],
};

/**
 * @returns {string} the text format of Prometheus
 */
function exposition() {
  const lines = Object.entries(net.stats()).flatMap(([field, value]) => {
    const [type, help] = METRICS[field];
    const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const name = `rsnet_${snake}${type === 'counter' ? '_total' : ''}`;
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
  });
  return `${lines.join('\n')}\n`;
}

/** Serves the metrics, and shows them once. */
async function main() {
  const metrics = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4');
    response.end(exposition());
  });
  await once(metrics.listen(0, '127.0.0.1'), 'listening');

  // Some work.
  const echo = net.createServer((socket) => socket.pipe(socket));
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  const client = net.connect(echo.address().port, '127.0.0.1');
  client.write('hello');
  await once(client, 'data');
  const answer = await fetch(`http://127.0.0.1:${metrics.address().port}/metrics`);
  process.stdout.write(await answer.text());
  client.destroy();
  echo.close();
  metrics.close();
  metrics.closeAllConnections();
}

main();
