'use strict';
// packages: msw
// node: 22

const { once } = require('node:events');
const http = require('node:http');
const { httpRequest: ask, main, report } = require('../kit');

main(async () => {
  const { HttpResponse, bypass, http: on, passthrough } = await import('msw');
  const { setupServer } = await import('msw/node');
  const server = http.createServer((request, response) => response.end(`real ${request.url}`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const real = `http://127.0.0.1:${server.address().port}`;
  const simulated = setupServer(
    on.get('http://simulated.invalid/user', () => HttpResponse.json({ name: 'John' })),
    on.post('http://simulated.invalid/echo', async ({ request }) => HttpResponse.text(await request.text())),
    on.get('http://simulated.invalid/error', () => HttpResponse.error()),
    on.get(`${real}/through`, () => passthrough()),
    on.get(`${real}/changed`, async ({ request }) => {
      const response = await fetch(bypass(request));
      return HttpResponse.text(`changed: ${await response.text()}`);
    }),
  );
  simulated.listen({ onUnhandledFrame: 'bypass' });
  await report('http', ask('http://simulated.invalid/user'));
  await report('post', ask('http://simulated.invalid/echo', { method: 'POST' }, 'said'));
  await report('fetch', fetch('http://simulated.invalid/user').then((response) => response.json()));
  await report('fetch error', fetch('http://simulated.invalid/error').catch(({ name, message }) => `${name}: ${message}`));
  await report('passthrough', ask(`${real}/through`));
  await report('response changed', ask(`${real}/changed`));
  await report('not simulated', ask(`${real}/other`));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of ['/1', '/2', '/3']) await report('keep-alive', ask(`${real}${path}`, { agent }));
  agent.destroy();
  simulated.close();
  await report('closed', ask(`${real}/closed`));
  server.close();
  server.closeAllConnections();
});
