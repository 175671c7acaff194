'use strict';

// What `write` has reported as sent is in the kernel within 2 ms whatever JavaScript does meanwhile, in order with all
// else that is done to the descriptor, and however the process or the thread ends.

const fs = require('fs');
const nodeNet = require('net');
const {
  closed, collect, implementations, listen, once, pair, receive, requirePath, spawnNode, tempPath, traceTest, track,
} = require('./helpers');

/** What the children write, by several writes of one callback. */
const WRITTEN = '0123456789';

/**
 * What a worker thread does.
 *
 * @param {import('net').Socket} _socket
 * @param {function(): void} write
 */
function writeAndLoop(_socket, write) {
  write();
  require('worker_threads').parentPort.postMessage('written');
  while (true);
}

/**
 * A server for one child.
 *
 * @param {string} kind 'TCP' or 'Unix'
 * @returns {Promise<{at: string, connection: Promise<import('net').Socket>}>} where, as source text
 */
async function serve(kind) {
  const server = kind === 'TCP' ? await listen(nodeNet) : track(nodeNet.createServer());
  if (kind === 'Unix') {
    server.listen(tempPath());
    await once(server, 'listening');
  }
  const at = JSON.stringify(kind === 'Unix' ? { path: server.address() } : { ...server.at });
  return { at, connection: once(server, 'connection').then(([socket]) => track(socket)) };
}

/**
 * Source that connects and then runs a function of (socket, write); `write()` writes what is expected.
 *
 * @param {string} at where, as source text
 * @param {Function|string} code
 * @returns {string}
 */
function connecting(at, code) {
  return `
    const socket = net.connect(${at}, () => {
      const write = () => { for (const text of '${WRITTEN}') socket.write(text); };
      // Only who reads has several writes sent together.
      socket.resume();
      setImmediate(() => (${code})(socket, write));
    });
    socket.on('error', () => {});`;
}

/** Ways in which a process ends that no listener hears of, and how the parent sees it. */
const ENDS = [
  ['process.exit()', (socket, write) => { write(); process.exit(); }, { code: 0 }],
  ['process.reallyExit()', (socket, write) => { write(); process.reallyExit(5); }, { code: 5 }],
  ['process.abort()', (socket, write) => { write(); process.abort(); }, { signal: 'SIGABRT' }],
  ...['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM'].map((signal) => [
    signal, `(socket, write) => { write(); process.kill(process.pid, '${signal}'); while (true); }`, { signal },
  ]),
  ['a signal that had a listener before', (socket, write) => {
    const listener = () => {};
    process.on('SIGUSR2', listener);
    setImmediate(() => {
      process.off('SIGUSR2', listener);
      // Nothing tells when the last listener has gone: rsnet looks now and then while anything is written.
      setTimeout(() => { write(); process.kill(process.pid, 'SIGUSR2'); while (true); }, 100);
    });
  }, { signal: 'SIGUSR2' }],
  ['an exception', (socket, write) => { write(); throw new Error('meant'); }, { code: 1 }],
  ['an exception of an uncaughtException listener', (socket, write) => {
    process.on('uncaughtException', () => { write(); throw new Error('meant'); });
    throw new Error('first');
  }, { code: 7 }],
  ['a listener of exit', (socket, write) => {
    process.on('exit', write);
    process.exit();
  }, { code: 0 }],
  ['a listener of exit that throws', (socket, write) => {
    process.on('exit', () => { write(); throw new Error('meant'); });
    process.exit();
  }, { code: 1 }],
];

if (typeof process.execve === 'function') {
  ENDS.push(['process.execve()', (socket, write) => {
    write();
    process.execve('/bin/true', ['true'], {});
  }, { code: 0 }]);
}

