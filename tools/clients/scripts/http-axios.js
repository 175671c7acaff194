'use strict';
// packages: axios
// servers: nginx

const http = require('node:http');
const https = require('node:https');
const { Readable } = require('node:stream');
const axios = require('axios');
const { bytes, digest, main, report, servers, startServer, stopServer, tls } = require('../kit');
const { startUpstream, stopUpstream } = require('../lib/upstream');
const { failure, hash, intact, parallel, tally, until } = require('../lib/work');

const at = servers.nginx;

/**
 * Gets files, many at once.
 * @param {import('axios').AxiosInstance} client
 * @param {number} count
 * @returns {Promise<Record<string, number>>} how many were intact
 */
async function files(client, count) {
  return tally(await parallel(count, count, async (n) => {
    const { status, data } = await client.get(`/files/${n % 64}.bin`, { responseType: 'arraybuffer' });
    return `${status} ${intact(digest(data), at.files[n % 64])}`;
  }));
}

/**
 * What is alike over each transport.
 * @param {string} name of it
 * @param {import('axios').AxiosInstance} client
 */
async function transfers(name, client) {
  await report(`${name}: 200 requests`, files(client, 200));
  await report(`${name}: requests of each connection`, parallel(20, 1, async () => {
    const { request } = await client.get('/hello.txt');
    return request.reusedSocket ? 'reused' : 'new';
  }).then(tally));
  await report(`${name}: a big file as a stream`, client.get('/big.bin', { responseType: 'stream' })
    .then(async ({ data }) => intact(await hash(data), at.big)));
  await report(`${name}: a big file as a Buffer`, client.get('/big.bin', { responseType: 'arraybuffer' })
    .then(({ data }) => intact(digest(data), at.big)));
  const content = bytes(6 << 20);
  let uploaded = 0;
  await report(`${name}: a Buffer uploaded`, client.post('/up/echo', content, {
    onUploadProgress: ({ loaded }) => { uploaded = loaded; },
  }).then(({ data }) => [data, uploaded]));
  const pieces = Array.from({ length: 384 }, (_, n) => content.subarray(n << 14, (n + 1) << 14));
  await report(`${name}: a stream stored and read back`, (async () => {
    await client.put('/store/axios/stream', Readable.from(pieces));
    const { data } = await client.get('/store/axios/stream', { responseType: 'stream' });
    return intact(await hash(data), digest(content));
  })());
  await report(`${name}: deleted`, client.delete('/store/axios/stream').then(({ status }) => status));
  await report(`${name}: a form`, client.postForm('/up/echo', { name: 'value', file: content })
    .then(({ data }) => [data.method, data.length > content.length]));
}

/**
 * What goes wrong, and goes on after it.
 * @param {import('axios').AxiosInstance} client
 * @param {http.Agent} agent the client's
 */
async function faults(client, agent) {
  await report('a redirect', client.get('/moved/hello.txt').then(({ data }) => data));
  await report('a redirect too many', failure(client.get('/moved/hello.txt', { maxRedirects: 0 })));
  await report('an error status', failure(client.get('/up/status/503')));
  await report('cancelled in the middle, 10 times', parallel(10, 10, () => {
    const controller = new AbortController();
    return failure(client.get('/slow/big.bin', {
      signal: controller.signal, onDownloadProgress: () => controller.abort(),
    }));
  }).then(tally));
  await report('a stream aborted in the middle', (async () => {
    const controller = new AbortController();
    const { data } = await client.get('/slow/big.bin', { responseType: 'stream', signal: controller.signal });
    data.once('data', () => controller.abort());
    return failure(hash(data));
  })());
  await report('a response that stalls', failure(client.get('/up/stall', { timeout: 300 })));
  await report('a response that breaks off', failure(client.get('/up/broken')));
  await report('more than it may take', failure(client.get('/big.bin', { maxContentLength: 1000 })));
  await report('goes on after all that', files(client, 50));
  await stopServer('nginx');
  await until(() => Object.keys(agent.freeSockets).length === 0);
  await report('while the server is stopped', parallel(5, 5, () => failure(client.get('/hello.txt'))).then(tally));
  await startServer('nginx');
  await report('after it was started again', files(client, 50));
}

main(async () => {
  const upstream = await startUpstream();
  const httpAgent = new http.Agent({ keepAlive: true, maxSockets: 10 });
  const httpsAgent = new https.Agent({ keepAlive: true, maxSockets: 10, ca: tls().ca });
  const common = { httpAgent, httpsAgent, proxy: false };
  const client = axios.create({ baseURL: `http://${at.host}:${at.port}`, ...common });
  await transfers('http', client);
  await transfers('https', axios.create({ baseURL: `https://localhost:${at.tls}`, ...common }));
  await transfers('Unix path', axios.create({
    baseURL: 'http://localhost', socketPath: at.path, httpAgent: new http.Agent(), proxy: false,
  }));
  await faults(client, httpAgent);
  httpAgent.destroy();
  httpsAgent.destroy();
  await stopUpstream(upstream);
});
