'use strict';

const { getEventListeners } = require('events');
const { connect, implementations, listen, once, traceTest, track } = require('../helpers');

describe.each(implementations)('%s ending a server', (_name, net) => {
  test('listen({signal}): abort closes the server', async () => {
    const controller = new AbortController();
    const server = track(net.createServer());
    server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
    await once(server, 'listening');
    const { port } = server.address();
    const ended = once(server, 'close');
    controller.abort();
    expect(server.listening).toBe(false);
    await ended;
    const [error] = await once(connect(net, port, '127.0.0.1'), 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });

  test('listen({signal}): open connections stay', async () => {
    const controller = new AbortController();
    const server = track(net.createServer());
    server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const client = connect(net, server.address().port, '127.0.0.1');
    const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
    controller.abort();
    const received = once(client, 'data');
    peer.write('x');
    expect(String((await received)[0])).toBe('x');
  });

  test('listen({signal}) of a signal aborted before', async () => {
    const server = track(net.createServer());
    const listening = jest.fn();
    server.on('listening', listening);
    const ended = once(server, 'close');
    server.listen({ port: 0, signal: AbortSignal.abort() });
    await ended;
    expect(server.listening).toBe(false);
    expect(listening).not.toHaveBeenCalled();
  });

  test('a closed server leaves no listener at the signal', async () => {
    const { signal } = new AbortController();
    const server = await listen(net, { listen: { port: 0, signal } });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await new Promise((resolve) => server.close(resolve));
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
  });

  test('Symbol.asyncDispose closes and waits', async () => {
    const server = await listen(net, (socket) => socket.resume());
    const accepted = once(server, 'connection');
    const client = connect(net, server.at);
    await accepted;
    let disposed = false;
    const disposing = server[Symbol.asyncDispose]().then((value) => {
      disposed = true;
      return value;
    });
    expect(server.listening).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(disposed).toBe(false);
    client.end();
    expect(await disposing).toBe(undefined);
  });

  test('Symbol.asyncDispose of a server that does not listen', async () => {
    const server = net.createServer();
    expect(await server[Symbol.asyncDispose]()).toBe(undefined);
  });

  test('ref and unref return the server, before and while listening', async () => {
    const server = track(net.createServer());
    expect(server.unref()).toBe(server);
    expect(server.ref()).toBe(server);
    server.unref();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(server._handle.hasRef()).toBe(false);
    expect(server.ref()).toBe(server);
    expect(server._handle.hasRef()).toBe(true);
    expect(server.unref()).toBe(server);
    expect(server._handle.hasRef()).toBe(false);
  });

  test('an unref\'d server still serves', async () => {
    const server = await listen(net);
    server.unref();
    const accepted = once(server, 'connection');
    connect(net, server.at);
    const [peer] = await accepted;
    expect(peer._handle.hasRef()).toBe(true);
  });

  test('unref holds over close and listen', async () => {
    const server = await listen(net);
    server.unref();
    await new Promise((resolve) => server.close(resolve));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(server._handle.hasRef()).toBe(false);
  });
});

describe('traces of ending a server', () => {
  traceTest('abort at different moments', async (t) => {
    for (const moment of ['before', 'same tick', 'listening', 'after close']) {
      const controller = new AbortController();
      const server = t.watch(t.net.createServer(), moment, { props: ['listening'] });
      const ended = new Promise((resolve) => server.once('close', resolve));
      if (moment === 'before') controller.abort();
      t.call(moment, 'listen', () => server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal }));
      if (moment === 'same tick') controller.abort();
      if (moment === 'listening') server.on('listening', () => controller.abort());
      if (moment === 'after close') server.close(t.callback(moment, 'closed', () => controller.abort()));
      await ended;
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  traceTest('Symbol.asyncDispose', async (t) => {
    const server = t.watch(await t.listen(), 'server');
    await server[Symbol.asyncDispose]();
    t.note('server', 'disposed', server.listening);
    await server[Symbol.asyncDispose]();
    t.note('server', 'disposed again');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
});
