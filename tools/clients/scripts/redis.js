'use strict';
// packages: redis
// servers: redis

const { RESP_TYPES, createClient } = require('redis');
const { bytes, digest, event, main, report, servers, startServer, stopServer, tls } = require('../kit');

const { host, port, tlsPort, path } = servers.redis;

/**
 * Make a client that is connected.
 * @param {object} options of createClient
 * @returns {Promise<object>}
 */
async function connect(options) {
  const client = createClient(options);
  client.on('error', () => {});
  await client.connect();
  return client;
}

/**
 * Commands in parallel, transactions and large values.
 * @param {object} client
 */
async function commands(client) {
  await report('flush', client.flushAll());
  const numbers = Array.from({ length: 5000 }, (_, i) => i);
  await report('parallel set', Promise.all(numbers.map((i) => client.set(`key${i}`, `value${i}`)))
    .then((answers) => answers.every((answer) => answer === 'OK')));
  await report('parallel get', Promise.all(numbers.map((i) => client.get(`key${i}`)))
    .then((all) => digest(all.join())));
  await report('multi', client.multi().set('a', '1').incr('a').get('a').exec());
  await report('hash', client.hSet('hash', { one: '1', two: '2' }).then(() => client.hGetAll('hash')));
  await report('error', client.lPush('a', 'x'));
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await report('set large', client.set('large', bytes(12 * 2 ** 20)));
  await report('get large', binary.get('large'));
  await report('get large in parallel', Promise.all([1, 2, 3].map(() => binary.get('large'))));
  const keys = new Set();
  for await (const batch of client.scanIterator({ MATCH: 'key1*', COUNT: 500 })) {
    for (const key of batch) keys.add(key);
  }
  await report('scan', keys.size);
}

/**
 * Messages from one connection to another.
 * @param {object} client
 */
async function publish(client) {
  const subscriber = client.duplicate();
  await subscriber.connect();
  const messages = [];
  let enough;
  const all = new Promise((resolve) => { enough = resolve; });
  const note = (message, channel) => {
    messages.push([channel, message]);
    if (messages.length === 401) enough();
  };
  await subscriber.subscribe('one', note);
  await subscriber.pSubscribe('two.*', note);
  for (let i = 0; i < 200; i++) {
    client.publish('one', `message ${i}`);
    client.publish('two.x', `message ${i}`);
  }
  client.publish('one', 'x'.repeat(2 ** 20));
  await all;
  await report('messages', digest(JSON.stringify(messages)));
  await subscriber.unsubscribe('one');
  subscriber.destroy();
}

/** The server goes away and comes back while commands wait. */
async function reconnect() {
  const client = await connect({ socket: { host, port, reconnectStrategy: () => 50 } });
  const gone = event(client, 'reconnecting');
  await stopServer('redis');
  await gone;
  const waiting = Promise.all([client.set('after', 'restart'), client.get('after')]);
  await startServer('redis');
  await report('queued commands after restart', waiting);
  await client.close();
}

main(async () => {
  const client = await connect({ socket: { host, port } });
  await commands(client);
  await publish(client);
  await client.close();

  for (const [name, socket] of [
    ['unix', { path }],
    ['tls', { host, port: tlsPort, tls: true, ca: tls().ca, servername: 'localhost' }],
  ]) {
    const other = await connect({ socket });
    await other.set('large', bytes(9 * 2 ** 20, 2));
    await report(`${name}: large`, other.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get('large'));
    await report(`${name}: parallel`, Promise.all(Array.from({ length: 1000 }, () => other.incr(name)))
      .then((all) => all.at(-1)));
    await other.close();
  }

  await report('tls: unknown authority', connect({
    socket: { host, port: tlsPort, tls: true, servername: 'localhost', reconnectStrategy: false },
  }));
  await report('refused', connect({ socket: { host, port: 1, reconnectStrategy: false } }));
  await report('no such path', connect({ socket: { path: '/nowhere/redis.sock', reconnectStrategy: false } }));
  await reconnect();
});
