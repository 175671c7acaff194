'use strict';
// packages: pg pg-cursor pg-query-stream pg-copy-streams
// servers: postgres
// quick: yes

const { createHash } = require('node:crypto');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { Client, Pool } = require('pg');
const Cursor = require('pg-cursor');
const QueryStream = require('pg-query-stream');
const { from: copyFrom, to: copyTo } = require('pg-copy-streams');
const { bytes, main, report, servers, startServer, stopServer, tls } = require('../kit');

const { host, port, path, user, database } = servers.postgres;
const LINES = 200_000;

/**
 * Make a client that is connected.
 * @param {object} [options] added to the address
 * @returns {Promise<Client>}
 */
async function connect(options) {
  const client = new Client({ host, port, user, database, ...options });
  await client.connect();
  return client;
}

/**
 * The rows of a query.
 * @param {Promise<{rows: object[]}>} query
 * @returns {Promise<object[]>}
 */
async function rows(query) { return (await query).rows; }

/**
 * Queries with parameters, errors, and a large value.
 * @param {Client} client
 */
async function queries(client) {
  await report('types', rows(client.query('SELECT $1::int AS a, $2::text AS b, $3::jsonb AS c, $4::bytea AS d',
    [42, 'grüße', { deep: [1, null] }, Buffer.from([0, 255, 10])])));
  await report('error', client.query('SELECT * FROM nowhere'));
  const sums = [];
  for (let i = 0; i < 500; i++) {
    const query = { name: 'sum', text: 'SELECT $1::int + $2::int AS sum', values: [i, i] };
    const [{ sum }] = await rows(client.query(query));
    sums.push(sum);
  }
  await report('prepared', sums);
  await client.query('CREATE TEMP TABLE blobs (id int, content bytea)');
  const large = bytes(10 * 2 ** 20);
  await report('insert large', client.query('INSERT INTO blobs VALUES (1, $1)', [large]).then((r) => r.rowCount));
  await report('select large', rows(client.query('SELECT content, length(content), md5(content) FROM blobs')));
  await report('rollback', (async () => {
    await client.query('BEGIN');
    await client.query('DELETE FROM blobs');
    await client.query('ROLLBACK');
    return rows(client.query('SELECT count(*) FROM blobs'));
  })());
}

/**
 * Many rows in, and out by a cursor, by a stream, and as text.
 * @param {Client} client
 */
async function streams(client) {
  await client.query('CREATE TEMP TABLE numbers (n int, t text)');
  const lines = Readable.from((function* generate() {
    for (let i = 0; i < LINES; i += 1000) {
      let text = '';
      for (let n = i; n < i + 1000; n++) text += `${n}\tthe text of line ${n}\n`;
      yield text;
    }
  })());
  const copyIn = client.query(copyFrom('COPY numbers FROM STDIN'));
  await report('COPY in', pipeline(lines, copyIn).then(() => copyIn.rowCount));

  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of client.query(copyTo('COPY numbers TO STDOUT'))) {
    hash.update(chunk);
    length += chunk.length;
  }
  await report('COPY out', { length, sha256: hash.digest('hex') });

  const cursor = client.query(new Cursor('SELECT * FROM numbers ORDER BY n'));
  const batches = [];
  for (let i = 0; i < 5; i++) batches.push((await cursor.read(700)).at(-1));
  await cursor.close();
  await report('cursor, closed early', batches);

  let sum = 0;
  for await (const row of client.query(new QueryStream('SELECT * FROM numbers', [], { highWaterMark: 500 }))) {
    sum += row.n;
  }
  await report('query stream', sum);
  let seen = 0;
  for await (const _row of client.query(new QueryStream('SELECT * FROM numbers', [], { batchSize: 100 }))) {
    if (++seen === 1234) break;
  }
  await report('query stream, left early', [seen, await rows(client.query('SELECT count(*) FROM numbers'))]);
}

/** Notifications from one connection to another. */
async function notifications() {
  const [listener, sender] = await Promise.all([connect(), connect()]);
  const payloads = [];
  const all = new Promise((resolve) => {
    listener.on('notification', ({ channel, payload }) => {
      payloads.push(`${channel}: ${payload.slice(0, 40)} ${payload.length}`);
      if (payloads.length === 301) resolve();
    });
  });
  await listener.query('LISTEN news');
  for (let i = 0; i < 300; i++) await sender.query('SELECT pg_notify($1, $2)', ['news', `number ${i}`]);
  await sender.query('SELECT pg_notify($1, $2)', ['news', 'x'.repeat(7000)]);
  await all;
  await report('notifications', payloads);
  await Promise.all([listener.end(), sender.end()]);
}

/** Many queries on several connections, one of which is cancelled; then the server goes away and comes back. */
async function pooled() {
  const pool = new Pool({ host, port, user, database, max: 20 });
  const errors = [];
  pool.on('error', ({ code, message }) => errors.push(`${code} ${message}`));
  const numbers = Array.from({ length: 2000 }, (_, i) => i);
  await report('pool', Promise.all(numbers.map((i) => rows(pool.query('SELECT $1::int * 2 AS n', [i]))))
    .then((all) => all.reduce((sum, [{ n }]) => sum + n, 0)));
  const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
  const [{ pid }] = await rows(one.query('SELECT pg_backend_pid() AS pid'));
  const slow = report('cancelled', one.query('SELECT pg_sleep(50)'));
  // Until the server works on it, there is nothing to cancel.
  const active = 'SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = $2 AND query LIKE $3';
  while ((await two.query(active, [pid, 'active', '%pg_sleep%'])).rowCount === 0);
  await two.query('SELECT pg_cancel_backend($1)', [pid]);
  await slow;
  one.release();
  two.release();

  const gone = new Promise((resolve) => {
    pool.on('remove', () => { if (pool.totalCount === 0) resolve(); });
  });
  await stopServer('postgres');
  await gone;
  await report('pool errors', [...new Set(errors)]);
  await report('stopped', pool.query('SELECT 1'));
  await startServer('postgres');
  await report('after restart', rows(pool.query('SELECT 1 AS one')));
  await report('pool end', pool.end());
}

main(async () => {
  const client = await connect();
  await queries(client);
  await streams(client);
  await client.end();

  const local = await connect({ host: path });
  await queries(local);
  await local.end();

  const secure = await connect({ host: 'localhost', ssl: { ca: tls().ca } });
  await report('tls', rows(secure.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()')));
  await queries(secure);
  await streams(secure);
  await secure.end();

  await report('tls: unknown authority', connect({ host: 'localhost', ssl: {} }));
  await report('refused', connect({ port: 1 }));
  await report('no such path', connect({ host: '/nowhere' }));
  await notifications();
  await pooled();
});
