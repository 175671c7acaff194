'use strict';

// What `write` has reported as sent is in the kernel within 2 ms whatever JavaScript does meanwhile, in order with all
// else that is done to the descriptor, and however the process or the thread ends.

const fs = require('fs');
const nodeNet = require('net');
const {
  closed, collect, implementations, listen, once, pair, receive, requirePath, spawnNode, tempPath, traceTest, track,
} = require('../helpers');

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

/** The millisecond decides whether a write waits: for these programs it stays the same. */
const STOPPED_CLOCK = ['-r', require.resolve('../fixtures/clock/stopped.js')];

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
  ['a signal that its last listener raises again', (socket, write) => {
    process.once('SIGTERM', () => {
      write();
      process.kill(process.pid, 'SIGTERM');
      while (true);
    });
    process.kill(process.pid, 'SIGTERM');
  }, { signal: 'SIGTERM' }],
  ['a signal all of whose listeners are removed', (socket, write) => {
    process.on('SIGHUP', () => {});
    setImmediate(() => {
      process.removeAllListeners('SIGHUP');
      write();
      process.kill(process.pid, 'SIGHUP');
      while (true);
    });
  }, { signal: 'SIGHUP' }],
  ['an exception', (socket, write) => { write(); throw new Error('meant'); }, { code: 1 }],
  ['an exception that aborts', (socket, write) => { write(); throw new Error('meant'); },
    { signal: expect.stringMatching(/^SIG(TRAP|ILL|ABRT)$/) }, ['--abort-on-uncaught-exception']],
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
    test.each(ENDS)('are sent before the end by %s', async (_title, code, end, flags = []) => {
      const { at, connection } = await serve(kind);
      const received = connection.then(collect);
      const { code: exitCode, signal, stderr } = await spawnNode(name, connecting(at, code), {
        flags: [...STOPPED_CLOCK, ...flags],
      });
      expect({ code: exitCode, signal, stderr }).toEqual({ code: null, signal: null, stderr, ...end });
      expect(String(await received)).toBe(WRITTEN);
    });

    const execveTest = typeof process.execve === 'function' ? test : test.skip;
    execveTest.each([
      ['process', 'const { execve } = process;'],
      ['the module', "let execve; import('node:process').then((module) => { execve = module.execve; });"],
    ])('are sent before an execve that was taken from %s before', async (_title, taking) => {
      const { at, connection } = await serve(kind);
      const received = connection.then(collect);
      const { code, stderr } = await spawnNode(name, taking + connecting(at, `(socket, write) => {
        write();
        execve.call(process, '/bin/true', ['true'], {});
      }`), { flags: [...STOPPED_CLOCK, ...(name === 'rsnet' ? ['-r', require.resolve('../../register')] : [])] });
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('Error') });
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
      }), { flags: name === 'rsnet' ? ['-r', require.resolve('../../register')] : [] });
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

describe.each(implementations)('%s: small writes', (name, net) => {
  test.each(['TCP', 'Unix'])('of which each was reported as sent arrive, though the kernel is full (%s)',
    async (kind) => {
      const server = track(net.createServer({ pauseOnConnect: true }));
      server.listen(...(kind === 'Unix' ? [tempPath()] : [0, '127.0.0.1']));
      await once(server, 'listening');
      const { port, address } = typeof server.address() === 'string' ? {} : server.address();
      const client = track(port === undefined ? net.connect(server.address()) : net.connect(port, address));
      const [peer] = await once(server, 'connection');
      client.resume().on('error', () => {});
      const chunk = Buffer.alloc(8000);
      let reported = 0;
      const write = (done) => client.write(chunk, (error) => {
        if (!error && !client.destroyed) reported += chunk.length;
        done?.();
      });
      for (let i = 0; i < 20; i++) await new Promise((resolve) => write(() => setImmediate(resolve)));
      for (let i = 0; i < 8; i++) write(i === 7 ? () => client.destroy() : undefined);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      client.destroy();
      const received = await collect(peer.resume());
      expect(received.length).toBeGreaterThanOrEqual(reported);
    });

  test('of two handles for one connection come in order', async () => {
    const server = await listen(nodeNet);
    const received = once(server, 'connection').then(([socket]) => collect(track(socket)));
    const host = track(nodeNet.connect(server.at));
    await once(host, 'connect');
    const socket = track(new net.Socket({ handle: host._handle }));
    socket.resume();
    await new Promise((resolve) => setImmediate(resolve));
    socket.write('a');
    socket.write('b');
    host.write('c');
    socket.end('d');
    expect(String(await received)).toBe('abcd');
    host.destroy();
  });

  test('are sent, though what async_hooks calls destroys their socket meanwhile', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      const hooks = require('async_hooks');
      const { mkdtempSync, rmSync } = require('fs');
      const folder = mkdtempSync(`${require('os').tmpdir()}/rsnet-spec-`);
      process.on('exit', () => rmSync(folder, { recursive: true }));
      const path = `${folder}/s`;
      const peers = [];
      const server = net.createServer({ pauseOnConnect: true }, (peer) => peers.push(peer));
      server.listen(path, () => {
        const full = net.connect(path, () => {
          const small = net.connect(path, () => setImmediate(fill, 20));
          /** Leaves the kernel nearly no room for what `full` writes. */
          function fill(left) {
            if (left > 0) {
              full.write(Buffer.alloc(8000), () => setImmediate(fill, left - 1));
              return;
            }
            let armed = true;
            hooks.createHook({
              init(id, type) {
                if (!armed || type !== 'WRITEWRAP') return;
                armed = false;
                small.destroy();
              },
            }).enable();
            small.write('1');
            for (let i = 0; i < 2; i++) full.write(Buffer.alloc(8000));
            small.write('2');
            small.write('3');
            for (let i = 0; i < 6; i++) full.write(Buffer.alloc(8000));
            setImmediate(() => setImmediate(() => {
              let text = '';
              small.destroy();
              peers[1].on('data', (data) => { text += data; }).on('close', () => {
                process.stdout.write(text);
                process.exit();
              }).resume();
            }));
          }
          small.resume();
        });
        full.resume().on('error', () => {});
      });
    }, { flags: STOPPED_CLOCK });
    expect({ stdout, stderr }).toEqual({ stdout: '123', stderr: '' });
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
