'use strict';

/* global net -- given by spawnNode to the code of a child */

const { spawnSync } = require('child_process');
const { closed, connect, implementations, spawnNode } = require('../helpers');
const { Child } = require('../helpers/child');

/** prlimit(1) lowers the limit of a process that runs already; it is part of util-linux. */
const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

/**
 * A server which lowers its own limit of descriptors when it listens; it answers each connection with a byte,
 * counts, and tells its port, each error and, when asked, its counts.
 */
function starvedServer() {
  const { execFileSync } = require('child_process');
  const fs = require('fs');
  const peers = new Set();
  const tell = (message) => process.send(message);
  process.on('uncaughtException', (error) => tell({ uncaught: error.message }));
  const server = net.createServer((socket) => {
    peers.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => peers.delete(socket));
    socket.resume();
    socket.write('x');
  });
  server.on('error', (error) => tell({ error: error.message }));
  server.on('drop', () => tell({ drop: true }));
  process.on('message', (message) => {
    if (message === 'release') {
      let left = peers.size;
      if (left === 0) tell({ release: true });
      for (const peer of peers) {
        peer.on('close', () => --left === 0 && tell({ release: true }));
        peer.destroy();
      }
    }
    if (message === 'end') {
      server.close(() => process.disconnect());
      for (const peer of peers) peer.destroy();
    }
  });
  server.listen({ port: 0, host: '127.0.0.1' }, () => {
    const limit = fs.readdirSync('/proc/self/fd').length + 10;
    execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${limit}:${limit}`]);
    tell({ port: server.address().port });
  });
}

/**
 * Open connections and wait until each was either answered or closed.
 *
 * @param {typeof import('net')} net
 * @param {number} port
 * @param {number} number
 * @returns {Promise<{answered: import('net').Socket[], refused: number}>}
 */
async function knock(net, port, number) {
  const answered = [];
  let refused = 0;
  await Promise.all(Array.from({ length: number }, () => new Promise((resolve) => {
    const client = connect(net, port, '127.0.0.1');
    client.on('error', () => {});
    client.once('data', () => {
      answered.push(client);
      resolve();
    });
    client.once('close', () => {
      if (!answered.includes(client)) refused++;
      resolve();
    });
    client.resume();
  })));
  return { answered, refused };
}

(canLimit ? describe : describe.skip).each(implementations)('%s without descriptors', (name, net) => {
  test('a server that runs out of descriptors drops connections, survives and recovers', async () => {
    const child = new Child(name, starvedServer);
    const port = await child.heard('port');
    for (let round = 0; round < 3; round++) {
      const { answered, refused } = await knock(net, port, 40);
      expect(answered.length + refused).toBe(40);
      expect(answered.length).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(0);
      await child.ask('release');
      await Promise.all(answered.map((client) => closed(client)));
      const after = await knock(net, port, 1);
      expect(after.answered).toHaveLength(1);
      after.answered[0].destroy();
    }
    child.send('end');
    const { code, stderr } = await child.result;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(child.told.filter((message) => message.error || message.uncaught || message.drop)).toEqual([]);
  });

  test('a client without a descriptor gets EMFILE, later ones connect', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      const { execFileSync } = require('child_process');
      const fs = require('fs');
      const server = net.createServer((socket) => socket.end('x'));
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        // What a first connection loads is there before descriptors run out.
        net.connect(port, '127.0.0.1').resume().on('close', () => {
          execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile=64:64']);
          const files = [];
          try {
            for (;;) files.push(fs.openSync('/dev/null'));
          } catch (error) {
            console.log(error.code);
          }
          const client = net.connect(port, '127.0.0.1');
          console.log('returned', client.connecting);
          client.on('error', (error) => console.log(error.message.replace(/:\d+/, ''), error.syscall));
          client.on('close', (hadError) => {
            console.log('close', hadError);
            for (const file of files) fs.closeSync(file);
            net.connect(port, '127.0.0.1').on('data', (data) => console.log(String(data)))
              .on('close', () => server.close());
          });
        });
      });
    });
    expect(stderr).toBe('');
    expect(stdout).toBe([
      'EMFILE', 'returned true', 'connect EMFILE 127.0.0.1 - Local (undefined:undefined) connect',
      'close true', 'x', '',
    ].join('\n'));
  });

  test('listen without a descriptor gives EMFILE, later it works', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      const { execFileSync } = require('child_process');
      const fs = require('fs');
      const first = net.createServer();
      first.listen(0, '127.0.0.1', () => first.close(() => {
        execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile=64:64']);
        const files = [];
        try {
          for (;;) files.push(fs.openSync('/dev/null'));
        } catch (error) {
          console.log(error.code);
        }
        const server = net.createServer();
        server.on('error', (error) => {
          console.log(error.message, error.code, error.syscall, server.listening);
          for (const file of files) fs.closeSync(file);
          server.listen(0, '127.0.0.1', () => {
            console.log('listening');
            server.close();
          });
        });
        server.listen(0, '127.0.0.1');
      }));
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('EMFILE\nlisten EMFILE: too many open files 127.0.0.1 EMFILE listen false\nlistening\n');
  });
});
