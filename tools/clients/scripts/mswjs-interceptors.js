'use strict';
// packages: @mswjs/interceptors
// node: 22

const { once } = require('node:events');
const http = require('node:http');
const { httpRequest: ask, main, report } = require('../kit');

main(async () => {
  const { BatchInterceptor } = await import('@mswjs/interceptors');
  const { default: interceptors } = await import('@mswjs/interceptors/presets/node');
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end(`real ${request.method} ${request.url} ${Buffer.concat(chunks)}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const real = `http://127.0.0.1:${server.address().port}`;
  const interceptor = new BatchInterceptor({ name: 'client', interceptors });
  interceptor.apply();
  const seen = [];
  interceptor.on('request', ({ request, controller }) => {
    const { host, pathname } = new URL(request.url);
    seen.push(`${request.method} ${pathname}`);
    if (host === 'simulated.invalid') controller.respondWith(new Response(`simulated ${pathname}`, { status: 203 }));
    if (host === 'broken.invalid') controller.errorWith(new Error('broken'));
  });
  interceptor.on('response', ({ response, responseType }) => seen.push(`${response.status} ${responseType}`));
  await report('http', ask('http://simulated.invalid/one'));
  await report('post', ask('http://simulated.invalid/two', { method: 'POST' }, 'body'));
  await report('fetch', fetch('http://simulated.invalid/three').then((response) => response.text()));
  await report('error', ask('http://broken.invalid/').catch(({ message }) => message));
  await report('real', ask(`${real}/four`, { method: 'PUT' }, 'to the server'));
  await Promise.all(['/a', '/b', '/c'].map((path) => ask(`${real}${path}`).then(({ text }) => text)))
    .then((texts) => report('real, at once', texts));
  await report('seen', seen.sort());
  interceptor.dispose();
  await report('disposed', ask(`${real}/five`));
  server.close();
  server.closeAllConnections();
});
