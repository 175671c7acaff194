'use strict';
// packages: mitm

const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { buffer: all } = require('node:stream/consumers');
const { bytes, main, report } = require('../kit');
const Mitm = require('mitm');

main(async () => {
  const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const mitm = Mitm();
  const events = [];
  mitm.on('connect', (socket, options) => {
    events.push(`connect ${options.host}`);
    if (options.host === '127.0.0.1') socket.bypass();
  });
  mitm.on('connection', (socket, options) => {
    events.push(`connection ${options.host}`);
    if (options.host === 'raw.invalid') socket.end('raw answer');
  });
  mitm.on('request', async (request, response) => {
    response.statusCode = 402;
    response.end(`${request.method} ${request.url} ${await all(request)}`);
  });

  const request = http.request('http://web.invalid/path', { method: 'POST' }).end('question');
  const [response] = await once(request, 'response');
  await report('http', { status: response.statusCode, text: String(await all(response)) });
  const raw = net.connect({ host: 'raw.invalid', port: 1 });
  await report('socket', { isSocket: raw instanceof net.Socket, text: String(await all(raw)) });
  const real = net.connect({ host: '127.0.0.1', port: server.address().port });
  const content = bytes(1 << 20);
  real.end(content);
  await report('real', await all(real));
  await report('events', events);
  mitm.disable();
  const after = net.connect({ host: '127.0.0.1', port: server.address().port });
  after.end('again');
  await report('disabled', String(await all(after)));
  server.close();
});
