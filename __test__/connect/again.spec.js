'use strict';

const {
  closed,
  closedPort,
  implementations,
  listen,
  once,
  receive,
  tempPath,
  traceTest,
  track,
} = require('../helpers');

describe.each(implementations)('%s: connecting a used socket again', (name, net) => {
  test('after close, several times', async () => {
    const server = await listen(net, (peer) => peer.end('hello'));
    const socket = track(new net.Socket());
    const texts = [];
    socket.setEncoding('utf8');
    socket.on('data', (text) => texts.push(text));
    const ports = new Set();
    for (let i = 0; i < 5; i++) {
      socket.connect(server.at);
      await once(socket, 'connect');
      ports.add(socket.localPort);
      await once(socket, 'close');
    }
    expect(texts).toEqual(Array(5).fill('hello'));
    expect(ports.size).toBeGreaterThan(1);
    expect(socket.bytesRead).toBe(5);
  });

  test('inside the close listener', async () => {
    const server = await listen(net, (peer) => peer.end('x'));
    const socket = track(new net.Socket());
    let closes = 0;
    socket.resume();
    socket.connect(server.at);
    await new Promise((resolve) =>
      socket.on('close', () => {
        if (++closes === 3) return resolve();
        return socket.connect(server.at);
      }),
    );
    expect(closes).toBe(3);
  });

  test('after a refused attempt, to a server that exists', async () => {
    const socket = track(new net.Socket());
    socket.connect(await closedPort(), '127.0.0.1');
    const [error] = await once(socket, 'error');
    expect(error.code).toBe('ECONNREFUSED');
    await closed(socket);
    const server = await listen(net, (peer) => peer.pipe(peer));
    socket.connect(server.at);
    await once(socket, 'connect');
    socket.write('second try');
    expect(String(await receive(socket, 10))).toBe('second try');
  });

  test('from TCP to a Unix path and back', async () => {
    const tcp = await listen(net, (peer) => peer.end('tcp'));
    const unix = await listen(net, { listen: tempPath() }, (peer) => peer.end('unix'));
    const socket = track(new net.Socket());
    socket.setEncoding('utf8');
    for (const [server, text] of [
      [tcp, 'tcp'],
      [unix, 'unix'],
      [tcp, 'tcp'],
    ]) {
      socket.connect(server.at);
      const [got] = await once(socket, 'data');
      expect(got).toBe(text);
      await once(socket, 'close');
    }
  });

  test('can be written and ended each time', async () => {
    const server = await listen(net, { allowHalfOpen: true }, (peer) => {
      let text = '';
      peer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      peer.on('end', () => peer.end(text.toUpperCase()));
    });
    const socket = track(new net.Socket());
    socket.setEncoding('utf8');
    for (const word of ['one', 'two', 'three']) {
      socket.connect(server.at);
      socket.end(word);
      const [got] = await once(socket, 'data');
      expect(got).toBe(word.toUpperCase());
      await once(socket, 'close');
    }
  });
});

describe('traces of reconnecting', () => {
  traceTest('events and properties in both lives', async (t) => {
    const server = await t.listen((peer) => peer.end('abc'));
    const socket = t.watch(new t.net.Socket(), 'socket', {
      props: [
        'connecting',
        'destroyed',
        'pending',
        'readyState',
        'bytesRead',
        'bytesWritten',
        'writable',
        'readable',
      ],
    });
    socket.on('data', () => {});
    for (let i = 0; i < 2; i++) {
      t.call('socket', 'connect', () => socket.connect(server.at, t.callback('socket', 'connected')));
      t.note('socket', socket.connecting, socket.destroyed, socket.pending);
      await once(socket, 'close');
    }
  });

  traceTest('after destroy with an error', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect(server.at), 'socket', { props: ['destroyed', 'errored'] });
    await once(socket, 'ready');
    socket.on('error', () => {});
    socket.destroy(new Error('on purpose'));
    await closed(socket);
    socket.connect(server.at);
    await new Promise((resolve) => socket.once('ready', resolve));
    t.note('socket', socket.destroyed, socket.errored, socket.readyState);
  });

  traceTest('connect on a connected socket', async (t) => {
    const server = await t.listen();
    const socket = t.watch(t.net.connect(server.at), 'socket');
    await once(socket, 'ready');
    t.call('socket', 'connect', () => socket.connect(server.at));
    await Promise.race([once(socket, 'ready'), once(socket, 'close')]).catch(() => closed(socket));
  });

  traceTest('the timeout set before survives a new connection', async (t) => {
    const server = await t.listen((peer) => peer.end('x'));
    const socket = t.watch(new t.net.Socket(), 'socket', { props: ['timeout'] });
    socket.setTimeout(40000);
    socket.resume();
    for (let i = 0; i < 2; i++) {
      socket.connect(server.at);
      await once(socket, 'close');
    }
  });
});
