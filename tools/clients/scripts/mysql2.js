'use strict';
// packages: mysql2
// servers: mariadb

const { createConnection, createPool } = require('mysql2/promise');
const { bytes, event, main, report, servers, startServer, stopServer, tls } = require('../kit');

const { host, port, path, user, password, database } = servers.mariadb;
const ROWS = 50_000;

/**
 * Make a client that is connected.
 * @param {object} [options] added to the address
 * @returns {Promise<object>}
 */
function connect(options) { return createConnection({ host, port, user, password, database, ...options }); }

/**
 * The rows of a query.
 * @param {Promise<[object[], object[]]>} query
 * @returns {Promise<object[]>}
 */
async function rows(query) { return (await query)[0]; }

/**
 * A large value in and out, and a transaction that does not happen.
 * @param {object} client
 */
async function blobs(client) {
  await client.query('CREATE TEMPORARY TABLE blobs (id INT, content LONGBLOB)');
  const large = bytes(9 * 2 ** 20);
  await report('insert large', client.execute('INSERT INTO blobs VALUES (1, ?)', [large])
    .then(([{ affectedRows }]) => affectedRows));
  await report('select large', rows(client.query('SELECT *, LENGTH(content), MD5(content) FROM blobs')));
  await client.beginTransaction();
  await client.query('DELETE FROM blobs');
  await client.rollback();
  await report('rollback', rows(client.query('SELECT COUNT(*) FROM blobs')));
}

/**
 * Plain and prepared statements, and errors.
 * @param {object} client
 */
async function queries(client) {
  await report('types', rows(client.execute('SELECT ? AS a, ? AS b, CAST(? AS DATE) AS c, UNHEX(?) AS d',
    [42, 'grüße', '2020-02-29', '00ff0a'])));
  await report('error', client.query('SELECT * FROM nowhere'));
  await report('prepared, in parallel', Promise.all(Array.from({ length: 500 }, (_, i) =>
    rows(client.execute('SELECT CAST(? AS INT) + CAST(? AS INT) AS sum', [i, i]))))
    .then((all) => all.map(([{ sum }]) => sum).join()));
  const statement = await client.prepare('SELECT ? AS text');
  await report('statement', statement.execute(['x'.repeat(1000)]).then(([[row]]) => row));
  await statement.close();
}

/**
 * Many rows as a stream that is read slowly, and one that is left early.
 * @param {object} client
 */
async function streams(client) {
  const text = `SELECT seq AS n, CONCAT('the text of line ', seq) AS t FROM seq_1_to_${ROWS}`;
  let sum = 0;
  let length = 0;
  for await (const row of client.connection.query(text).stream({ highWaterMark: 50 })) {
    sum += row.n;
    length += row.t.length;
  }
  await report('stream', [sum, length]);
  const values = Array.from({ length: 20_000 }, (_, i) => [i, `text ${i}`]);
  await client.query('CREATE TEMPORARY TABLE bulk (n INT, t VARCHAR(50))');
  await report('bulk insert', client.query('INSERT INTO bulk VALUES ?', [values]).then(([r]) => r.affectedRows));
  await report('bulk select', rows(client.query('SELECT SUM(n), COUNT(DISTINCT t) FROM bulk')));
}

/** Many queries on several connections, then the server goes away and comes back. */
async function pooled() {
  const pool = createPool({ host, port, user, password, database, connectionLimit: 20 });
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  await report('pool', Promise.all(numbers.map((i) => rows(pool.execute('SELECT ? * 2 AS n', [i]))))
    .then((all) => all.reduce((sum, [{ n }]) => sum + Number(n), 0)));
  await pool.end();

  const again = createPool({ host, port, user, password, database, connectionLimit: 1 });
  const held = await again.getConnection();
  const gone = event(held.connection, 'error');
  const ended = event(held.connection, 'end');
  await stopServer('mariadb');
  await Promise.race([gone, ended]);
  held.release();
  await report('stopped', again.query('SELECT 1'));
  await startServer('mariadb');
  await report('after restart', rows(again.query('SELECT 1 AS one')));
  await again.end();
}

main(async () => {
  for (const [name, options] of [
    ['tcp', {}],
    ['unix', { socketPath: path }],
    ['tls', { host: 'localhost', ssl: { ca: tls().ca } }],
  ]) {
    const client = await connect(options);
    await report(name, rows(client.query("SHOW STATUS LIKE 'Ssl_version'")));
    await queries(client);
    await blobs(client);
    await streams(client);
    await client.end();
  }
  const packed = await connect({ compress: true });
  await queries(packed);
  await packed.end();

  await report('wrong password', connect({ password: 'wrong' }));
  await report('tls: unknown authority', connect({ host: 'localhost', ssl: {} }));
  await report('refused', connect({ port: 1 }));
  await report('no such path', connect({ socketPath: '/nowhere/sql.sock' }));
  await pooled();
});
