'use strict';

// Clients under test: each does one thing again and again, and prints what it measured as a line of JSON.

const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const { HOST, packages, tell, main } = require('./packages.cjs');
const { measure } = require('./window.cjs');

/**
 * Measures whenever a line of standard input says for how long, until there are no more.
 * @param {(index: number) => Promise<unknown>} operation
 * @param {object} options of `measure`, without its times
 */
async function report(operation, options) {
  tell({ ready: true });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    tell(await measure(operation, { ...options, ...JSON.parse(line) }));
  }
  process.exit(0);
}

main({
  /** Requests through an agent that keeps its connections. */
  async http({ server, path: where = '/', ...options }) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: options.concurrency });
    const get = () => new Promise((resolve, reject) => {
      http.get({ agent, host: HOST, port: server.port, path: where }, (response) => {
        response.on('data', () => {});
        response.on('end', resolve);
      }).on('error', reject);
    });
    await report(get, options);
  },

  /** Requests through undici; where rsnet is registered, through its connector. */
  async undici({ server, path: where = '/', ...options }) {
    const { Agent, request } = packages('undici');
    const { BENCH_NET } = process.env;
    const connect = BENCH_NET && require(path.join(path.dirname(BENCH_NET), 'lib', 'interop', 'undici.js')).connector();
    const dispatcher = new Agent({ connections: options.concurrency, ...connect && { connect } });
    const get = async () => {
      const { body } = await request(`http://${HOST}:${server.port}${where}`, { dispatcher });
      await body.text();
    };
    await report(get, options);
  },

  /** Connections to a host of several addresses, of which some are slow or dead. */
  async race({ addresses, ...options }) {
    const server = net.createServer((socket) => socket.resume().on('error', () => {}));
    await new Promise((resolve) => { server.listen(0, '::', resolve); });
    const list = addresses.map((address) => ({ address, family: net.isIP(address) }));
    const lookup = (host, asked, callback) => setImmediate(callback, null, list);
    const connect = () => new Promise((resolve, reject) => {
      const socket = net.connect({ host: 'two.example', port: server.address().port, lookup, autoSelectFamily: true });
      socket.on('error', reject).on('connect', () => {
        resolve();
        socket.destroy();
      });
    });
    await report(connect, options);
  },

  /** The same query on the connections of a pool. */
  async pg({ server, text, ...options }) {
    const { Pool } = packages('pg');
    const { host, port, user, database } = server;
    const pool = new Pool({ host, port, user, database, max: options.concurrency });
    await report(() => pool.query(text), options);
  },

  /** The same query on the connections of a pool. */
  async mysql2({ server, text, ...options }) {
    const { host, port, user, password, database } = server;
    const pool = packages('mysql2/promise')
      .createPool({ host, port, user, password, database, connectionLimit: options.concurrency });
    await report(() => pool.query(text), options);
  },

  /** GET on one connection: single commands, or `each` of them as a pipeline. */
  async ioredis({ server, ...options }) {
    const Redis = packages('ioredis');
    const redis = new Redis({ host: server.host, port: server.port });
    await redis.set('key', 'x'.repeat(64));
    const pipeline = () => {
      const commands = redis.pipeline();
      for (let index = 0; index < options.each; index++) commands.get('key');
      return commands.exec();
    };
    await report(options.each > 1 ? pipeline : () => redis.get('key'), options);
  },

  /** Messages of QoS 0 on one connection, each of which comes back by a subscription. */
  async mqtt({ server, size, ...options }) {
    const client = await packages('mqtt').connectAsync(`mqtt://${server.host}:${server.port}`);
    const payload = Buffer.alloc(size, 'x');
    const waiting = [];
    client.on('message', () => waiting.shift()());
    await client.subscribeAsync(`bench/${process.pid}`);
    const publish = () => new Promise((resolve) => {
      waiting.push(resolve);
      client.publish(`bench/${process.pid}`, payload, { qos: 0 });
    });
    await report(publish, options);
  },
});