describe.each(implementations)('%s: several writes of one callback', (name) => {
  describe.each(['TCP', 'Unix'])('over %s', (kind) => {
    test.each(ENDS)('are sent before the end by %s', async (_title, code, end) => {
      const { at, connection } = await serve(kind);
      const received = connection.then(collect);
      const { code: exitCode, signal, stderr } = await spawnNode(name, connecting(at, code));
      expect({ code: exitCode, signal, stderr }).toEqual({ code: null, signal: null, stderr, ...end });
      expect(String(await received)).toBe(WRITTEN);
    });

    test('are sent while the thread is blocked', async () => {
      const { at, connection } = await serve(kind);
      let child;
      const ended = spawnNode(name, connecting(at, (socket, write) => {
        write();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }), { onStart: (started) => { child = started; } });
      expect(String(await receive(await connection, WRITTEN.length))).toBe(WRITTEN);
      process.kill(-child.pid, 'SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
    });

    test('are sent before a worker thread is terminated', async () => {
      const { at, connection } = await serve(kind);
      const received = connection.then(collect);
      const { stderr } = await spawnNode(name, `
        const { Worker } = require('worker_threads');
        const source = 'const net = require(require("worker_threads").workerData);' +
          ${JSON.stringify(`const writeAndLoop = ${writeAndLoop};${connecting(at, 'writeAndLoop')}`)};
        const worker = new Worker(source, { eval: true, workerData: ${JSON.stringify(requirePath(name))} });
        worker.on('message', () => worker.terminate());`);
      expect(stderr).toBe('');
      expect(String(await received)).toBe(WRITTEN);
    });

    test('come before what a child writes that has the descriptor', async () => {
      const { at, connection } = await serve(kind);
      const received = connection.then(collect);
      const { stderr } = await spawnNode(name, connecting(at, (socket, write) => {
        write();
        require('child_process').spawnSync(process.execPath, ['-e', 'process.stdout.write("child")'],
          { stdio: ['ignore', socket._handle.fd, 'inherit'], timeout: 10000 });
        socket.write('and ');
        socket.end('after');
      }));
      expect(stderr).toBe('');
      expect(String(await received)).toBe(`${WRITTEN}childand after`);
    });

    test('come before what a child writes whose stdio the socket is', async () => {
      const { at, connection } = await serve(kind);
      const received = connection.then(collect);
      const { stderr } = await spawnNode(name, connecting(at, (socket, write) => {
        write();
        const { spawn } = require('child_process');
        const child = spawn('/bin/echo', ['-n', 'child'], { stdio: ['ignore', socket, 'inherit'], timeout: 10000 });
        const begin = Date.now();
        while (Date.now() - begin < 50);
        child.on('exit', () => process.exit());
      }), { flags: name === 'rsnet' ? ['-r', require.resolve('../lib/register')] : [] });
      expect(stderr).toBe('');
      expect(String(await received)).toBe(`${WRITTEN}child`);
    });
  });
});

describe('writes and the descriptor', () => {
  traceTest('writes to it come in order', async (t) => {
    const { client, peer } = await pair(t.net);
    const received = collect(peer);
    for (let i = 0; i < 5; i++) client.write(`a${i}`);
    const { fd } = client._handle;
    fs.writeSync(fd, ' b ');
    client.write('c1');
    client.write('c2');
    fs.writeSync(fd, ' d ');
    client.write('e1');
    client.write('e2');
    client.end();
    t.note('received', String(await received));
  });

  traceTest('a copy of it, too', async (t) => {
    const { client, peer } = await pair(t.net);
    const received = collect(peer);
    const { fd } = client._handle;
    for (let i = 0; i < 3; i++) {
      client.write('1');
      client.write('2');
      fs.writeSync(fd, '3');
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.end();
    t.note('received', String(await received));
  });
});

describe('writes to a peer that has gone', () => {
  for (const how of ['destroy', 'resetAndDestroy']) {
    traceTest(`the write that meets it tells so: ${how} in the same callback`, async (t) => {
      const { client, peer } = await pair(t.net);
      t.watch(client, 'client');
      client.resume();
      peer.on('error', () => {});
      for (const text of ['1', '2', '3']) client.write(text, t.callback('client', `written ${text}`));
      peer[how]();
      for (const text of ['4', '5', '6']) client.write(text, t.callback('client', `written ${text}`));
      await closed(client);
    });
  }
});
