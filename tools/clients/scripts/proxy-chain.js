'use strict';
// packages: proxy-chain

const { once } = require('node:events');
const http = require('node:http');
const { buffer: all } = require('node:stream/consumers');
const secure = require('node:tls');
const { bytes, main, report, tls } = require('../kit');

/**
 * Gets a page through a proxy, by its absolute address.
 * @param {number} proxyPort
 * @param {string} url
 * @param {object} [headers]
 * @returns {Promise<{status: number, body: Buffer}>}
 */
async function through(proxyPort, url, headers = {}) {
  const request = http.get({ host: '127.0.0.1', port: proxyPort, path: url, headers, agent: false });
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await all(response) };
}

/**
 * Has a proxy make a tunnel.
 * @param {number} proxyPort
 * @param {string} target
 * @param {object} [headers]
 * @returns {Promise<{status: number, socket: import('node:net').Socket}>}
 */
async function tunnel(proxyPort, target, headers = {}) {
  const request = http.request({ host: '127.0.0.1', port: proxyPort, method: 'CONNECT', path: target, headers }).end();
  const [response, socket] = await once(request, 'connect');
  return { status: response.statusCode, socket };
}

main(async () => {
  const { Server, anonymizeProxy, closeAnonymizedProxy } = await import('proxy-chain');
  const content = bytes(3 << 20);
  const web = http.createServer((request, response) => {
    if (request.url === '/large') response.end(content);
    else response.end(`page ${request.url}`);
  }).listen(0, '127.0.0.1');
  const { ca, cert, key } = tls();
  const encrypted = secure.createServer({ cert, key }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await Promise.all([once(web, 'listening'), once(encrypted, 'listening')]);
  const origin = `http://127.0.0.1:${web.address().port}`;

  const upstream = new Server({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction({ username, password }) {
      return { requestAuthentication: username !== 'me' || password !== 'pw' };
    },
  });
  await upstream.listen();
  const proxy = new Server({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: () => ({ upstreamProxyUrl: `http://me:pw@127.0.0.1:${upstream.port}` }),
  });
  await proxy.listen();

  await report('refused without a password', through(upstream.port, `${origin}/a`).then(({ status }) => status));
  await report('page', through(proxy.port, `${origin}/b`).then(({ status, body }) => [status, String(body)]));
  await report('large page', through(proxy.port, `${origin}/large`).then(({ body }) => body));
  const { status, socket } = await tunnel(proxy.port, `localhost:${encrypted.address().port}`);
  await report('tunnel', status);
  const inside = secure.connect({ socket, servername: 'localhost', ca });
  await once(inside, 'secureConnect');
  inside.end(content);
  await report('TLS in a tunnel', all(inside));
  const pages = await Promise.all(Array.from({ length: 20 }, (_, n) => through(proxy.port, `${origin}/${n}`)));
  await report('20 at once', pages.map(({ body }) => String(body)));
  const anonymous = await anonymizeProxy(`http://me:pw@127.0.0.1:${upstream.port}`);
  await report('anonymized', through(Number(new URL(anonymous).port), `${origin}/c`).then(({ body }) => String(body)));
  await closeAnonymizedProxy(anonymous, true);
  await proxy.close(true);
  await upstream.close(true);
  web.close();
  web.closeAllConnections();
  encrypted.close();
});
