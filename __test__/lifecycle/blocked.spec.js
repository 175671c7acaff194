'use strict';

/* global net -- given by spawnNode to the code of a child */

const crypto = require('crypto');
const path = require('path');
const builtin = require('net');
const { closed, connect, implementations, listen, once } = require('../helpers');
const { Child } = require('../helpers/child');
const { randomBytes } = require('../helpers/random');

const FIXTURE = JSON.stringify(path.join(__dirname, '..', 'fixtures', 'lifecycle', 'blocked-server.js'));
const MIB = 1 << 20;
const CONNECTIONS = 12;
/** What each connection sends: together far more than may be held. */
const BYTES = 24 * MIB;
/** What a process may grow by while its JS thread stands still. */
const GROWTH = 48 * MIB;
const source = randomBytes(3, 4 * MIB);

/**
 * Send BYTES, another part of the source with each connection, as the peer takes them.
 *
 * @param {import('net').Socket} socket
 * @param {number} index
 * @returns {Promise<string>} checksum
 */
async function send(socket, index) {
  const hash = crypto.createHash('sha1');
  for (let position = 0; position < BYTES; position += MIB) {
    const start = (index * 100003 + position) % (source.length - MIB);
    const block = source.subarray(start, start + MIB);
    hash.update(block);
    if (!socket.write(block)) await once(socket, 'drain');
  }
  socket.end();
  return hash.digest('hex');
}

describe.each(implementations)('%s: a JS thread that stands still while peers send', (name) => {
  test.each(['wait', 'loop'])('(%s) holds little memory, and then everything arrives', async (how) => {
    const options = JSON.stringify({ connections: CONNECTIONS, how });
    const child = new Child(name, `require(${FIXTURE}).serveBlocked(net, ${options});`, { limit: 60000 });
    const port = await child.heard('port');
    const sockets = Array.from({ length: CONNECTIONS }, () => connect(builtin, port, '127.0.0.1').resume());
    const sent = await Promise.all(sockets.map(send));
    const { digests, growth, read } = await child.heard('result');
    expect(digests.sort()).toEqual(sent.sort());
    expect(growth).toBeLessThan(GROWTH);
    expect(read).toBeLessThan(GROWTH);
    await Promise.all(sockets.map(closed));
    expect(await child.result).toMatchObject({ code: 0, stderr: '', timedOut: false });
  }, 70000);

  test('timeouts and writes that were due meanwhile come afterwards, in order', async () => {
    const child = new Child(name, () => {
      const events = [];
      const server = net.createServer((peer) => peer.resume().on('error', () => {}));
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1', () => {
          client.setTimeout(200, () => {
            events.push('timeout');
            client.destroy();
          });
          client.write('x', () => {
            events.push('written');
            for (const end = Date.now() + 600; Date.now() < end;);
            events.push('blocked');
          });
        });
        client.on('close', () => server.close(() => {
          process.send({ events });
          process.disconnect();
        }));
      });
    });
    expect(await child.heard('events')).toEqual(['written', 'blocked', 'timeout']);
    expect(await child.result).toMatchObject({ code: 0, stderr: '', timedOut: false });
  });
});

describe.each(implementations)('%s: a process that is stopped and continued', (name, implementation) => {
  /** What the child does: an echo server, or a client that sends back what it gets. */
  const echo = () => {
    const each = (socket) => socket.on('error', () => {}).pipe(socket);
    if (process.argv[1] === 'client') return void each(net.connect(Number(process.argv[2]), '127.0.0.1'));
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      each(socket);
      server.close();
    });
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
    process.channel.unref();
  };

  /**
   * Send through the child and stop it in the middle, several times.
   *
   * @param {import('net').Socket} socket
   * @param {Child} child
   * @returns {Promise<void>} when all is back
   */
  async function through(socket, child) {
    const back = crypto.createHash('sha1');
    let received = 0;
    const half = new Promise((resolve) => {
      socket.on('data', (data) => {
        back.update(data);
        received += data.length;
        if (received > 2 * MIB) resolve();
      });
    });
    // All may be back before the last round.
    const ended = once(socket, 'end');
    const sent = send(socket, 1);
    await half;
    for (let round = 0; round < 5 && received < BYTES; round++) {
      // It may have sent the last, and be gone.
      if (!child.process.kill('SIGSTOP')) break;
      // It stands still: what comes back has to end, though more is to come.
      for (let before = -1; before !== received;) {
        before = received;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      child.process.kill('SIGCONT');
      const before = received;
      while (received === before && received < BYTES) await once(socket, 'data');
    }
    await ended;
    expect(received).toBe(BYTES);
    expect(back.digest('hex')).toBe(await sent);
    expect(await child.result).toMatchObject({ code: 0, stderr: '', timedOut: false });
  }

  test('a server in the middle of a transfer loses nothing', async () => {
    const child = new Child(name, echo, { args: ['server'], limit: 60000 });
    const port = await child.heard('port');
    await through(connect(implementation, { port, host: '127.0.0.1', allowHalfOpen: true }), child);
  }, 70000);

  test('a client in the middle of a transfer loses nothing', async () => {
    const server = await listen(implementation, { allowHalfOpen: true });
    const accepted = once(server, 'connection');
    const child = new Child(name, `(${echo})(); process.channel.unref();`,
      { args: ['client', String(server.at.port)], limit: 60000 });
    const [socket] = await accepted;
    await through(socket, child);
  }, 70000);

  test('timeouts go on when it does', async () => {
    const child = new Child(name, () => {
      const events = [];
      const server = net.createServer((peer) => peer.resume());
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1', () => {
          client.setTimeout(300);
          process.send({ armed: true });
        });
        client.on('timeout', () => {
          events.push('timeout');
          if (events.length === 1) return void client.write('still here');
          client.destroy();
        });
        client.on('close', () => server.close(() => {
          process.send({ events });
          process.disconnect();
        }));
      });
    });
    await child.heard('armed');
    process.kill(child.process.pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 600));
    process.kill(child.process.pid, 'SIGCONT');
    expect(await child.heard('events')).toEqual(['timeout', 'timeout']);
    expect(await child.result).toMatchObject({ code: 0, stderr: '', timedOut: false });
  });
});
