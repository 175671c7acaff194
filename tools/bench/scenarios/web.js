'use strict';

// Web servers under test, driven by wrk and h2load, and clients of HTTP.

const { requests } = require('./units');

const CONNECTIONS = 50;
const KILOBYTE = 1024;

/** Says that a connection is for one request. */
const CLOSE = ['Connection: close'];

/**
 * A server of programs/web.cjs.
 * @param {string} id
 * @param {string} title
 * @param {string} role
 * @param {number} least times the built-in's rate
 * @param {object} load options of the tool
 * @param {object} [more] what this one has of its own
 * @returns {import('.').Scenario}
 */
function server(id, title, role, least, load, more = {}) {
  const tls = role === 'https' || role === 'http2s';
  return {
    id,
    title,
    ...requests,
    latency: true,
    kind: 'tool',
    tested: { file: 'web.cjs', role, options: {} },
    load: { tool: 'wrk', options: { connections: CONNECTIONS, path: '/', tls, ...load } },
    targets: [{ atLeast: least }],
    ...more,
  };
}

/**
 * A server of HTTP/2, driven by h2load.
 * @param {string} id
 * @param {string} title
 * @param {string} role
 * @returns {import('.').Scenario}
 */
function http2(id, title, role) {
  const options = { connections: 10, streams: 20, path: '/', tls: role === 'http2s' };
  return server(id, title, role, 1, {}, { load: { tool: 'h2load', options }, quick: true });
}

/**
 * A client that gets the same answer again and again.
 * @param {string} id
 * @param {string} title
 * @param {string} role
 * @param {object} [options] `path`: `/` and the bytes of the answer, if that is not to be 11
 * @returns {import('.').Scenario}
 */
function client(id, title, role, options = {}) {
  return {
    id,
    title,
    ...requests,
    latency: true,
    kind: 'self',
    tested: { file: 'clients.cjs', role, options: { concurrency: CONNECTIONS, ...options } },
    service: 'answers',
    quick: id === 'http-client',
    targets: [{ atLeast: 1 }],
  };
}

const long = { path: '/long' };
const upload = (kilobytes) => ({ path: '/upload', body: kilobytes * KILOBYTE });

module.exports = [
  server('http', 'http, 11-byte answer, 50 keep-alive connections', 'http', 1.15, {}, { quick: true }),
  // Making that many connections takes a part of the time.
  server('http-1000', 'http, 11-byte answer, 1,000 connections', 'http', 1.15, { connections: 1000 }, { time: 1500 }),
  server('http-close', 'http, a connection for each request', 'http', 1.25, { headers: CLOSE }),
  // As browsers do with a page and what belongs to it.
  server('http-12', 'http, 12 requests on each connection', 'http', 1, {}, {
    tested: { file: 'web.cjs', role: 'http', options: { requests: 12 } },
  }),
  server('http-64k', 'http, 64 KB answer', 'http', 1.05, long, { quick: true, bulk: true }),
  server('http-post-64k', 'http, POST of 64 KB', 'http', 1.15, upload(64), { quick: true }),
  server('http-post-1m', 'http, POST of 1 MB', 'http', 1.15, upload(1024), { bulk: true }),
  server('http-file', 'http, a file of 1 MB by pipeline(createReadStream, res)', 'http', 1, { path: '/file' }),
  // The built-in has only the pipeline.
  server('http-send-file', 'http, a file of 1 MB by net.sendFile', 'http', 2, { path: '/send-file' }),
  server('express', 'express, JSON', 'express', 1, {}),
  server('fastify', 'fastify, JSON', 'fastify', 1, {}),
  server('https', 'https, 11-byte answer', 'https', 1, {}, { quick: true }),
  server('https-close', 'https, a handshake for each request', 'https', 1, { headers: CLOSE }),
  server('https-64k', 'https, 64 KB answer', 'https', 1, long),
  server('https-post-1m', 'https, POST of 1 MB', 'https', 1, upload(1024)),
  http2('http2s', 'http2 over TLS, 10 connections, 20 streams each', 'http2s'),
  http2('http2', 'http2 without TLS, 10 connections, 20 streams each', 'http2'),
  client('http-client', 'http client, keep-alive agent, 50 connections', 'http'),
  client('http-client-16k', 'http client, keep-alive agent, 16 KB answers', 'http', { path: '/16384' }),
  client('undici', 'undici through the connector, 50 connections', 'undici'),
  client('undici-16k', 'undici through the connector, 16 KB answers', 'undici', { path: '/16384' }),
];
