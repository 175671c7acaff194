'use strict';

const events = require('events');
const { closed, connect, implementations, listen, once, pair, traceTest, track } = require('../helpers');

afterEach(() => {
  events.captureRejections = false;
});

describe.each(implementations)('%s captureRejections', (_name, net) => {
  test('a rejected connection listener destroys its socket with the error', async () => {
    events.captureRejections = true;
    const server = await listen(net, async (socket) => {
      events.captureRejections = false;
      await null;
      socket.seen = true;
      throw new Error('rejected');
    });
    server.on('error', () => { throw new Error('not for the server'); });
    const failed = new Promise((resolve) => server.on('connection', (socket) => socket.on('error', (error) => {
      resolve([socket, error]);
    })));
    const client = connect(net, server.at).resume();
    client.on('error', () => {});
    const [socket, error] = await failed;
    expect(error.message).toBe('rejected');
    expect(socket.destroyed).toBe(true);
    await closed(client);
    expect(server.listening).toBe(true);
  });

  test('another rejected listener of a server gives its error event', async () => {
    events.captureRejections = true;
    const server = track(net.createServer());
    events.captureRejections = false;
    server.on('listening', async () => { throw new Error('rejected'); });
    const failed = once(server, 'error');
    server.listen(0, '127.0.0.1');
    expect((await failed)[0].message).toBe('rejected');
    expect(server.listening).toBe(true);
  });

  test('a rejected listener of a socket destroys it', async () => {
    const server = await listen(net, (socket) => socket.write('x'));
    events.captureRejections = true;
    const client = connect(net, server.at);
    events.captureRejections = false;
    client.on('data', async () => { throw new Error('rejected'); });
    const [error] = await once(client, 'error');
    expect(error.message).toBe('rejected');
    expect(client.destroyed).toBe(true);
    await closed(client);
  });
});

describe('traces of captureRejections', () => {
  for (const event of ['connect', 'data', 'end', 'timeout', 'drain', 'close']) {
    traceTest(`a socket's ${event} listener rejects`, async (t) => {
      events.captureRejections = true;
      const { client, peer } = await pair(t.net, t.net, { client: { allowHalfOpen: true } });
      events.captureRejections = false;
      const watched = t.watch(client, 'client', { only: ['error', 'close'] });
      const rejected = new Promise((resolve) => watched.on(event, async () => {
        resolve();
        throw new Error('rejected');
      }));
      peer.on('error', () => {});
      watched.on('error', () => {});
      watched.resume();
      if (event === 'connect') client.emit('connect');
      if (event === 'data') peer.write('x');
      if (event === 'end') peer.end();
      if (event === 'timeout') client.emit('timeout');
      if (event === 'drain') client.emit('drain');
      if (event === 'close') client.destroy();
      await rejected;
      await new Promise((resolve) => setImmediate(resolve));
      t.note('client', client.destroyed);
    });
  }

  traceTest('a server made with captureRejections in its options', async (t) => {
    const server = t.watch(t.net.createServer({ captureRejections: true }), 'server', { only: ['error'] });
    t.note('server', Object.getOwnPropertySymbols(server)
      .filter((symbol) => String(symbol) === 'Symbol(kCapture)').map((symbol) => server[symbol]));
  });
});
