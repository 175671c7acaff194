'use strict';

// Clients of databases and brokers, WebSocket, and a proxy.

const { gigabytes, messages, queries, requests } = require('./units');

const CONNECTIONS = 50;
/** Connections of a pool to a database. */
const POOL = 10;
/** Commands of a pipeline. */
const PIPELINE = 100;
/** How a proxy moves the bytes. */
const BY = { proxy: 'of two pipes', relay: 'by net.relay' };

/**
 * A client of programs/clients.cjs, which measures itself.
 * @param {string} id
 * @param {string} title
 * @param {{role: string, service: string, options: object, least: number}} what `least`: times the built-in's rate
 * @param {object} [more] what this one has of its own
 * @returns {import('.').Scenario}
 */
function client(id, title, { role, service, options, least }, more = {}) {
  return {
    id,
    title,
    ...queries,
    latency: true,
    kind: 'self',
    tested: { file: 'clients.cjs', role, options },
    service,
    targets: [{ atLeast: least }],
    ...more,
  };
}

/**
 * A WebSocket server that echoes.
 * @param {number} size bytes of a message
 * @param {string} text the same for people
 * @returns {import('.').Scenario}
 */
function webSocket(size, text) {
  return {
    id: `ws-${size}`,
    title: `ws, echo of ${text}, ${CONNECTIONS} connections`,
    ...messages,
    latency: true,
    kind: 'tool',
    tested: { file: 'stream.cjs', role: 'ws', options: {} },
    load: { tool: 'script', role: 'ws', options: { connections: CONNECTIONS, size } },
    targets: [{ atLeast: 1.1 }],
  };
}

/**
 * A TCP proxy between the load and an echo server, both in Rust.
 * @param {'proxy'|'relay'} role by two pipes, or by `net.relay`, for which the built-in has two pipes
 * @param {number} size bytes of a message, each of which goes there and back
 * @param {string} text the same for people
 * @param {{units: object, least: number}} what `least`: times the built-in's rate
 * @returns {import('.').Scenario}
 */
function proxy(role, size, text, { units, least }) {
  return {
    id: `${role}-${size}`,
    title: `TCP proxy ${BY[role]}, echo of ${text}, ${CONNECTIONS} connections`,
    ...units,
    latency: true,
    kind: 'server',
    tested: { file: 'stream.cjs', role, options: {} },
    upstream: { role: 'limit-echo' },
    load: { role: 'echo', options: { conns: CONNECTIONS, size } },
    targets: [{ atLeast: least }],
  };
}

const rows = 'SELECT n, \'row \' || n AS text FROM generate_series(1, 1000) AS n';

module.exports = [
  webSocket(64, '64 B'),
  webSocket(16384, '16 KB'),
  client('pg', 'pg, simple query, pool of 10',
    { role: 'pg', service: 'postgres', options: { concurrency: POOL, text: 'SELECT 1 AS n' }, least: 1.1 }),
  client('pg-rows', 'pg, 1,000 rows, pool of 10',
    { role: 'pg', service: 'postgres', options: { concurrency: POOL, text: rows }, least: 1.1 }),
  client('mysql2', 'mysql2, simple query, pool of 10',
    { role: 'mysql2', service: 'mariadb', options: { concurrency: POOL, text: 'SELECT 1 AS n' }, least: 1 }),
  client('ioredis', 'ioredis, GET, 50 in parallel',
    { role: 'ioredis', service: 'redis', options: { concurrency: CONNECTIONS }, least: 1.7 }, { quick: true }),
  client('ioredis-pipeline', 'ioredis, GET, pipeline of 100',
    { role: 'ioredis', service: 'redis', options: { concurrency: 1, each: PIPELINE }, least: 1 }),
  client('mqtt', 'mqtt, 64 B, QoS 0, 50 on their way',
    { role: 'mqtt', service: 'mosquitto', options: { concurrency: CONNECTIONS, size: 64 }, least: 1 }, messages),
  proxy('proxy', 64, '64 B', { units: requests, least: 1.5 }),
  proxy('proxy', 65536, '64 KB', { units: gigabytes(2 * 65536), least: 1.5 }),
  proxy('relay', 64, '64 B', { units: requests, least: 1.5 }),
  proxy('relay', 65536, '64 KB', { units: gigabytes(2 * 65536), least: 2 }),
];
