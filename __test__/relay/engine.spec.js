'use strict';

// How the engine moves the bytes of `net.relay()`: without JavaScript, on Linux, and what it leaves behind.

const fs = require('fs');
const path = require('path');
const { closed, collect, describeRsnet, once, receive, root, spawnNode, turn } = require('../helpers');
const { relayBy } = require('../../lib/api/relay');
const { pattern, twoPairs } = require('../helpers/relayed');

const onLinux = process.platform === 'linux' ? test : test.skip;

/** @returns {string[]} what the descriptors of this process are, such as 'pipe:[1234]' */
function descriptors() {
  return fs.readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

/**
 * Descriptors of the test before may go meanwhile, so they are known by what they are of.
 *
 * @param {string[]} before
 * @returns {Promise<void>}
 */
async function expectNoMoreThan(before) {
  const more = () => {
    const known = [...before];
    return descriptors().filter((name) => {
      const at = known.indexOf(name);
      if (at >= 0) known.splice(at, 1);
      return at < 0;
    });
  };
  for (let turns = 100; more().length > 0 && turns > 0; turns--) await turn();
  expect(more()).toEqual([]);
}

const count = (list, kind) => list.filter((name) => name.startsWith(kind)).length;

describeRsnet('relay in the engine', (rsnet) => {
  const { connect, createServer } = rsnet;
  const { engineMover } = require('../../lib/api/relay-engine');
  /** Its bytes go through the engine from the first one on. */
  const net = { connect, createServer, relay: relayBy(engineMover, 0) };

  /** One relay of a few bytes, from its begin to its end. */
  async function shortRelay() {
    const { left, a, b, right, servers } = await twoPairs(net);
    for (const server of servers) server.close();
    const done = net.relay(a, b);
    left.end('ping');
    right.end('pong');
    const texts = await Promise.all([collect(right, 'utf8'), collect(left, 'utf8'), done]);
    await Promise.all([a, b, left, right].map(closed));
    return texts;
  }

  onLinux('the bytes do not pass JavaScript', async () => {
    const { left, a, b, right } = await twoPairs(net);
    const done = net.relay(a, b);
    const seen = jest.fn();
    const push = jest.spyOn(a, 'push');
    a.on('data', seen);
    left.write('before ');
    await receive(right, 7);
    left.end(pattern(1 << 20));
    right.end();
    expect((await collect(right)).length).toBe(1 << 20);
    expect((await done).aToB).toBe(7 + (1 << 20));
    expect(seen).not.toHaveBeenCalled();
    // Only the end.
    expect(push.mock.calls).toEqual([[null]]);
  });

  onLinux('after 64 KB the bytes do not pass JavaScript any more', async () => {
    const { left, a, b, right } = await twoPairs(rsnet);
    const done = rsnet.relay(a, b);
    const push = jest.spyOn(a, 'push');
    const emit = jest.spyOn(a, 'emit');
    const seen = () => push.mock.calls.length + emit.mock.calls.filter(([event]) => event === 'data').length;
    const send = async (bytes) => {
      const arrived = receive(right, bytes);
      left.write(pattern(bytes));
      await arrived;
    };
    await send(1000);
    expect(seen()).toBeGreaterThan(0);
    await send(70_000);
    while (Object.getOwnPropertyDescriptor(a._handle, 'readStart') === undefined) await turn();
    const before = seen();
    for (let i = 0; i < 20; i++) await send(50_000);
    expect(seen()).toBe(before);
    left.end();
    right.end();
    expect(await done).toEqual({ aToB: 1_071_000, bToA: 0 });
  });

  onLinux('a pipe is made for bulk, and for nothing else', async () => {
    const before = count(descriptors(), 'pipe:');
    const { left, a, b, right } = await twoPairs(net);
    const done = net.relay(a, b);
    for (let i = 0; i < 20; i++) {
      const arrived = receive(right, 1024);
      left.write(pattern(1024));
      await arrived;
    }
    expect(count(descriptors(), 'pipe:')).toBe(before);
    const bulk = receive(right, 5_000_000);
    left.write(pattern(5_000_000));
    await bulk;
    expect(count(descriptors(), 'pipe:')).toBe(before + 2);
    // Small messages again: the pipe goes.
    for (let i = 0; i < 20; i++) {
      const arrived = receive(right, 1024);
      left.write(pattern(1024));
      await arrived;
    }
    while (count(descriptors(), 'pipe:') > before) await turn();
    left.end();
    right.end();
    expect((await done).aToB).toBe(5_000_000 + 40 * 1024);
  });

  onLinux('500 short relays leave no descriptor', async () => {
    // The first one starts the thread.
    await shortRelay();
    const before = descriptors();
    for (let i = 0; i < 50; i++) {
      const all = await Promise.all(Array.from({ length: 10 }, shortRelay));
      for (const [there, back, counts] of all) {
        expect([there, back, counts]).toEqual(['ping', 'pong', { aToB: 4, bToA: 4 }]);
      }
    }
    await expectNoMoreThan(before);
  });

  onLinux('relays that are aborted or fail leave no descriptor', async () => {
    await shortRelay();
    const before = descriptors();
    for (let i = 0; i < 20; i++) {
      const { left, a, b, right, servers } = await twoPairs(net);
      for (const server of servers) server.close();
      const controller = new AbortController();
      const done = net.relay(a, b, { signal: controller.signal }).catch(({ code }) => code);
      for (const socket of [left, right]) socket.on('error', () => {});
      // Nobody reads: there are bytes in the pipe.
      left.write(pattern(20_000_000));
      right.write(pattern(20_000_000));
      while (b.bytesWritten === 0 || a.bytesWritten === 0) await turn();
      if (i % 2 === 0) controller.abort();
      else right.resetAndDestroy();
      expect(typeof await done).toBe('string');
      for (const socket of [left, right]) socket.destroy();
      await Promise.all([a, b, left, right].map(closed));
    }
    await expectNoMoreThan(before);
  });

  test('many relays of bulk at the same time', async () => {
    const bytes = pattern(2_000_000);
    await Promise.all(Array.from({ length: 20 }, async () => {
      const { left, a, b, right } = await twoPairs(net);
      const done = net.relay(a, b);
      left.end(bytes);
      right.end(bytes);
      const [there, back] = await Promise.all([collect(right), collect(left)]);
      expect([there.equals(bytes), back.equals(bytes)]).toEqual([true, true]);
      expect(await done).toEqual({ aToB: bytes.length, bToA: bytes.length });
    }));
  });

  test('a relay keeps the process alive, unless its sockets do not', async () => {
    const child = await spawnNode('rsnet', () => {
      const relay = require(`${process.argv[1]}/lib/api/relay`).relayBy(
        require(`${process.argv[1]}/lib/api/relay-engine`).engineMover, 0);
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.once('data', (data) => setTimeout(() => socket.end(data), 50).unref());
      });
      server.listen(0, '127.0.0.1', async () => {
        const { port } = server.address();
        const front = net.createServer((a) => {
          const b = net.connect(port, '127.0.0.1');
          relay(a, b).then(({ aToB, bToA }) => console.log(aToB, bToA));
        });
        front.listen(0, '127.0.0.1', () => {
          const client = net.connect(front.address().port, '127.0.0.1', () => client.end('hello'));
          client.resume();
          client.unref();
          server.unref();
          front.unref();
          server.on('connection', (socket) => socket.unref());
        });
      });
    }, { args: [root] });
    expect(child).toMatchObject({ code: 0, stdout: '5 5\n', stderr: '' });
    const idle = await spawnNode('rsnet', () => {
      const relay = require(`${process.argv[1]}/lib/api/relay`).relayBy(
        require(`${process.argv[1]}/lib/api/relay-engine`).engineMover, 0);
      const server = net.createServer((socket) => socket.unref());
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        const sockets = [0, 1].map(() => net.connect(port, '127.0.0.1'));
        Promise.all(sockets.map((socket) => new Promise((resolve) => { socket.on('connect', resolve); }))).then(() => {
          relay(...sockets);
          for (const socket of sockets) socket.unref();
          server.unref();
          console.log('over');
        });
      });
    }, { args: [root] });
    expect(idle).toMatchObject({ code: 0, stdout: 'over\n', stderr: '', timedOut: false });
  });

  test('a worker that ends takes its relays with it', async () => {
    const child = await spawnNode('rsnet', () => {
      const { Worker, isMainThread, parentPort } = require('worker_threads');
      const code = `
        const { connect, createServer } = require(process.argv[2]);
        const { engineMover } = require(process.argv[2] + '/lib/api/relay-engine');
        const relay = require(process.argv[2] + '/lib/api/relay').relayBy(engineMover, 0);
        const net = { connect, createServer, relay };
        const { parentPort } = require('worker_threads');
        const server = net.createServer((a) => {
          const b = net.connect(server.address().port, '127.0.0.1');
          server.removeAllListeners('connection');
          net.relay(a, b).catch(() => {});
          server.on('connection', (socket) => socket.on('data', () => parentPort.postMessage('relays')));
        });
        server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').write('x'));
      `;
      const fds = () => require('fs').readdirSync('/proc/self/fd').length;
      const run = () => new Promise((resolve, reject) => {
        const worker = new Worker(code, { eval: true, argv: [process.argv[1]] });
        worker.on('error', reject);
        worker.on('message', () => worker.terminate().then(resolve));
      });
      (async () => {
        await run();
        const before = process.platform === 'linux' ? fds() : 0;
        for (let i = 0; i < 5; i++) await run();
        console.log(process.platform === 'linux' ? fds() - before : 0, isMainThread, parentPort);
      })();
    }, { args: [root] });
    expect(child).toMatchObject({ code: 0, stdout: '0 true null\n', stderr: '' });
  });

  test('the example runs, and ends', async () => {
    const file = path.join(root, 'examples', 'relay.js');
    const child = await spawnNode('rsnet', `require(${JSON.stringify(file)});`);
    expect(child).toMatchObject({ code: 0, stderr: '', timedOut: false });
    expect(child.stdout).toBe('hello through a proxy\n21 bytes there, 21 back\n');
  });

  test('a listener that is added meanwhile hears the end', async () => {
    const { left, a, b, right } = await twoPairs(net);
    const done = net.relay(a, b);
    const readable = jest.fn();
    a.on('readable', readable);
    left.end('x');
    await once(right.resume(), 'end');
    right.end();
    expect(await done).toEqual({ aToB: 1, bToA: 0 });
  });
});
