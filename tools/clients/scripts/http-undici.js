'use strict';
// packages: undici
// servers: nginx

const { once } = require('node:events');
const { PassThrough, Readable } = require('node:stream');
const { setTimeout: delay } = require('node:timers/promises');
const { Agent, Client, FormData, Pool, fetch, request, stream, upgrade } = require('undici');
const { bytes, digest, main, report, servers, startServer, stopServer, tls } = require('../kit');
const { startUpstream, stopUpstream } = require('../lib/upstream');
const { emitted, failure, hash, intact, parallel, tally, until } = require('../lib/work');

const at = servers.nginx;
const origin = `http://${at.host}:${at.port}`;
const secure = `https://localhost:${at.tls}`;

/**
 * Gets files by one dispatcher, many at once.
 * @param {import('undici').Dispatcher} dispatcher of one origin
 * @param {number} count
 * @returns {Promise<Record<string, number>>} how many were intact
 */
async function files(dispatcher, count) {
  return tally(await parallel(count, count, async (n) => {
    const { statusCode, body } = await dispatcher.request({ path: `/files/${n % 64}.bin`, method: 'GET' });
    return `${statusCode} ${intact(await hash(body), at.files[n % 64])}`;
  }));
}

/** Pools and pipelines. */
async function connections() {
  const pool = new Pool(origin, { connections: 10 });
  let opened = 0;
  pool.on('connect', () => { opened += 1; });
  await report('pool of 10, 300 requests', files(pool, 300));
  await report('pool of 10, connections opened', opened);
  await pool.close();

  const client = new Client(origin, { pipelining: 8 });
  opened = 0;
  client.on('connect', () => { opened += 1; });
  await report('pipelining 8, 200 requests', files(client, 200));
  await report('pipelining 8, connections opened', opened);
  await report('a big file', client.request({ path: '/big.bin', method: 'GET' })
    .then(async ({ body }) => intact(await hash(body), at.big)));
  await client.close();

  const unix = new Client('http://localhost', { socketPath: at.path });
  await report('over a Unix path, 64 requests', files(unix, 64));
  await unix.close();
}

/** Streams of each kind, to and fro. */
async function streams() {
  const sink = new PassThrough({ highWaterMark: 4096 });
  const [got] = await Promise.all([
    hash(sink),
    stream(`${origin}/big.bin`, { method: 'GET' }, () => sink),
  ]);
  await report('stream() of a big file into a slow sink', intact(got, at.big));

  const pieces = Array.from({ length: 128 }, (_, n) => bytes(65_536, n));
  // Not through nginx, which stops reading the request once the response has begun.
  const direct = new Client('http://localhost', { socketPath: at.upstream });
  const mirrored = direct.pipeline({ path: '/mirror', method: 'POST' }, ({ body }) => body);
  Readable.from(pieces).pipe(mirrored);
  await report('pipeline() through a mirror, 8 MiB', intact(await hash(mirrored), digest(Buffer.concat(pieces))));
  await direct.close();

  await report('upload of a Buffer of 12 MiB', request(`${origin}/up/echo`, { method: 'POST', body: bytes(12 << 20) })
    .then(({ body }) => body.json()));
  await report('upload of a stream', request(`${origin}/up/echo`, { method: 'PUT', body: Readable.from(pieces) })
    .then(({ body }) => body.json()));
  await report('20 files stored and read back', parallel(20, 20, async (n) => {
    const content = bytes(100_003 * n, n);
    const put = await request(`${origin}/store/undici/${n}`, { method: 'PUT', body: content });
    await put.body.dump();
    const back = await request(`${origin}/store/undici/${n}`);
    const found = intact(await hash(back.body), digest(content));
    const gone = await request(`${origin}/store/undici/${n}`, { method: 'DELETE' });
    return `${put.statusCode} ${found} ${gone.statusCode}`;
  }).then(tally));
}

