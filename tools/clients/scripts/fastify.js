'use strict';
// packages: fastify autocannon

const http = require('node:http');
const http2 = require('node:http2');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const fastify = require('fastify');
const { bytes, digest, main, report, tls } = require('../kit');
const { load, loadJson } = require('../lib/load');
const { failure, hash, intact, parallel, tally } = require('../lib/work');

const large = bytes(8 << 20);

/**
 * An application with a schema, hooks, streams and errors.
 * @param {object} [options] of fastify
 * @returns {import('fastify').FastifyInstance}
 */
function application(options) {
  const app = fastify({ bodyLimit: 32 << 20, forceCloseConnections: true, ...options });
  const response = { 200: { type: 'object', properties: { hello: { type: 'string' } } } };
  app.addContentTypeParser('application/octet-stream', (request, payload, done) => done(null, payload));
  app.get('/', { schema: { response } }, async () => ({ hello: 'world' }));
  app.post('/json', {
    schema: { body: { type: 'object', required: ['list'], properties: { list: { type: 'array' } } } },
  }, async (request) => ({ sum: request.body.list.reduce((a, b) => a + b, 0) }));
  app.put('/raw', async (request) => hash(request.body));
  app.get('/big', async (request, reply) => reply.send(large));
  app.get('/stream', async (request, reply) => {
    reply.type('application/octet-stream');
    return reply.send(Readable.from(Array.from({ length: 200 }, (_, n) => bytes(20_000, n))));
  });
  app.get('/fail', async () => { throw new Error('failed'); });
  return app;
}

/**
 * Puts an application under load.
 * @param {string} name of the scheme
 * @param {string} url
 * @param {object} [options] of autocannon
 */
async function underLoad(name, url, options) {
  await report(`${name}: 1,000 requests`, load({ url, amount: 1000, expectBody: '{"hello":"world"}', ...options }));
  await report(`${name}: 1,000 requests, 10 pipelined`, load({
    url, amount: 1000, connections: 20, pipelining: 10, ...options,
  }));
  await report(`${name}: 100 connections`, load({ url, amount: 500, connections: 100, ...options }));
  await report(`${name}: 300 posts of JSON`, loadJson(url, 300, options));
  await report(`${name}: statuses`, load({
    url, amount: 400, connections: 4, ...options, requests: [
      { path: '/' }, { path: '/nowhere' }, { path: '/fail' },
      { path: '/json', method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    ],
  }));
}

/**
 * Answers by fetch: large ones, streams, uploads.
 * @param {string} url
 */
async function transfers(url) {
  await report('a large answer, 5 at once', parallel(5, 5, async () => {
    const response = await fetch(`${url}/big`);
    return intact(digest(Buffer.from(await response.arrayBuffer())), digest(large));
  }).then(tally));
  await report('a stream', fetch(`${url}/stream`).then((response) => hash(response.body)));
  await report('uploads', parallel(5, 5, async (n) => {
    const body = bytes(2_000_000 * n + 1, n);
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await fetch(`${url}/raw`, { method: 'PUT', body, headers });
    return intact(await response.json(), digest(body));
  }).then(tally));
  await report('uploads that are given up', parallel(10, 10, async () => {
    const controller = new AbortController();
    const body = Readable.from((function* () {
      yield bytes(100_000);
      controller.abort();
      yield bytes(100_000);
    })());
    return failure(fetch(`${url}/raw`, {
      method: 'PUT', body, duplex: 'half', signal: controller.signal,
      headers: { 'content-type': 'application/octet-stream' },
    }));
  }).then(tally));
  await report('goes on after that', fetch(url).then((response) => response.json()));
}

/** A server over HTTP/2. */
async function overHttp2() {
  const { ca, cert, key } = tls();
  const app = application({ http2: true, https: { cert, key, allowHTTP1: true } });
  await app.listen({ port: 0, host: 'localhost' });
  const { port } = app.server.address();
  const session = http2.connect(`https://localhost:${port}`, { ca });
  await report('HTTP/2: 500 streams', parallel(500, 50, async (n) => {
    const stream = session.request({ ':path': n % 50 === 0 ? '/stream' : '/' });
    const [headers] = await once(stream, 'response');
    return `${headers[':status']} ${(await hash(stream)).length}`;
  }).then(tally));
  await report('HTTP/2: an upload', (async () => {
    const content = bytes(4 << 20);
    const headers = { ':path': '/raw', ':method': 'PUT', 'content-type': 'application/octet-stream' };
    const stream = session.request(headers).end(content);
    return intact(JSON.parse((await stream.toArray()).join('')), digest(content));
  })());
  session.close();
  await once(session, 'close');
  await underLoad('https', `https://localhost:${port}`, { tlsOptions: { ca } });
  await app.close();
}

/** Requests that stand in the queue of a connection when the server closes. */
async function closing() {
  const app = fastify();
  let begun;
  const first = new Promise((resolve) => { begun = resolve; });
  let go;
  const gate = new Promise((resolve) => { go = resolve; });
  app.get('/', async () => { begun(); await gate; return 'late'; });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const agent = new http.Agent({ keepAlive: true });
  const request = http.get({ port: app.server.address().port, host: '127.0.0.1', agent });
  await first;
  const closed = app.close();
  go();
  const [response] = await once(request, 'response');
  await report('closed while it answers', hash(response).then(({ length }) => [
    response.statusCode, response.headers.connection, length,
  ]));
  await closed;
  await report('closed', failure(fetch(address)));
  agent.destroy();
}

main(async () => {
  const app = application();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  await underLoad('http', url);
  await transfers(url);
  await app.close();
  await overHttp2();
  await closing();
});
