'use strict';

const fs = require('fs');
const {
  closed, closedPort, connect, implementations, listen, once, spawnNode, tempPath, traceTest, track,
} = require('../helpers');

/** What a lookup answers: two addresses of this machine. */
const BOTH = [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }];

describe('traces of failing connections', () => {
  const targets = {
    'refused, IPv4': async (t) => ({ port: t.name(await closedPort(), 'closed'), host: '127.0.0.1' }),
    'refused, IPv6': async (t) => ({ port: t.name(await closedPort(), 'closed'), host: '::1' }),
    'refused, IPv6 without selection': async (t) => ({
      port: t.name(await closedPort(), 'closed'), host: '::1', autoSelectFamily: false }),
    'refused, localhost': async (t) => ({
      port: t.name(await closedPort(), 'closed'), host: 'localhost', family: 4 }),
    'port 0': () => ({ port: 0, host: '127.0.0.1' }),
    'no such path': (t) => ({ path: t.name(tempPath(), 'path') }),
    'a path that is a file': (t) => {
      const path = t.name(tempPath(), 'path');
      fs.writeFileSync(path, '');
      return { path };
    },
    'a path that is a folder': (t) => ({ path: t.name(require('path').dirname(tempPath()), 'folder') }),
    'a path below a file': (t) => {
      const path = t.name(tempPath(), 'path');
      fs.writeFileSync(path, '');
      return { path: `${path}/more` };
    },
    'a path that is too long': () => ({ path: `/${'x'.repeat(200)}` }),
    'a path as long as it may be': () => ({ path: `/${'x'.repeat(106)}` }),
    'a path one longer': () => ({ path: `/${'x'.repeat(107)}` }),
    'an abstract name that nobody has': () => ({ path: '\0rsnet-spec-nobody' }),
    'an abstract name that is too long': () => ({ path: `\0${'x'.repeat(200)}` }),
  };
  for (const [title, make] of Object.entries(targets)) {
    traceTest(title, async (t) => {
      const at = await make(t);
      const socket = t.watch(new t.net.Socket(), 'socket', { props: ['connecting', 'destroyed'] });
      t.call('socket', 'connect', () => socket.connect(at, t.callback('socket', 'listener')));
      t.call('socket', 'write', () => socket.write('x', t.callback('socket', 'written')));
      t.note('socket', socket.connecting, socket.pending);
      socket.on('error', () => t.ticks('socket', 'error'));
      await closed(socket);
    });
  }

  traceTest('a server that has closed its path', async (t) => {
    const path = t.name(tempPath(), 'path');
    const server = await t.listen({ listen: path });
    await new Promise((resolve) => server.close(resolve));
    const socket = t.watch(t.net.connect(path), 'socket');
    await closed(socket);
  });

  traceTest('end() before a connection that fails', async (t) => {
    const port = t.name(await closedPort(), 'closed');
    const socket = t.watch(t.net.connect(port, '127.0.0.1'), 'socket');
    socket.on('error', () => {});
    t.call('socket', 'end', () => socket.end('x', t.callback('socket', 'ended')));
    await closed(socket);
  });

  traceTest('destroy(error) wins over the failure', async (t) => {
    const port = t.name(await closedPort(), 'closed');
    const socket = t.watch(t.net.connect(port, '127.0.0.1'), 'socket');
    socket.on('error', () => {});
    socket.destroy(new Error('mine'));
    await closed(socket);
  });

  for (const [title, at] of [
    ['one address', {}],
    ['several addresses', { host: 'name', lookup: (host, options, done) => done(null, BOTH) }],
  ]) {
    traceTest(`reset by the server before the client hears of it, ${title}`, async (t) => {
      const server = await t.listen((peer) => peer.resetAndDestroy());
      const socket = t.watch(t.net.connect({ ...server.at, ...at }), 'socket', { props: ['connecting', 'destroyed'] });
      socket.on('error', () => t.ticks('socket', 'error'));
      t.call('socket', 'write', () => socket.write('x', t.callback('socket', 'written')));
      socket.resume();
      await closed(socket);
    });
  }

  traceTest('a path without permission', async (t) => {
    // Root may open everything, so the trace is that of whoever runs it, for both alike.
    const server = await t.listen({ listen: tempPath() });
    fs.chmodSync(server.at.path, 0);
    const socket = t.watch(t.net.connect(server.at), 'socket');
    await Promise.race([closed(socket), once(socket, 'ready').catch(() => closed(socket))]);
  });
});

describe.each(implementations)('%s: failing connections', (name, net) => {
  test('a hundred refused connections, each with its error, none left', async () => {
    const port = await closedPort();
    const codes = await Promise.all(Array.from({ length: 100 }, async () => {
      const socket = connect(net, port, '127.0.0.1');
      const [error] = await once(socket, 'error');
      await closed(socket);
      return error.code;
    }));
    expect(new Set(codes)).toEqual(new Set(['ECONNREFUSED']));
  });

  test('no descriptors left: EMFILE when connecting, and recovery', async () => {
    const { code, stdout, stderr } = await spawnNode(name, () => {
      const server = net.createServer((peer) => peer.end('hello'));
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        const taken = [];
        net.connect(port, '127.0.0.1').resume().on('close', () => {
          try {
            for (;;) taken.push(fs.openSync('/dev/null'));
          } catch (error) {
            console.log(error.code);
          }
          const socket = net.connect(port, '127.0.0.1');
          socket.on('error', (error) => console.log(error.code, error.syscall, error.address));
          socket.on('close', (hadError) => {
            console.log(hadError);
            for (const fd of taken) fs.closeSync(fd);
            net.connect(port, '127.0.0.1').on('data', (data) => console.log(String(data))).on('close', () => {
              server.close();
            });
          });
        });
      });
    }, { prefix: ['sh', '-c', 'ulimit -n 64; exec "$0" "$@"'] });
    expect(stderr).toBe('');
    expect(stdout).toBe('EMFILE\nEMFILE connect 127.0.0.1\ntrue\nhello\n');
    expect(code).toBe(0);
  });

  test('a connect listener that throws is an uncaught exception', async () => {
    const { code, stdout, stderr } = await spawnNode(name, () => {
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const server = net.createServer((peer) => peer.on('error', () => {}).resume());
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          setImmediate(() => socket.destroy());
          server.close();
          throw new Error('from the listener');
        });
        socket.on('error', (error) => console.log('error event', error.message));
        socket.on('close', (hadError) => console.log('close', hadError));
      });
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('uncaught from the listener\nclose false\n');
    expect(code).toBe(0);
  });

  test('a data listener that throws is an uncaught exception, and the socket goes on', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const server = net.createServer((peer) => {
        peer.write('one');
        peer.once('data', () => peer.end('two'));
      });
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1');
        socket.once('data', () => {
          socket.write('next');
          throw new Error('from data');
        });
        socket.on('data', (data) => console.log(String(data)));
        socket.on('close', () => {
          console.log('close');
          server.close();
        });
      });
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('uncaught from data\ntwo\nclose\n');
  });

  test('captureRejections: a listener that rejects destroys the socket', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket({ captureRejections: true }));
    socket.connect(server.at, async () => {
      throw new Error('rejected');
    });
    const [error] = await once(socket, 'error');
    expect(error.message).toBe('rejected');
    await closed(socket);
  });
});
