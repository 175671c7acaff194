'use strict';
// packages: nock
// node: 22

const { once } = require('node:events');
const http = require('node:http');
const { default: nock } = require('nock');
const { bytes, httpRequest: ask, main, report } = require('../kit');

main(async () => {
  const server = http.createServer((request, response) => response.end(`real ${request.url}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const real = `http://127.0.0.1:${server.address().port}`;

  nock('http://simulated.invalid').get('/plain').reply(200, 'simulated', { 'content-type': 'text/plain' });
  await report('http', ask('http://simulated.invalid/plain'));
  nock('https://simulated.invalid').post('/json', { a: 1 }).reply(201, { b: 2 });
  await report('https', ask('https://simulated.invalid/json', { method: 'POST' }, JSON.stringify({ a: 1 })));
  nock('http://simulated.invalid').get('/large').reply(200, bytes(1 << 20).toString('base64'));
  await report('large', ask('http://simulated.invalid/large').then(({ text }) => Buffer.from(text, 'base64')));
  nock('http://simulated.invalid').get('/fetch').reply(200, { fetched: true });
  await report('fetch', fetch('http://simulated.invalid/fetch').then((response) => response.json()));
  const reset = Object.assign(new Error('no'), { code: 'ECONNRESET' });
  nock('http://simulated.invalid').get('/error').replyWithError(reset);
  await report('error', ask('http://simulated.invalid/error'));
  await report('nothing is pending', nock.pendingMocks());
  await report('what is not simulated is real', ask(`${real}/path`));
  nock.disableNetConnect();
  await report('refused', ask('http://elsewhere.invalid/').catch((error) => error.code ?? error.name));
  nock.enableNetConnect('127.0.0.1');
  await report('allowed', ask(`${real}/allowed`));
  nock.restore();
  await report('restored', ask(`${real}/restored`));
  server.close();
  server.closeAllConnections();
});
