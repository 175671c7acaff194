'use strict';

const diagnostics = require('diagnostics_channel');
const { closed, connect, implementations, listen, once, spawnNode, tempPath, traceTest, track } = require('../helpers');

const subscriptions = [];

/**
 * Subscribe until the end of the test.
 *
 * @param {string} name
 * @param {(message: any, name: string) => void} listener
 * @returns {void}
 */
function subscribe(name, listener) {
  diagnostics.subscribe(name, listener);
  subscriptions.push([name, listener]);
}

afterEach(() => {
  for (const [name, listener] of subscriptions.splice(0)) diagnostics.unsubscribe(name, listener);
});

describe.each(implementations)('%s diagnostics_channel', (name, net) => {
  test('net.client.socket tells each socket that connect() and createConnection() make', () => {
    const sockets = [];
    subscribe('net.client.socket', ({ socket }) => sockets.push(socket));
    const first = connect(net, 1, '127.0.0.1');
    first.on('error', () => {}).destroy();
    const second = track(net.createConnection({ port: 1, host: '127.0.0.1' }));
    second.on('error', () => {}).destroy();
    const third = track(new net.Socket());
    third.on('error', () => {}).connect(1, '127.0.0.1');
    third.destroy();
    expect(sockets.slice(0, 2)).toEqual([first, second]);
    expect(sockets.every((socket) => socket instanceof net.Socket)).toBe(true);
  });

  test('net.client.socket tells only of the program\'s, also where it observes entries', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      const { channel } = require('diagnostics_channel');
      const { PerformanceObserver } = require('perf_hooks');
      const seen = [];
      channel('net.client.socket').subscribe(({ socket }) => seen.push(socket));
      const server = net.createServer((peer) => peer.end()).listen(0, '127.0.0.1', () => {
        const dial = (then) => net.connect(server.address().port, '127.0.0.1').resume().on('close', then);
        const own = [dial(() => {
          const observer = new PerformanceObserver((list) => {
            observer.disconnect();
            server.close();
            console.log(list.getEntries().length, seen.length, seen.every((socket, i) => socket === own[i]));
          });
          observer.observe({ entryTypes: ['net'] });
          own.push(dial(() => {}));
        })];
      });
    });
    expect({ stdout, stderr }).toEqual({ stdout: '1 2 true\n', stderr: '' });
  });

  test('net.server.socket tells each accepted socket', async () => {
    const sockets = [];
    subscribe('net.server.socket', ({ socket }) => sockets.push(socket));
    const server = await listen(net);
    const accepted = once(server, 'connection');
    connect(net, server.at);
    const [peer] = await accepted;
    expect(sockets).toHaveLength(1);
    expect(sockets[0]).toBe(peer);
  });

  test('net.server.listen tells options and server', async () => {
    const told = [];
    for (const moment of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
      subscribe(`tracing:net.server.listen:${moment}`, (message) => told.push([moment, { ...message }]));
    }
    const server = track(net.createServer());
    server.listen({ port: 0, host: '127.0.0.1', customOption: true });
    await once(server, 'listening');
    expect(told.map(([moment]) => moment)).toEqual(['asyncStart', 'asyncEnd']);
    expect(told[0][1].server).toBe(server);
    expect(told[0][1].options.customOption).toBe(true);
    expect(told[1][1].server).toBe(server);
  });

  test('a subscriber that throws disturbs nobody', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      process.on('uncaughtException', (error) => console.log(error.message));
      require('diagnostics_channel').subscribe('net.server.socket', () => { throw new Error('from the subscriber'); });
      const server = net.createServer((socket) => socket.end('x'));
      server.listen(0, '127.0.0.1', () => {
        net.connect(server.address().port, '127.0.0.1').resume().on('close', () => server.close());
      });
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'from the subscriber\n', stderr: '' });
  });
});

describe('traces of diagnostics_channel', () => {
  /**
   * Note every message of every channel of `net`, between the events.
   *
   * @param {import('../helpers/trace').Trace} t
   * @returns {void}
   */
  function noteAll(t) {
    for (const moment of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
      subscribe(`tracing:net.server.listen:${moment}`, (message) => t.note('server', moment, message));
    }
    subscribe('net.client.socket', (message) => t.note('client', 'net.client.socket', Object.keys(message)));
    subscribe('net.server.socket', ({ socket }) =>
      t.note('server', 'net.server.socket', socket.connecting, socket.readyState, socket.server === undefined));
  }

  traceTest('a connection over TCP', async (t) => {
    noteAll(t);
    const server = t.watch(t.net.createServer((peer) => peer.end()), 'server');
    t.call('server', 'listen', () => server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const client = t.net.connect({ port: server.address().port, host: '127.0.0.1' });
    t.note('client', 'connect returned');
    await closed(client.resume());
  });

  traceTest('a connection over a Unix path', async (t) => {
    noteAll(t);
    const server = t.watch(t.net.createServer((peer) => peer.end()), 'server');
    t.call('server', 'listen', () => server.listen(t.name(tempPath(), 'path')));
    await once(server, 'listening');
    await closed(t.net.connect(server.address()).resume());
  });

  traceTest('listen fails', async (t) => {
    const taken = await t.listen();
    noteAll(t);
    const server = t.watch(t.net.createServer(), 'server');
    t.call('server', 'listen', () => server.listen(taken.at.port, '127.0.0.1'));
    await new Promise((resolve) => server.once('error', resolve));
  });

  traceTest('listen with wrong arguments', (t) => {
    noteAll(t);
    const server = t.watch(t.net.createServer(), 'server');
    t.note('server', 'begins');
    t.call('server', 'listen', () => server.listen({}));
    t.call('server', 'listen', () => server.listen(-1));
  });

  traceTest('connections that are dropped', async (t) => {
    const server = t.watch(await t.listen(), 'server', { only: ['drop', 'connection'] });
    server.maxConnections = 1;
    const accepted = once(server, 'connection');
    connect(t.net, server.at);
    await accepted;
    noteAll(t);
    server.once('drop', (data) => t.name(data.remotePort, 'client'));
    const told = new Promise((resolve) => server.once('drop', resolve));
    const client = connect(t.net, server.at).resume();
    client.on('error', () => {});
    await told;
    await closed(client);
    t.labels.server = t.labels.server.map(([event]) => event);
  });
});
