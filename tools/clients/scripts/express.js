'use strict';
// packages: express autocannon

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const express = require('express');
const { bytes, digest, main, report, tls } = require('../kit');
const { load, loadJson } = require('../lib/load');
const { emitted, hash, intact, parallel, tally } = require('../lib/work');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-express-'));
const big = bytes(24 << 20);
fs.writeFileSync(path.join(folder, 'big.bin'), big);

/**
 * An application as many are.
 * @returns {import('express').Express}
 */
function application() {
  const app = express();
  app.use('/static', express.static(folder));
  app.use(express.json({ limit: '32mb' }));
  app.get('/', (request, response) => response.send('hello'));
  app.get('/user/:name', (request, response) => response.json({ name: request.params.name, query: request.query }));
  app.post('/json', (request, response) => response.json({ sum: request.body.list.reduce((a, b) => a + b, 0) }));
  app.put('/raw', async (request, response) => response.json(await hash(request)));
  app.get('/stream', (request, response) => {
    response.type('bin');
    Readable.from(Array.from({ length: 200 }, (_, n) => bytes(20_000, n))).pipe(response);
  });
  app.get('/fail', () => { throw Object.assign(new Error('failed'), { status: 500 }); });
  app.use((error, request, response, _next) => response.status(error.status ?? 500).send(error.message));
  return app;
}

/**
 * One request.
 * @param {object} options of http.request, and the `module` and the `body`
 * @returns {Promise<[number, string, Buffer]>} status, type and body of the answer
 */
async function ask({ module = http, body, ...options }) {
  const request = module.request(options);
  request.end(body);
  const [response] = await once(request, 'response');
  return [response.statusCode, response.headers['content-type'] ?? '', Buffer.concat(await response.toArray())];
}

/**
 * What is alike over http and https.
 * @param {string} name of the scheme
 * @param {object} target options of `ask`
 */
async function serve(name, target) {
  const url = `${name}://localhost:${target.port}`;
  const ca = target.ca && { tlsOptions: { ca: target.ca } };
  await report(`${name}: 1,000 requests`, load({ url, amount: 1000, ...ca }));
  await report(`${name}: 1,000 requests, 10 pipelined`, load({
    url, amount: 1000, connections: 20, pipelining: 10, ...ca,
  }));
  await report(`${name}: 300 posts of JSON`, loadJson(url, 300, ca));
  await report(`${name}: 200 requests, each on a new connection`, load({
    url, amount: 200, connections: 20, reconnectRate: 1, ...ca,
  }));
  await report(`${name}: statuses`, load({
    url, amount: 300, connections: 5, requests: [{ path: '/' }, { path: '/nowhere' }, { path: '/fail' }], ...ca,
  }));
  await report(`${name}: 100 parts of a file`, parallel(100, 20, async (n) => {
    const range = `bytes=${n * 1000}-${n * 1000 + 50_000}`;
    const [status, , body] = await ask({ ...target, path: '/static/big.bin', headers: { range } });
    return `${status} ${intact(digest(body), digest(big.subarray(n * 1000, n * 1000 + 50_001)))}`;
  }).then(tally));
  await report(`${name}: a big file`, ask({ ...target, path: '/static/big.bin' })
    .then(([status, , body]) => [status, intact(digest(body), digest(big))]));
  await report(`${name}: uploads`, parallel(5, 5, async (n) => {
    const content = bytes(2_000_000 * n, n);
    const [status, , body] = await ask({ ...target, path: '/raw', method: 'PUT', body: content });
    return `${status} ${intact(JSON.parse(body), digest(content))}`;
  }).then(tally));
  await report(`${name}: a stream`, ask({ ...target, path: '/stream' }));
  await report(`${name}: parameters`, ask({ ...target, path: '/user/a%20b?c=d' })
    .then(([status, type, body]) => [status, type, `${body}`]));
}

/**
 * Downloads that are given up leave no connection and no open file behind.
 * @param {object} target options of http.request
 */
async function abandon(target) {
  await report('abandoned in the middle, 20 times', parallel(20, 20, async () => {
    const request = http.request({ ...target, agent: false, path: '/static/big.bin' }).end();
    const [response] = await once(request, 'response');
    await once(response, 'readable');
    request.destroy();
    response.on('error', () => {});
    await emitted(response, 'close');
    return response.complete;
  }).then(tally));
  await report('goes on after that', ask({ ...target, path: '/' }).then(([status]) => status));
}

main(async () => {
  const { ca, cert, key } = tls();
  const plain = application().listen(0, 'localhost');
  await once(plain, 'listening');
  const secure = https.createServer({ cert, key }, application()).listen(0, 'localhost');
  await once(secure, 'listening');
  const target = { host: 'localhost', port: plain.address().port };
  await serve('http', target);
  await serve('https', { module: https, host: 'localhost', port: secure.address().port, ca });
  await abandon(target);
  for (const server of [plain, secure]) {
    const closed = once(server, 'close');
    server.close();
    await closed;
  }
  fs.rmSync(folder, { recursive: true });
});
