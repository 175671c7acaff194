'use strict';

// The `signal` option of socket.connect(), which the built-in ignores there, and of net.connect(), which hands it to
// the Socket: of rsnet, and of what stands in for it without a binary.

const { getEventListeners } = require('events');
const net = require('net');
const fallback = require('../../lib/fallback');
const { closed, closedPort, connect, describeRsnet, listen, once, tempPath, track, turn } =
  require('../helpers');

/** A lookup that never answers. */
const silent = () => {};

/**
 * @param {import('net').Socket} socket
 * @returns {Promise<Array>} its events up to 'close'
 */
async function eventsOf(socket) {
  const events = [];
  for (const event of ['connect', 'error', 'close']) {
    socket.on(event, (...args) => events.push([event, ...args.map((arg) => arg?.code ?? arg)]));
  }
  await closed(socket);
  return events;
}

const ABORTED = [['error', 'ABORT_ERR'], ['close', true]];

describe('the built-in', () => {
  test('ignores the signal of socket.connect(), and minds that of net.connect() all the time', async () => {
    const server = await listen(net, (socket) => socket.resume());
    const controller = new AbortController();
    const { signal } = controller;
    const socket = track(new net.Socket()).connect({ ...server.at, signal });
    const other = connect(net, { ...server.at, signal });
    await Promise.all([once(socket, 'connect'), once(other, 'connect')]);
    const events = eventsOf(other);
    controller.abort();
    expect(await events).toEqual(ABORTED);
    expect(socket.destroyed).toBe(false);
  });
});

describeRsnet('signal', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, own) => {
    test('aborts the lookup', async () => {
      const controller = new AbortController();
      const socket = track(new own.Socket());
      const events = eventsOf(socket);
      socket.connect({ port: 1, host: 'slow.example', lookup: silent, signal: controller.signal });
      const failed = once(socket, 'error');
      const reason = new Error('enough');
      controller.abort(reason);
      const [{ name, code, message, cause }] = await failed;
      expect({ name, code, message }).toEqual({
        name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted',
      });
      expect(cause).toBe(reason);
      expect(await events).toEqual(ABORTED);
      expect(socket.connecting).toBe(false);
    });

    test('the error is that of the built-in, property by property', async () => {
      const errors = [];
      for (const implementation of [net, own]) {
        const controller = new AbortController();
        const socket = implementation === net
          ? connect(net, { port: 1, host: 'slow.example', lookup: silent, signal: controller.signal })
          : track(new own.Socket())
              .connect({ port: 1, host: 'slow.example', lookup: silent, signal: controller.signal });
        const failed = once(socket, 'error');
        controller.abort();
        const [error] = await failed;
        errors.push({ ...error, names: Object.keys(error), text: String(error), cause: error.cause.name });
      }
      expect(errors[1]).toEqual(errors[0]);
    });

    test('aborted before, the socket does not connect', async () => {
      const server = await listen(own);
      const socket = track(new own.Socket());
      const events = eventsOf(socket);
      socket.connect({ ...server.at, signal: AbortSignal.abort() });
      expect(await events).toEqual(ABORTED);
      expect(server.connections.size).toBe(0);
    });

    test.each(['TCP', 'a path'])('once the connection is made, %s, the signal has no part in it', async (kind) => {
      const server = await listen(own, kind === 'TCP' ? {} : { listen: tempPath() }, (peer) => peer.pipe(peer));
      const controller = new AbortController();
      const { signal } = controller;
      const socket = track(new own.Socket());
      const before = [socket.listenerCount('connect'), socket.listenerCount('close')];
      socket.connect({ ...server.at, signal });
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      await once(socket, 'connect');
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      expect([socket.listenerCount('connect'), socket.listenerCount('close')]).toEqual(before);
      controller.abort();
      await turn(2);
      socket.write('hello');
      const [chunk] = await once(socket, 'data');
      expect(String(chunk)).toBe('hello');
    });

    test('a failed attempt leaves nothing behind, and the next connect() has its own signal', async () => {
      const first = new AbortController();
      const socket = track(new own.Socket());
      const events = eventsOf(socket);
      socket.connect({ port: await closedPort(), host: '127.0.0.1', signal: first.signal });
      expect(await events).toEqual([['error', 'ECONNREFUSED'], ['close', true]]);
      expect(getEventListeners(first.signal, 'abort')).toHaveLength(0);
      const server = await listen(own, (peer) => peer.resume());
      socket.removeAllListeners('close');
      socket.connect(server.at);
      first.abort();
      await once(socket, 'connect');
      expect(socket.destroyed).toBe(false);
    });

    test('net.connect() minds it all the time, with one listener', async () => {
      const server = await listen(own, (peer) => peer.resume());
      const controller = new AbortController();
      const { signal } = controller;
      const plain = connect(net, { ...server.at, signal });
      const { length } = getEventListeners(signal, 'abort');
      const socket = connect(own, { ...server.at, signal });
      expect(getEventListeners(signal, 'abort')).toHaveLength(2 * length);
      await Promise.all([once(socket, 'connect'), once(plain, 'connect')]);
      const events = eventsOf(socket);
      closed(plain);
      controller.abort();
      expect(await events).toEqual(ABORTED);
    });

    test('what is no signal counts for nothing, as under Node', async () => {
      const server = await listen(own, (peer) => peer.resume());
      for (const signal of [undefined, null, {}, 5, 'abort']) {
        await once(track(new own.Socket()).connect({ ...server.at, signal }), 'connect');
      }
    });
  });
});
