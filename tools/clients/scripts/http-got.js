'use strict';
// packages: got
// servers: nginx

const http = require('node:http');
const https = require('node:https');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { bytes, digest, main, report, servers, startServer, stopServer, tls } = require('../kit');
const { startUpstream, stopUpstream } = require('../lib/upstream');
const { failure, hash, intact, parallel, tally } = require('../lib/work');

const at = servers.nginx;
const origin = `http://${at.host}:${at.port}`;
const secure = `https://localhost:${at.tls}`;

/**
 * Gets files, many at once.
 * @param {import('got').Got} client with a prefixUrl
 * @param {number} count
 * @returns {Promise<Record<string, number>>} how many were intact
 */
async function files(client, count) {
  return tally(await parallel(count, count, async (n) => {
    const { statusCode, rawBody } = await client(`files/${n % 64}.bin`, { responseType: 'buffer' });
    return `${statusCode} ${intact(digest(rawBody), at.files[n % 64])}`;
  }));
}

/**
 * What is alike over HTTP/1.1, TLS and HTTP/2.
 * @param {string} name of the protocol
 * @param {import('got').Got} client
 */
async function transfers(name, client) {
  await report(`${name}: 200 requests`, files(client, 200));
  await report(`${name}: a big file as a stream`, hash(client.stream('big.bin')).then((came) => intact(came, at.big)));
  const content = bytes(6 << 20);
  await report(`${name}: a Buffer uploaded`, client.post('up/echo', { body: content }).json());
  const pieces = Array.from({ length: 384 }, (_, n) => content.subarray(n << 14, (n + 1) << 14));
  await report(`${name}: a stream stored and read back`, (async () => {
    const put = client.stream.put('store/got/stream');
    await pipeline(Readable.from(pieces), put, (answer) => hash(answer));
    return intact(await hash(client.stream('store/got/stream')), digest(content));
  })());
  await report(`${name}: a redirect`, client('moved/hello.txt')
    .then(({ body, redirectUrls }) => [body, redirectUrls.length]));
  await report(`${name}: JSON to and fro`, client.post('up/echo', { json: { list: [1, 2, 3] } }).json());
}

/**
 * What goes wrong, and goes on after it.
 * @param {import('got').Got} client with an agent that keeps connections alive
 */
async function faults(client) {
  await report('retried until it works', client('up/flaky/got').then(({ body, retryCount }) => [body, retryCount]));
  await report('an error status', failure(client('up/status/418')));
  await report('cancelled in the middle, 10 times', parallel(10, 10, async () => {
    const promise = client('slow/big.bin');
    promise.on('downloadProgress', ({ transferred }) => { if (transferred > 0) promise.cancel(); });
    return failure(promise);
  }).then(tally));
  await report('aborted by a signal', (async () => {
    const controller = new AbortController();
    const stream = client.stream('slow/big.bin', { signal: controller.signal });
    stream.once('data', () => controller.abort());
    return failure(hash(stream));
  })());
  await report('a response that stalls', failure(client('up/stall', { timeout: { response: 10_000, socket: 300 } })));
  await report('a response that breaks off', failure(client('up/broken', { retry: { limit: 0 } })));
  await report('pages', client.paginate.all('up/page/1', { responseType: 'json' }));
  await report('goes on after all that', files(client, 50));

  await stopServer('nginx');
  const tries = [];
  const beforeRetry = async (error) => {
    tries.push(error.code);
    if (tries.length === 2) await startServer('nginx');
  };
  await report('retried until the server was started again', client('hello.txt', {
    agent: { http: new http.Agent() }, hooks: { beforeRetry: [beforeRetry] },
  }).then(({ body }) => [body, tries]));
}

main(async () => {
  const { got } = await import('got');
  const upstream = await startUpstream();
  const agent = {
    http: new http.Agent({ keepAlive: true, maxSockets: 10 }),
    https: new https.Agent({ keepAlive: true, maxSockets: 10 }),
  };
  const retry = { calculateDelay: ({ computedValue }) => Math.min(computedValue, 1) };
  const client = got.extend({ prefixUrl: origin, agent, retry });
  const certified = { prefixUrl: secure, https: { certificateAuthority: tls().ca }, retry };
  await transfers('HTTP/1.1', client);
  await transfers('TLS', client.extend(certified));
  await transfers('HTTP/2', got.extend({ ...certified, http2: true }));
  await report('a Unix path', files(client.extend({
    prefixUrl: `http://unix:${at.path}:`, enableUnixSockets: true,
  }), 64));
  await faults(client);
  agent.http.destroy();
  agent.https.destroy();
  await stopUpstream(upstream);
  const { default: { globalAgent } } = await import('http2-wrapper');
  globalAgent.destroy();
});
