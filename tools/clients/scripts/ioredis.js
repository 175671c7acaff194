'use strict';
// packages: ioredis
// servers: redis
// quick: yes

const Redis = require('ioredis');
const { bytes, event, main, report, servers, startServer, stopServer, tls } = require('../kit');

const { host, port, tlsPort, path } = servers.redis;

/**
 * Commands in parallel, pipelines, transactions and large values on one connection.
 * @param {Redis} redis
 */
async function commands(redis) {
  await report('flush', redis.flushall());
  const numbers = Array.from({ length: 5000 }, (_, i) => i);
  await report('parallel set', Promise.all(numbers.map((i) => redis.set(`key${i}`, `value${i}`)))
    .then((answers) => answers.every((answer) => answer === 'OK')));
  await report('parallel get', Promise.all(numbers.map((i) => redis.get(`key${i}`))).then((all) => all.join()));
  const pipeline = redis.pipeline();
  for (const i of numbers) pipeline.incrby('sum', i);
  await report('pipeline', pipeline.exec().then((answers) => answers.at(-1)));
  await report('multi', redis.multi().set('a', '1').incr('a').get('a').exec());
  await report('error', redis.lpush('a', 'x'));
  const large = bytes(12 * 2 ** 20);
  await report('set large', redis.set('large', large));
  await report('get large', redis.getBuffer('large'));
  await report('get large in parallel', Promise.all([1, 2, 3].map(() => redis.getBuffer('large'))));
  await report('scan', scan(redis));
  await report('lua', redis.eval('return {KEYS[1], ARGV[1], 42}', 1, 'k', 'v'));
}

/**
 * Go through keys by a stream.
 * @param {Redis} redis
 * @returns {Promise<number>} how many different ones there are
 */
async function scan(redis) {
  const keys = new Set();
  for await (const batch of redis.scanStream({ match: 'key1*', count: 500 })) {
    for (const key of batch) keys.add(key);
  }
  return keys.size;
}

/**
 * Messages from one connection to another.
 * @param {Redis} redis
 */
async function publish(redis) {
  const subscriber = redis.duplicate();
  const messages = [];
  await report('subscribe', subscriber.subscribe('one', 'two'));
  await report('psubscribe', subscriber.psubscribe('three.*'));
  const all = new Promise((resolve) => {
    const note = (...message) => {
      messages.push(message);
      if (messages.length === 601) resolve();
    };
    subscriber.on('message', note);
    subscriber.on('pmessage', note);
  });
  for (let i = 0; i < 200; i++) {
    for (const channel of ['one', 'two', 'three.x']) redis.publish(channel, `message ${i}`);
  }
  redis.publish('one', 'x'.repeat(2 ** 20));
  await all;
  await report('messages', messages);
  await report('unsubscribe', subscriber.unsubscribe('one'));
  subscriber.disconnect();
  await event(subscriber, 'end');
}

/** The server goes away and comes back while commands wait. */
async function reconnect() {
  const redis = new Redis({ host, port, retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  await redis.ping();
  const blocked = redis.blpop('nothing', 0);
  blocked.catch(() => {});
  const gone = event(redis, 'reconnecting');
  await stopServer('redis');
  await gone;
  const waiting = Promise.all([redis.set('after', 'restart'), redis.get('after')]);
  const list = redis.duplicate();
  list.on('error', () => {});
  await startServer('redis');
  await report('blocked command after restart', list.rpush('nothing', 'something').then(() => blocked));
  await report('queued commands after restart', waiting);
  await report('quit', Promise.all([redis.quit(), list.quit()]));
}

/** Nobody listens there. */
async function refused() {
  const redis = new Redis({ host, port: 1, retryStrategy: null, lazyConnect: true });
  redis.on('error', (error) => report('error event', error));
  await report('refused', redis.connect());
}

main(async () => {
  const redis = new Redis({ host, port });
  await commands(redis);
  await publish(redis);
  await report('quit', redis.quit());

  const local = new Redis({ path });
  await report('unix: large', local.set('large', bytes(9 * 2 ** 20, 2)).then(() => local.getBuffer('large')));
  local.disconnect();

  const secure = new Redis({ host, port: tlsPort, tls: { ca: tls().ca, servername: 'localhost' } });
  await report('tls: large', secure.set('large', bytes(9 * 2 ** 20, 3)).then(() => secure.getBuffer('large')));
  await report('tls: parallel', Promise.all(Array.from({ length: 1000 }, () => secure.incr('n'))));
  await secure.quit();

  const untrusted = new Redis({ host, port: tlsPort, tls: {}, retryStrategy: null, lazyConnect: true });
  untrusted.on('error', () => {});
  await report('tls: unknown authority', untrusted.connect());

  const many = Array.from({ length: 50 }, () => new Redis({ host, port }));
  await report('50 connections', Promise.all(many.map((one) => one.ping())).then((all) => all.join()));
  await Promise.all(many.map((one) => one.quit()));
  await refused();
  await reconnect();
});
