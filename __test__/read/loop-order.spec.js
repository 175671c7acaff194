'use strict';

// What comes first where several things are due in one turn of the event loop.

const { spawnSync } = require('child_process');
const {
  closed, collect, connect, implementations, listen, once, pair, receive, spawnNode, tempPath, traceTest, track, turn,
} = require('../helpers');

/** Whether another thread reads: what two sockets of one process see of each other is then a race. */
const hasThreads = process.env.RSNET_BACKEND === 'tokio';

describe.each(implementations)('%s: an end that comes with the last bytes', (name, net) => {
  test.each([false, true])('waits for who answers in setImmediate, Unix: %s', async (path) => {
    const { client, peer } = await pair(net, net, { path });
    const reply = collect(client);
    peer.on('data', () => setImmediate(() => peer.write('reply')));
    client.end('request');
    expect((await reply).toString()).toBe('reply');
  });

  test('comes before what who got these bytes has sent to others', async () => {
    const { client, peer } = await pair(net);
    const other = await pair(net);
    const events = [];
    for (const event of ['data', 'end']) peer.on(event, () => events.push(event));
    other.peer.on('data', () => events.push('passed on'));
    peer.once('data', (data) => {
      other.client.write(data);
      // While this turn lasts, threads that read see what was written.
      spawnSync(process.execPath, ['--version']);
    });
    client.end('request');
    await Promise.all([once(peer, 'end'), once(other.peer, 'data')]);
    expect(events).toEqual(['data', 'end', 'passed on']);
  });

  test('does not overtake an own end', async () => {
    const { client, peer } = await pair(net);
    const events = [];
    for (const event of ['finish', 'end']) peer.on(event, () => events.push(event));
    peer.on('data', () => process.nextTick(() => peer.end()));
    client.end('request');
    await once(peer, 'close');
    expect(events).toEqual(['finish', 'end']);
  });
});

// On the tokio backend either thread may be first.
(hasThreads ? describe.skip : describe).each(implementations)('%s: a connection that was accepted', (name, net) => {
  test.each([false, true])('comes behind the client that it greets, Unix: %s', async (path) => {
    const events = [];
    const server = await listen(net, path ? { listen: tempPath() } : {});
    server.on('connection', (peer) => {
      peer.write('greeting');
      peer.on('data', () => events.push('peer'));
    });
    const client = connect(net, server.at);
    client.on('connect', () => client.write('request'));
    client.on('data', () => events.push('client'));
    while (events.length < 2) await turn();
    expect(events).toEqual(['client', 'peer']);
  });
});

/** Two connections have data in one turn; the listener of the first throws. */
const THROWING = `
process.on('uncaughtException', (error) => console.log('uncaught', error.message));
const order = [];
const server = net.createServer((peer) => {
  peer.once('data', (data) => {
    console.log('data', String(data));
    process.nextTick(() => console.log('tick after', String(data)));
    order.push(data);
    if (order.length === 2) setImmediate(process.exit);
    else throw new Error('by the first');
  });
  server.getConnections((error, count) => {
    if (count === 2) setImmediate(() => clients.forEach((client, n) => client.write(String(n))));
  });
});
const clients = [];
server.listen(0, '127.0.0.1', () => {
  for (let n = 0; n < 2; n++) clients.push(net.connect(server.address().port, '127.0.0.1'));
});
`;

(hasThreads ? describe.skip : describe)('a listener that throws', () => {
  test('leaves its ticks to the next event of the turn', async () => {
    const [builtin, rsnet] = await Promise.all(implementations.map(async ([name]) => {
      const { stdout } = await spawnNode(name, THROWING);
      return stdout;
    }));
    expect(rsnet).toBe(builtin);
    expect(rsnet).toMatch(/^data \d\nuncaught by the first\ndata \d\ntick after/);
  });
});

describe('traces of a turn', () => {
  traceTest('end() and connect() of a connected socket: the connection stays open', async (t) => {
    const { client, peer, server } = await pair(t.net);
    client.end();
    client.connect(server.at);
    await once(client, 'connect');
    peer.write('still open');
    await receive(client, 10);
    await turn(5);
    t.note('client', client.writableEnded, client.writableFinished, client.readyState);
    t.note('peer', peer.readableEnded, peer.readyState);
  });

  if (!hasThreads) {
    traceTest('a Unix client that is dropped at once finds its connection closed when it is connected', async (t) => {
      const { server } = await pair(t.net, t.net, { path: true });
      server.maxConnections = 1;
      const client = t.watch(track(t.net.connect(server.at)), 'client', { except: ['connectionAttempt'] });
      client.on('error', () => {});
      client.write('x', t.callback('client', 'written'));
      await closed(client);
    });

    traceTest('the last bytes of a closed connection and its end come before an own end is done', async (t) => {
      const { client, peer } = await pair(t.net, t.net, { path: true });
      t.watch(client, 'client');
      client.once('data', () => client.end());
      peer.write('x');
      peer.destroy();
      await closed(client);
    });

    traceTest('a paused reader that goes on takes the last bytes, then an end, though it was reset', async (t) => {
      const { client, peer } = await pair(t.net, t.net, {
        path: true, client: { highWaterMark: 100 }, server: { pauseOnConnect: true },
      });
      t.watch(client, 'client');
      client.on('error', () => {});
      client.pause();
      client.write('never read');
      peer.write(Buffer.alloc(500));
      while (client.readableLength < 500) await turn();
      peer.write(Buffer.alloc(2000));
      peer.destroySoon();
      await once(peer, 'close');
      client.resume();
      await closed(client);
    });

    traceTest('data and a reset at once: data, then the reset, or an end and the reset for who writes', async (t) => {
      const { client, peer } = await pair(t.net, t.net, { client: { allowHalfOpen: true } });
      t.watch(client, 'client');
      client.on('error', () => {});
      client.resume();
      peer.write('x');
      peer.resetAndDestroy();
      await new Promise((resolve) => client.once('end', resolve).once('error', resolve));
      client.write('y', t.callback('client', 'written'));
      await closed(client);
    });
  }
});
