'use strict';

// Web servers under test. Each prints its port as a line of JSON.

const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const { pipeline } = require('node:stream');
const { HOST, packages, tell, main } = require('./packages.cjs');

const BACKLOG = 4096;
const SHORT = 'hello world';
const LONG = Buffer.alloc(64 * 1024, 'x');

/** What the frameworks answer. */
const ITEM = { id: 17, name: 'a thing', tags: ['red', 'round'], price: 12.5, stock: { here: 3, elsewhere: 40 } };

/**
 * Sends a fixed body.
 * @param {http.ServerResponse} response
 * @param {string|Buffer} body
 */
function answer(response, body) {
  response.setHeader('Content-Type', 'text/plain');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/**
 * A handler: `/short`, `/long` (64 KB), `/upload` (reads the body and answers its length), `/file` (streams a file),
 * `/send-file` (the same by `net.sendFile`, which the built-in does not have).
 * @param {{file: string}} options `file`: what these two send
 * @returns {http.RequestListener}
 */
function handler({ file }) {
  return (request, response) => {
    switch (request.url) {
      case '/long':
        answer(response, LONG);
        break;
      case '/upload': {
        let length = 0;
        request.on('data', (chunk) => {
          length += chunk.length;
        });
        request.on('end', () => answer(response, String(length)));
        break;
      }
      case '/file':
      case '/send-file':
        response.setHeader('Content-Type', 'application/octet-stream');
        if (request.url === '/send-file' && net.sendFile) net.sendFile(response, file).catch(() => {});
        else pipeline(fs.createReadStream(file), response, () => {});
        break;
      default:
        answer(response, SHORT);
    }
  };
}

/**
 * Starts a server on a free port.
 * @param {import('node:net').Server} server
 */
function listen(server) {
  server.listen({ port: 0, host: HOST, backlog: BACKLOG }, () => tell({ port: server.address().port }));
}

/**
 * @param {{cert: string, key: string}} paths
 * @returns {{cert: Buffer, key: Buffer}}
 */
function identity({ cert, key }) {
  return { cert: fs.readFileSync(cert), key: fs.readFileSync(key) };
}

main({
  http(options) {
    const server = http.createServer(handler(options));
    // 0: without a bound.
    server.maxRequestsPerSocket = options.requests ?? 0;
    listen(server);
  },

  https: (options) => listen(https.createServer(identity(options), handler(options))),

  http2: (options) => listen(http2.createServer(handler(options))),

  http2s: (options) => listen(http2.createSecureServer(identity(options), handler(options))),

  express() {
    const app = packages('express')();
    app.get('/', (_request, response) => response.json(ITEM));
    listen(http.createServer(app));
  },

  async fastify() {
    const app = packages('fastify')();
    app.get('/', async () => ITEM);
    await app.listen({ port: 0, host: HOST, backlog: BACKLOG });
    tell({ port: app.server.address().port });
  },
});
