'use strict';

/* global net -- given by spawnNode to the code of a child */

const {
  closed,
  collect,
  connect,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  spawnNode,
  traceTest,
} = require('../helpers');

/**
 * A round trip on a connection of its own: whatever was sent before it has arrived after it.
 *
 * @param {typeof import('net')} clientNet
 * @param {typeof import('net')} serverNet
 * @returns {Promise<void>}
 */
async function roundTrip(clientNet, serverNet) {
  const { client, peer } = await pair(clientNet, serverNet);
  client.write('there');
  await receive(peer, 5);
  peer.write('and back');
  await receive(client, 8);
}

describe.each(matrix)(
  '%s client, %s server: pause and backpressure',
  (clientName, serverName, clientNet, serverNet) => {
    test('no data while paused, all of it after resume', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const seen = [];
      client.on('data', (data) => seen.push(String(data)));
      client.pause();
      expect(client.isPaused()).toBe(true);
      peer.write('waits');
      await roundTrip(clientNet, serverNet);
      expect(seen).toEqual([]);
      client.resume();
      await once(client, 'data');
      expect(seen).toEqual(['waits']);
    });

    for (const path of [false, true]) {
      test(`a paused reader stops the sender (Unix: ${path})`, async () => {
        const { client, peer } = await pair(clientNet, serverNet, { path });
        client.pause();
        const size = 64 << 20;
        const chunk = Buffer.alloc(1 << 16);
        let written = 0;
        while (written < size) {
          peer.write(chunk);
          written += chunk.length;
        }
        await roundTrip(clientNet, serverNet);
        await roundTrip(clientNet, serverNet);
        // What the kernel and one high-water mark hold, not what was written.
        expect(client.bytesRead).toBeLessThan(2 << 20);
        expect(peer.writableLength).toBeGreaterThan(size / 2);
        client.resume();
        await receive(client, size);
        expect(client.bytesRead).toBe(size);
      });
    }

    test('pausing in the data listener lets one chunk through at a time', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const expected = Buffer.alloc(2 << 20, 'piece by piece ');
      const parts = [];
      client.on('data', (chunk) => {
        expect(client.isPaused()).toBe(false);
        parts.push(chunk);
        client.pause();
        setImmediate(() => client.resume());
      });
      peer.end(expected);
      await once(client, 'end');
      expect(Buffer.concat(parts).equals(expected)).toBe(true);
    });

    test('read(n) gives what is asked for', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      peer.end('0123456789');
      const parts = [];
      client.on('readable', () => {
        let part;
        while ((part = client.read(4)) !== null) parts.push(String(part));
      });
      await once(client, 'end');
      expect(parts.join('')).toBe('0123456789');
      expect(parts[0].length).toBe(4);
    });

    test('unshift gives data back', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      peer.end('header;body');
      const [chunk] = await once(client, 'data');
      client.pause();
      const split = chunk.indexOf(';');
      client.unshift(chunk.subarray(split + 1));
      expect(String(chunk.subarray(0, split))).toBe('header');
      client.resume();
      expect(await collect(client, 'utf8')).toBe('body');
    });

    test('pauseOnConnect keeps the data for later', async () => {
      const server = await listen(serverNet, { pauseOnConnect: true });
      const connection = once(server, 'connection');
      const client = connect(clientNet, server.at);
      client.write('early');
      const [peer] = await connection;
      const seen = [];
      peer.on('data', (data) => seen.push(String(data)));
      await roundTrip(clientNet, serverNet);
      expect(seen).toEqual([]);
      peer.resume();
      await once(peer, 'data');
      expect(seen).toEqual(['early']);
    });

    test('a paused socket does not see the end, and does after resume', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const events = [];
      client.pause();
      client.on('end', () => events.push('end'));
      peer.end('x');
      await roundTrip(clientNet, serverNet);
      expect(events).toEqual([]);
      client.resume();
      await closed(client);
      expect(events).toEqual(['end']);
    });

    test('highWaterMark bounds what is read ahead', async () => {
      const { client, peer } = await pair(clientNet, serverNet, { client: { highWaterMark: 1024 } });
      client.on('readable', () => {});
      peer.write(Buffer.alloc(4 << 20));
      await once(client, 'readable');
      await roundTrip(clientNet, serverNet);
      expect(client.readableLength).toBeLessThan(512 << 10);
      client.removeAllListeners('readable');
      client.resume();
      await receive(client, (4 << 20) - client.readableLength);
    });
  },
);

describe.each(implementations)('%s: memory', (name) => {
  test('a reader that stays paused does not make the receiving process grow', async () => {
    const { stdout, stderr, code } = await spawnNode(
      name,
      () => {
        const megabytes = 256;
        const server = net.createServer((peer) => {
          // The sender is another process's worth of memory: it writes one chunk again and again, with drain.
          const chunk = Buffer.alloc(1 << 20);
          let left = megabytes;
          const more = () => {
            while (left > 0) {
              left--;
              if (!peer.write(chunk)) return peer.once('drain', more);
            }
            return peer.end();
          };
          more();
        });
        server.listen(0, '127.0.0.1', () => {
          const client = net.connect(server.address().port, '127.0.0.1');
          const before = process.memoryUsage();
          let most = 0;
          client.on('data', () => {
            const { external, arrayBuffers } = process.memoryUsage();
            most = Math.max(most, external - before.external, arrayBuffers - before.arrayBuffers);
            client.pause();
            setImmediate(() => client.resume());
          });
          client.on('end', () => {
            console.log(JSON.stringify({ read: client.bytesRead, most }));
            server.close();
          });
        });
      },
      { limit: 60000, flags: ['--max-old-space-size=64'] },
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { read, most } = JSON.parse(stdout);
    expect(read).toBe(256 << 20);
    expect(most).toBeLessThan(128 << 20);
  }, 60000);
});

describe('traces of pausing', () => {
  traceTest('pause and resume events and flags', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { props: ['readableFlowing'] });
    t.note('client', client.isPaused(), client.readableFlowing);
    t.call('client', 'pause', () => client.pause());
    t.note('client', client.isPaused(), client.readableFlowing);
    t.call('client', 'resume', () => client.resume());
    t.note('client', client.isPaused(), client.readableFlowing);
    peer.end('text');
    await closed(client);
  });

  traceTest('pause before the connection exists', async (t) => {
    const server = await t.listen((peer) => peer.end('text'));
    const socket = t.watch(t.net.connect(server.at), 'client');
    t.call('client', 'pause', () => socket.pause());
    await once(socket, 'ready');
    t.note('client', socket.isPaused(), socket.readableFlowing);
    socket.on('data', () => {});
    t.call('client', 'resume', () => socket.resume());
    await closed(socket);
  });

  traceTest('resume before the connection exists', async (t) => {
    const server = await t.listen((peer) => peer.end('text'));
    const socket = t.watch(new t.net.Socket(), 'client');
    t.call('client', 'resume', () => socket.resume());
    t.call('client', 'read', () => socket.read(0));
    socket.connect(server.at);
    await closed(socket);
    t.note('client', socket.bytesRead);
  });
});
