'use strict';
// packages: @opentelemetry/instrumentation-net @opentelemetry/sdk-trace-base @opentelemetry/instrumentation

const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { NetInstrumentation } = require('@opentelemetry/instrumentation-net');
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
registerInstrumentations({ tracerProvider, instrumentations: [new NetInstrumentation()] });

const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const secure = require('node:tls');
const { main, report, tls } = require('../kit');

/**
 * The spans since the last call.
 * @returns {object[]} without what is another on each run
 */
function spans() {
  const found = exporter.getFinishedSpans().map(({ name, kind, status, attributes, events }) => ({
    name,
    kind,
    failed: status.code === 2,
    attributes: Object.keys(attributes).sort(),
    events: events.map((event) => event.name),
  }));
  exporter.reset();
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Connects, and waits for the end.
 * @param {net.Socket} socket
 * @returns {Promise<string>} what has come
 */
async function talk(socket) {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  socket.end('hello');
  await once(socket, 'close');
  return text;
}

main(async () => {
  const { ca, cert, key } = tls();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'otel-'));
  const onConnection = (socket) => socket.resume().end('answer');
  const tcp = net.createServer(onConnection).listen(0, '127.0.0.1');
  const unix = net.createServer(onConnection).listen(path.join(folder, 's'));
  const encrypted = secure.createServer({ cert, key }, onConnection).listen(0, '127.0.0.1');
  await Promise.all([tcp, unix, encrypted].map((server) => once(server, 'listening')));
  await report('tcp', talk(net.connect(tcp.address().port, '127.0.0.1')));
  await report('tcp spans', spans());
  await report('unix', talk(net.connect(unix.address())));
  await report('unix spans', spans());
  await report('tls', talk(secure.connect({ port: encrypted.address().port, host: 'localhost', ca })));
  await report('tls spans', spans());
  const refused = net.connect(path.join(folder, 'none'));
  await report('refused', once(refused, 'error').then(([error]) => error.code));
  await report('refused spans', spans());
  for (const server of [tcp, unix, encrypted]) server.close();
  fs.rmSync(folder, { recursive: true });
});
