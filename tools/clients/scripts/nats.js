'use strict';
// packages: @nats-io/transport-node
// servers: nats
// quick: yes

const { connect, Empty, headers } = require('@nats-io/transport-node');
const { bytes, digest, main, report, servers, startServer, stopServer, tls } = require('../kit');

const { host, port } = servers.nats;
const PLAIN = { servers: `${host}:${port}`, tls: null };
const PATIENT = { timeout: 60_000 };
const SECURE = { servers: `localhost:${port}`, tls: { ca: tls().ca.toString() } };

/**
 * Requests in parallel, with headers, with large contents, and one that nobody answers.
 * @param {string} name of the transport
 * @param {object} options of connect
 */
async function requests(name, options) {
  const [service, client] = await Promise.all([connect(options), connect(options)]);
  service.subscribe('echo', { callback: (_error, message) => message.respond(message.data) });
  service.subscribe('shout', { callback: (_error, message) => message.respond(message.string().toUpperCase()) });
  await service.flush();
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  await report(`${name}: requests`, Promise.all(numbers.map((i) => client.request('shout', `request ${i}`, PATIENT)))
    .then((all) => digest(all.map((answer) => answer.string()).join())));
  const large = [1, 2, 3].map((seed) => bytes(8 * 2 ** 20 + seed, seed));
  await report(`${name}: large`, Promise.all(large.map((content) => client.request('echo', content, PATIENT)))
    .then((all) => all.map((answer) => digest(answer.data))));
  await report(`${name}: nobody there`, client.request('nothing', Empty));
  await service.drain();
  await report(`${name}: closed`, client.close());
}

/**
 * Messages to several subscribers and to one of a queue group, with headers.
 * @param {string} name of the transport
 * @param {object} options of connect
 */
async function publish(name, options) {
  const [sender, ...receivers] = await Promise.all(Array.from({ length: 6 }, () => connect(options)));
  const subscriptions = receivers.map((receiver) => receiver.subscribe('news.>', { max: 2000 }));
  let shared = 0;
  const callback = () => { shared++; };
  const queued = receivers.map((receiver) => receiver.subscribe('news.*', { queue: 'one', callback }));
  await Promise.all(receivers.map((receiver) => receiver.flush()));
  for (let i = 0; i < 2000; i++) {
    const fields = headers();
    fields.set('Number', `${i}`);
    sender.publish(`news.${i % 7}`, `message ${i}`, { headers: fields });
  }
  await sender.flush();
  await report(`${name}: each message`, Promise.all(subscriptions.map(async (subscription) => {
    const lines = [];
    for await (const message of subscription) {
      lines.push(`${message.subject} ${message.headers.get('number')} ${message.string()}`);
    }
    return digest(lines.join('\n'));
  })));
  await Promise.all(queued.map((subscription) => subscription.drain()));
  await report(`${name}: by the queue group`, shared);
  await Promise.all([sender, ...receivers].map((connection) => connection.drain()));
}

/** The server goes away and comes back; subscriptions stay. */
async function reconnect() {
  const client = await connect({ ...PLAIN, reconnectTimeWait: 50, reconnectJitter: 0, maxReconnectAttempts: -1 });
  const seen = new Set();
  const wait = {};
  (async () => {
    for await (const { type } of client.status()) {
      seen.add(type);
      wait[type]?.();
    }
  })();
  const gone = new Promise((resolve) => { wait.disconnect = resolve; });
  const back = new Promise((resolve) => { wait.reconnect = resolve; });
  const subscription = client.subscribe('again', { max: 50 });
  await client.flush();
  await stopServer('nats');
  await gone;
  await startServer('nats');
  await back;
  for (let i = 0; i < 50; i++) client.publish('again', `message ${i}`);
  const lines = [];
  for await (const message of subscription) lines.push(message.string());
  await report('after restart', lines);
  await report('status', ['disconnect', 'reconnect'].map((type) => seen.has(type)));
  await client.close();
}

main(async () => {
  for (const [name, options] of [['tcp', PLAIN], ['tls', SECURE]]) {
    await requests(name, options);
    await publish(name, options);
  }
  await report('tls: unknown authority', connect({ servers: `localhost:${port}`, tls: {}, reconnect: false }));
  await report('refused', connect({ servers: `${host}:1`, reconnect: false }));
  await reconnect();
});