/** fetch. */
async function fetches() {
  await report('fetch, 100 at once', parallel(100, 100, async (n) => {
    const response = await fetch(`${origin}/files/${n % 64}.bin`);
    return `${response.status} ${intact(digest(Buffer.from(await response.arrayBuffer())), at.files[n % 64])}`;
  }).then(tally));
  await report('fetch, redirected', fetch(`${origin}/moved/hello.txt`)
    .then(async (response) => [response.status, response.redirected, await response.text()]));
  const form = new FormData();
  form.set('name', 'value');
  form.set('file', new Blob([bytes(1 << 20)]), 'form.bin');
  await report('fetch, a form', fetch(`${origin}/up/echo`, { method: 'POST', body: form })
    .then(async (response) => {
      const { method, length } = await response.json();
      return { method, length: length > (1 << 20) };
    }));
  await report('the global fetch', globalThis.fetch(`${origin}/big.bin`)
    .then(async (response) => intact(await hash(response.body), at.big)));
}

/** TLS, by HTTP/1.1 and by HTTP/2. */
async function encrypted() {
  for (const allowH2 of [false, true]) {
    const pool = new Pool(secure, { connect: { ca: tls().ca }, allowH2, connections: allowH2 ? 1 : 5 });
    const name = allowH2 ? 'HTTP/2' : 'HTTP/1.1 over TLS';
    await report(`${name}, 100 requests`, files(pool, 100));
    await report(`${name}, a big file`, pool.request({ path: '/big.bin', method: 'GET' })
      .then(async ({ body }) => intact(await hash(body), at.big)));
    await report(`${name}, an upload`, pool.request({ path: '/up/echo', method: 'POST', body: bytes(3 << 20) })
      .then(({ body }) => body.json()));
    await pool.close();
  }
  const agent = new Agent();
  await report('a certificate of nobody known', failure(request(`${secure}/hello.txt`, { dispatcher: agent })));
  await agent.close();
}

/** What goes wrong, and goes on after it. */
async function faults() {
  const pool = new Pool(origin, { connections: 2, bodyTimeout: 500 });
  await report('aborted in the middle, 10 times', parallel(10, 10, async () => {
    const controller = new AbortController();
    const { body } = await pool.request({ path: '/slow/big.bin', method: 'GET', signal: controller.signal });
    await once(body, 'readable');
    controller.abort();
    return failure(hash(body));
  }).then(tally));
  await report('destroyed in the middle', pool.request({ path: '/slow/big.bin', method: 'GET' })
    .then(({ body }) => failure(hash(body.on('data', () => body.destroy())))));
  await report('a body that stalls', pool.request({ path: '/up/stall', method: 'GET' })
    .then(({ body }) => failure(hash(body))));
  await report('a body that breaks off', pool.request({ path: '/up/broken', method: 'GET' })
    .then(({ body }) => failure(hash(body))));
  await report('goes on after all that', files(pool, 50));

  await stopServer('nginx');
  await until(() => pool.stats.connected === 0);
  await report('while the server is stopped', parallel(5, 5, () => failure(pool.request({ path: '/', method: 'GET' })))
    .then(tally));
  await startServer('nginx');
  await report('after it was started again', files(pool, 50));
  await stopServer('nginx');
  await until(() => pool.stats.connected === 0);
  await startServer('nginx');
  await report('after its restart between two requests', files(pool, 50));
  await pool.destroy();
}

main(async () => {
  const upstream = await startUpstream();
  await connections();
  await streams();
  await fetches();
  await encrypted();
  await faults();
  const accepted = emitted(upstream, 'upgrade');
  const upgraded = upgrade(`${origin}/socket/`, { protocol: 'mirror' });
  const [, peer] = await accepted;
  peer.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: mirror\r\n\r\nhello from above');
  await report('an upgraded connection', upgraded.then(({ socket }) => hash(socket)));
  await stopUpstream(upstream);
  await delay(0);
  await globalThis[Symbol.for('undici.globalDispatcher.1')].close();
});
