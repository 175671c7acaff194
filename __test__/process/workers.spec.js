'use strict';

/* global net, parentPort, workerData, start, serve, message, closed, echo, flood -- given to the code of a child */

const { implementations, requirePath, spawnNode } = require('../helpers');

/** What a child finds: `start(source)`, a worker thread whose code has `net`, and `message(worker)`, its next one. */
const PRELUDE = (name) => `
  const { Worker } = require('worker_threads');
  const start = (body, workerData) => new Worker(
    "const { parentPort, workerData } = require('worker_threads');" +
    "const net = require(" + ${JSON.stringify(JSON.stringify(requirePath(name)))} + ");" +
    "(" + body + ")();", { eval: true, workerData });
  const message = (worker) => new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  const connect = (port) => net.connect(port, '127.0.0.1').on('error', () => {});
  const closed = (socket) => new Promise((resolve) => socket.closed ? resolve() : socket.once('close', resolve));
  const serve = () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    parentPort.on('message', () => {
      parentPort.close();
      server.close();
    });
  };
  const echo = (port, text) => new Promise((resolve, reject) => {
    let reply = '';
    const client = net.connect(port, '127.0.0.1', () => client.end(text));
    client.setEncoding('utf8').on('data', (data) => { reply += data; });
    client.on('close', () => resolve(reply === text)).on('error', reject);
  });
  const flood = (port) => {
    const client = connect(port);
    const block = Buffer.alloc(65536, 'x');
    const more = () => { while (!client.destroyed && client.write(block)); };
    client.on('connect', more).on('drain', more).resume();
    return client;
  };
`;

describe.each(implementations)('%s in worker threads', (name) => {
  /**
   * @param {Function} body async
   * @returns {Promise<void>} fulfils when it printed 'done' and nothing else, and ended well
   */
  async function expectDone(body) {
    const { stdout, stderr, code, signal } = await spawnNode(name, `${PRELUDE(name)}\n(${body})();`);
    expect({ stdout, stderr, code, signal }).toEqual({ stdout: 'done\n', stderr: '', code: 0, signal: null });
  }

  test('a worker serves the main thread and ends by itself', () => expectDone(async () => {
    const worker = start(serve);
    const port = await message(worker);
    if (!await echo(port, 'hello')) throw new Error('another reply');
    worker.postMessage('end');
    await new Promise((resolve) => worker.once('exit', resolve));
    console.log('done');
  }));

  test('several at once, each with server and clients', () => expectDone(async () => {
    const workers = Array.from({ length: 6 }, () => start(serve));
    const ports = await Promise.all(workers.map(message));
    const client = () => {
      const replies = workerData.map((port) => new Promise((resolve, reject) => {
        let length = 0;
        const socket = net.connect(port, '127.0.0.1', () => socket.end(Buffer.alloc(1 << 20, 'x')));
        socket.on('data', (data) => { length += data.length; }).on('error', reject);
        socket.on('close', () => resolve(length));
      }));
      Promise.all(replies).then((lengths) => parentPort.postMessage(lengths.every((length) => length === 1 << 20)));
    };
    const clients = Array.from({ length: 3 }, () => start(client, ports));
    const results = await Promise.all(clients.map(message));
    if (!results.every(Boolean)) throw new Error('bytes are missing');
    for (const worker of workers) worker.postMessage('end');
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    console.log('done');
  }));

  test('terminated with open sockets and flowing traffic', () => expectDone(async () => {
    for (let round = 0; round < 15; round++) {
      const worker = start(serve);
      const port = await message(worker);
      const clients = Array.from({ length: 4 }, () => flood(port));
      // The moment differs with the round: from the first bytes to some hundred KiB.
      await new Promise((resolve) => {
        clients[0].on('data', () => { if (clients[0].bytesRead >= round * 50000) resolve(); });
      });
      await worker.terminate();
      await Promise.all(clients.map(closed));
    }
    const worker = start(serve);
    if (!await echo(await message(worker), 'still works')) throw new Error('another reply');
    await worker.terminate();
    console.log('done');
  }));

  test('terminated at any moment of its start', () => expectDone(async () => {
    const rounds = Array.from({ length: 20 }, async (_, round) => {
      const worker = start(serve);
      for (let turn = 0; turn < round * 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      await worker.terminate();
    });
    await Promise.all(rounds);
    console.log('done');
  }));

  test('process.exit() in a listener ends the worker only', () => expectDone(async () => {
    const worker = start(() => {
      const server = net.createServer((socket) => {
        socket.on('data', () => process.exit(3));
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    });
    const port = await message(worker);
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    const client = flood(port);
    if (await exit !== 3) throw new Error('another exit code');
    await closed(client);
    console.log('done');
  }));

  test('an exception in a listener ends the worker with its error', () => expectDone(async () => {
    const worker = start(() => {
      const server = net.createServer((socket) => {
        socket.on('data', () => { throw new TypeError('from the listener'); });
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    });
    const port = await message(worker);
    const failed = new Promise((resolve) => worker.once('error', resolve));
    const client = flood(port);
    const error = await failed;
    if (error.message !== 'from the listener') throw error;
    await closed(client);
    console.log('done');
  }));

  test('process.exit() of the main thread while workers serve', async () => {
    const { stdout, stderr, code, signal } = await spawnNode(name, `${PRELUDE(name)}\n(${async () => {
      const workers = Array.from({ length: 3 }, () => start(serve));
      const ports = await Promise.all(workers.map(message));
      const clients = ports.map(flood);
      clients[0].on('data', () => { if (clients[0].bytesRead > 1 << 20) process.exit(5); });
    }})();`);
    expect({ stdout, stderr, code, signal }).toEqual({ stdout: '', stderr: '', code: 5, signal: null });
  });

  test('no descriptor is left by a terminated worker', () => expectDone(async () => {
    const fs = require('fs');
    const sockets = () => fs.readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
    const before = sockets();
    for (let round = 0; round < 3; round++) {
      const worker = start(serve);
      const clients = Array.from({ length: 10 }, flood.bind(null, await message(worker)));
      await new Promise((resolve) => clients[9].once('data', resolve));
      await worker.terminate();
      await Promise.all(clients.map(closed));
    }
    if (sockets() > before) throw new Error(`${sockets() - before} sockets are left`);
    console.log('done');
  }));
});
