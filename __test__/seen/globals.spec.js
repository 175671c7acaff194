'use strict';

/* global net -- given to the code of a child */

// What rsnet changes outside of itself: by being loaded, and by being used.

const fs = require('fs');
const path = require('path');
const { describeRsnet, root, spawnNode } = require('../helpers');
const { hostTransfers } = require('../helpers/features');

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'globals', 'snapshot.js');

/**
 * @param {Function} use without closure, called between two snapshots with `load()`, which gives rsnet
 * @param {object} [options] as for `spawnNode`
 * @returns {Promise<{changes: string[], shapes: string[], before: object, after: object}>} what has changed; functions
 *   whose place another function has taken, of another name or length; listeners of `process`
 */
async function changesBy(use, options) {
  const { stdout, ...end } = await spawnNode('net', `
    const [fixture, root] = process.argv.slice(1);
    const { difference, findRoots, listeners, reshaped, snapshot } = require(fixture);
    const load = () => require(root);
    const use = ${use};
    const roots = findRoots();
    // Lazy properties come to be by the first look at them.
    snapshot(roots);
    const before = snapshot(roots);
    const listening = listeners();
    Promise.resolve(use(load)).then(() => {
      const after = snapshot(roots);
      const all = {
        changes: difference(before, after), shapes: reshaped(before, after), listeners: [listening, listeners()],
      };
      require('fs').writeSync(1, JSON.stringify(all));
      process.exit();
    });
  `, { ...options, args: [FIXTURE, root] });
  expect(end).toEqual({ code: 0, signal: null, stderr: '', timedOut: false });
  const { changes, shapes, listeners: [before, after] } = JSON.parse(stdout);
  return { changes, shapes, before, after };
}

/**
 * @returns {Set<string>} what docs/compatibility.md lists, as it is written there
 */
function listed() {
  const text = fs.readFileSync(path.join(root, 'docs', 'compatibility.md'), 'utf8');
  const [, section] = text.split('## What rsnet changes outside of itself\n');
  return new Set(section.split('\n## ')[0].match(/`[^`]+`/g).map((name) => name.slice(1, -1)));
}

/** What Node looks for when a message brings a socket from another thread, by what the Node has of it. */
const RECEIVERS = {
  none: ['net._TransferredBoundSocket', 'net._TransferredServer', 'net._TransferredSocket'],
  sockets: [
    'net.Server.prototype[Symbol(messaging_deserialize_symbol)]',
    'net.Server.prototype[Symbol(rsnet.hostDeserialize)]',
    'net.Socket.prototype[Symbol(messaging_deserialize_symbol)]',
    'net.Socket.prototype[Symbol(rsnet.hostDeserialize)]',
    'net._TransferredBoundSocket',
  ],
  all: [
    'net.Server.prototype[Symbol(messaging_deserialize_symbol)]',
    'net.Server.prototype[Symbol(rsnet.hostDeserialize)]',
    'net.Socket.prototype[Symbol(messaging_deserialize_symbol)]',
    'net.Socket.prototype[Symbol(rsnet.hostDeserialize)]',
    'net._TransferredBoundSocket.prototype[Symbol(messaging_deserialize_symbol)]',
    'net._TransferredBoundSocket.prototype[Symbol(rsnet.hostDeserialize)]',
  ],
};

/** Loads rsnet, and has it carry a connection. */
async function useOfAll(load) {
  const rsnet = load();
  const server = rsnet.createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1');
  await new Promise((resolve) => { server.once('listening', resolve); });
  const client = rsnet.connect(server.address().port, '127.0.0.1');
  client.on('connect', () => client.write('first'));
  // Only who reads has several writes sent together.
  client.once('data', () => {
    for (const text of ['several', 'small', 'writes']) client.write(text);
    // Node asks that before it takes a socket for TLS, or sends it to another process.
    if (!(client instanceof net.Socket) || !(server instanceof net.Server)) throw new Error('no instance');
    client.end();
  });
  await new Promise((resolve) => { client.resume().once('close', resolve); });
  await new Promise((resolve) => { server.close(resolve); });
}

describeRsnet('what is changed outside of rsnet', () => {
  test('by loading it: what Node looks for when a message brings a socket', async () => {
    const { changes, before, after } = await changesBy((load) => { load(); });
    const whereBound = hostTransfers('BoundSocket') ? 'all' : 'sockets';
    expect(changes).toEqual(RECEIVERS[hostTransfers('Socket') ? whereBound : 'none']);
    expect(after).toEqual(before);
  });

  test('by using it: what docs/compatibility.md lists', async () => {
    const { changes, shapes, before, after } = await changesBy(useOfAll);
    const names = listed();
    expect(changes).toContain('net.Socket[Symbol.hasInstance]');
    if (typeof process.execve === 'function') expect(changes).toContain('process.execve');
    expect(shapes).toEqual([]);
    expect(changes.filter((name) => !names.has(name))).toEqual([]);
    const events = Object.keys(after).filter((event) => after[event] !== before[event]);
    expect(events.filter((event) => !names.has(`process.on('${event}')`))).toEqual([]);
  });

  test('nothing is, where perf_hooks was not loaded, in PerformanceObserver', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', () => {
      const server = net.createServer((peer) => peer.end()).listen(0, '127.0.0.1', () => {
        const connect = (then) => net.connect(server.address().port, '127.0.0.1').resume().on('close', then);
        connect(() => {
          const { PerformanceObserver } = require('perf_hooks');
          const { observe } = PerformanceObserver.prototype;
          const observer = new PerformanceObserver((list) => {
            console.log(list.getEntries().map(({ entryType, name }) => [entryType, name].join()).join());
            observer.disconnect();
            server.close();
          });
          observer.observe({ entryTypes: ['net'] });
          console.log(observe.name, Reflect.ownKeys(observe).some((key) => String(key).includes('rsnet')));
          connect(() => {});
        });
      });
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'observe false\nnet,connect\n', stderr: '' });
  });
});
