'use strict';

/* global net -- given by spawnNode to the code of a child */

// The `connectTimeout` option, which the built-in does not have: of rsnet, and of what stands in for it without a
// binary.

const fallback = require('../../lib/fallback');
const { closed, closedPort, describeRsnet, listen, spawnNode, tempPath, thrownBy, track } = require('../helpers');

/** A lookup that never answers. */
const silent = () => {};

/**
 * @param {import('net').Socket} socket
 * @returns {Promise<Array>} its events up to 'close'
 */
async function eventsOf(socket) {
  const events = [];
  for (const event of ['connect', 'timeout', 'error', 'close']) {
    socket.on(event, (...args) => events.push([event, ...args.map((arg) => arg?.code ?? arg)]));
  }
  await closed(socket);
  return events;
}

/**
 * @param {import('net').Socket} socket
 * @returns {number[]} how many listeners 'connect' and 'close' have
 */
function listenersOf(socket) {
  return [socket.listenerCount('connect'), socket.listenerCount('close')];
}

const timedOutEvents = [['error', 'ERR_SOCKET_CONNECTION_TIMEOUT'], ['close', true]];

describeRsnet('connectTimeout', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, net) => {
    test.each([
      ['50', 'ERR_INVALID_ARG_TYPE'],
      [true, 'ERR_INVALID_ARG_TYPE'],
      [-1, 'ERR_OUT_OF_RANGE'],
      [1.5, 'ERR_OUT_OF_RANGE'],
      [2 ** 31, 'ERR_OUT_OF_RANGE'],
    ])('%p is refused at once', (connectTimeout, code) => {
      const socket = track(new net.Socket());
      const options = { port: 1, host: '127.0.0.1', connectTimeout };
      const error = thrownBy(() => socket.connect(options));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining('options.connectTimeout')]);
      expect(socket.connecting).toBe(false);
      expect(thrownBy(() => net.connect(options)).code).toBe(code);
    });

    test.each([['nothing', []], ['an array', [[]]], ['options in an array', [[{ port: 1 }]]]])(
      '%s has neither a bound nor a port', (text, args) => {
        for (const options of [{}, { blockList: new net.BlockList() }]) {
          const socket = track(new net.Socket(options));
          expect(thrownBy(() => socket.connect(...args)).code).toBe('ERR_MISSING_ARGS');
        }
      });

    test('bounds a lookup that does not answer', async () => {
      const socket = track(net.connect({ port: 1, host: 'a.invalid', lookup: silent, connectTimeout: 20 }));
      expect(await eventsOf(socket)).toEqual(timedOutEvents);
      expect(socket.destroyed).toBe(true);
    });

    test('bounds the lookup of each family, too', async () => {
      const socket = track(new net.Socket());
      socket.connect({ port: 1, host: 'a.invalid', family: 4, lookup: silent, connectTimeout: 20 });
      expect(await eventsOf(socket)).toEqual(timedOutEvents);
    });

    test.each([['null', null], ['undefined', undefined], ['0', 0]])('%s sets no bound', (text, connectTimeout) => {
      const socket = track(net.connect({ port: 1, host: 'a.invalid', lookup: silent, connectTimeout }));
      expect(listenersOf(socket)).toEqual(listenersOf(track(new net.Socket())));
    });

    test('has no part in a connection that is made', async () => {
      const before = listenersOf(track(new net.Socket()));
      const server = await listen(net, (peer) => peer.resume());
      const { port } = server.address();
      const socket = track(net.connect({ port, host: '127.0.0.1', connectTimeout: 2 ** 31 - 1 }));
      await new Promise((resolve) => { socket.once('connect', resolve); });
      expect(listenersOf(socket)).toEqual(before);
      expect(socket.destroyed).toBe(false);
    });

    test('has no part in one to a Unix-domain path', async () => {
      const path = tempPath();
      const server = track(net.createServer((peer) => peer.end()));
      await new Promise((resolve) => { server.listen(path, resolve); });
      const socket = track(net.connect({ path, connectTimeout: 2 ** 31 - 1 }));
      socket.resume();
      expect(await eventsOf(socket)).toEqual([['connect'], ['close', false]]);
    });

    test('has no part in one that fails earlier', async () => {
      const before = listenersOf(track(new net.Socket()));
      const options = { port: await closedPort(), host: '127.0.0.1', connectTimeout: 2 ** 31 - 1 };
      const socket = track(net.connect(options));
      expect(await eventsOf(socket)).toEqual([['error', 'ECONNREFUSED'], ['close', true]]);
      const failed = track(new net.Socket()).on('error', () => {});
      failed.connect(options);
      await closed(failed);
      expect(failed.listenerCount('connect')).toBe(before[0]);
    });

    test('belongs to one connect: the next has none', async () => {
      const server = await listen(net, (peer) => peer.end());
      const socket = track(new net.Socket());
      socket.connect({ port: 1, host: 'a.invalid', lookup: silent, connectTimeout: 20 });
      expect(await eventsOf(socket)).toEqual(timedOutEvents);
      socket.removeAllListeners();
      socket.connect({ port: server.address().port, host: '127.0.0.1' });
      socket.resume();
      expect(await eventsOf(socket)).toEqual([['connect'], ['close', false]]);
    });

    test('rejects the promise', async () => {
      const options = { port: 1, host: 'a.invalid', lookup: silent, connectTimeout: 20 };
      await expect(net.promises.connect(options)).rejects.toMatchObject({ code: 'ERR_SOCKET_CONNECTION_TIMEOUT' });
      await expect(net.promises.connect({ ...options, connectTimeout: -1 })).rejects
        .toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    });
  });

  test('bounds attempts without an answer, and does not keep a process alive', async () => {
    const { stdout, stderr, timedOut } = await spawnNode('rsnet', stalled);
    expect([stderr, timedOut]).toEqual(['', false]);
    expect(JSON.parse(stdout)).toEqual({
      one: 'ERR_SOCKET_CONNECTION_TIMEOUT', several: 'ERR_SOCKET_CONNECTION_TIMEOUT', attempts: 1,
    });
  });
});

/**
 * Runs in a child. Linux drops the handshake of a listener whose backlog is full. The listener belongs to a Python
 * process that never accepts.
 */
function stalled() {
  const { once } = require('events');
  const python = require('child_process').spawn('python3', ['-c', `
import socket, sys
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
fill = []
for i in range(4):
    c = socket.socket(); c.setblocking(False); c.connect_ex(s.getsockname()); fill.append(c)
print(s.getsockname()[1], flush=True)
sys.stdin.read()
`], { stdio: ['pipe', 'pipe', 'inherit'] });
  python.stdout.once('data', async (text) => {
    const port = Number(text);
    const seen = {};
    const [error] = await once(net.connect({ port, host: '127.0.0.1', connectTimeout: 30 }), 'error');
    seen.one = error.code;
    const socket = net.connect({
      port, host: 'a.invalid', connectTimeout: 30, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 100_000,
      lookup: (host, options, callback) => setImmediate(callback, null, [
        { address: '127.0.0.1', family: 4 }, { address: '127.0.0.1', family: 4 },
      ]),
    });
    let attempts = 0;
    socket.on('connectionAttempt', () => attempts++);
    seen.several = (await once(socket, 'error'))[0].code;
    seen.attempts = attempts;
    console.log(JSON.stringify(seen));
    // Nothing but this bound is left, and it does not keep the process.
    net.connect({ port, host: 'a.invalid', lookup: () => {}, connectTimeout: 1e9 });
    python.stdin.end();
    python.stdout.destroy();
  });
}
