'use strict';

const { closed, collect, matrix, once, pair, receive, traceTest, track, turn } = require('../helpers');

describe.each(matrix)(
  '%s client, %s server: write callbacks',
  (clientName, serverName, clientNet, serverNet) => {
    test('are called once each, in order, without an error', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const calls = [];
      for (let i = 0; i < 100; i++) client.write(`${i},`, (error) => calls.push([i, error]));
      client.end();
      await collect(peer);
      await once(client, 'close');
      expect(calls.map(([index]) => index)).toEqual(Array.from({ length: 100 }, (_, index) => index));
      expect(calls.every(([, error]) => error === null || error === undefined)).toBe(true);
    });

    test('of a write that the kernel could not take wait until the peer reads', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const other = await pair(clientNet, serverNet);
      peer.pause();
      let called = false;
      client.write(Buffer.alloc(64 << 20), () => {
        called = true;
      });
      other.client.write('round trip');
      await receive(other.peer, 10);
      expect(called).toBe(false);
      peer.resume();
      await receive(peer, 64 << 20);
      await turn(2);
      expect(called).toBe(true);
    });

    test('a Buffer that is still queued is kept alive and sent as it is', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      peer.pause();
      const size = 1 << 20;
      for (let i = 0; i < 32; i++) client.write(Buffer.alloc(size, i));
      client.end();
      let offset = 0;
      let wrong = 0;
      peer.on('data', (chunk) => {
        for (let i = 0; i < chunk.length; i += 97) if (chunk[i] !== Math.floor((offset + i) / size)) wrong++;
        offset += chunk.length;
      });
      peer.resume();
      await once(peer, 'end');
      expect(offset).toBe(32 * size);
      expect(wrong).toBe(0);
    });
  },
);

describe('traces of writing', () => {
  traceTest('return value and callback of small and large writes', async (t) => {
    const { client, peer } = await pair(t.net, t.net, { client: { highWaterMark: 1000 } });
    t.watch(client, 'client');
    peer.resume();
    t.call('client', 'small', () => client.write(Buffer.alloc(10), t.callback('client', 'small written')));
    t.note('client', client.writableLength, client.bytesWritten);
    t.call('client', 'large', () => client.write(Buffer.alloc(2000), t.callback('client', 'large written')));
    t.note('client', client.writableLength, client.bytesWritten, client.writableNeedDrain);
    await turn(2);
    t.note('client', client.writableLength);
  });

  traceTest('return value and drain of writes before the connection exists', async (t) => {
    const server = await t.listen((peer) => peer.resume());
    const client = t.watch(t.net.connect({ ...server.at, highWaterMark: 1000 }), 'client');
    for (const size of [10, 990, 1, 5000]) {
      t.call('client', 'write', () =>
        client.write(Buffer.alloc(size), t.callback('client', `${size} written`)),
      );
      t.note('client', client.writableLength, client.bytesWritten, client.writableNeedDrain);
    }
    await once(client, 'drain');
    t.note('client', client.writableLength, client.bytesWritten, client.writableNeedDrain);
  });

  traceTest('the tick of the callback of a write that is done at once', async (t) => {
    const { client, peer } = await pair(t.net);
    peer.resume();
    t.ticks('client', 'before');
    client.write('x', () => {
      t.note('client', 'callback');
      t.ticks('client', 'in callback');
    });
    t.ticks('client', 'after');
    t.note('client', 'synchronous');
    await turn(3);
  });

  traceTest('writes inside of write callbacks', async (t) => {
    const { client, peer } = await pair(t.net);
    const received = collect(peer);
    await new Promise((resolve) => {
      let left = 5;
      const next = (error) => {
        t.note('client', 'callback', error, client.writableLength);
        if (--left > 0) t.call('client', 'write', () => client.write(`${left} `, next));
        else resolve();
      };
      client.write('first ', next);
      t.note('client', 'after first');
    });
    client.end();
    t.note('peer', await received);
  });

  traceTest('a write in the data listener', async (t) => {
    const { client, peer } = await pair(t.net);
    peer.on('data', (data) => t.call('peer', 'write', () => peer.write(data, t.callback('peer', 'written'))));
    t.watch(client, 'client', { only: ['data'] });
    for (let i = 0; i < 3; i++) {
      client.write('ping');
      await once(client, 'data');
    }
    await turn();
  });

  traceTest('write without anything', async (t) => {
    const { client } = await pair(t.net);
    t.watch(client, 'client', { only: ['error', 'close', 'drain', 'finish'] });
    t.call('client', 'empty string', () => client.write('', t.callback('client', 'empty string written')));
    t.call('client', 'empty buffer', () =>
      client.write(Buffer.alloc(0), t.callback('client', 'empty buffer written')),
    );
    t.call('client', 'end', () => client.end(t.callback('client', 'ended')));
    await once(client, 'finish');
    await turn();
    t.note('client', client.bytesWritten);
  });

  traceTest('callbacks of writes that a destroy overtakes', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client');
    peer.pause();
    t.call('client', 'large', () => client.write(Buffer.alloc(64 << 20), t.callback('client', 'large')));
    t.call('client', 'second', () => client.write('second', t.callback('client', 'second')));
    t.call('client', 'destroy', () => client.destroy());
    t.call('client', 'third', () => client.write('third', t.callback('client', 'third')));
    await closed(client);
    await turn();
  });

  traceTest('callbacks of queued writes when the peer resets', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { except: ['end'] });
    client.on('error', () => {});
    peer.pause();
    t.call('client', 'large', () => client.write(Buffer.alloc(64 << 20), t.callback('client', 'large')));
    t.call('client', 'second', () => client.write('second', t.callback('client', 'second')));
    await turn();
    peer.resetAndDestroy();
    await closed(client);
    await turn();
  });

  traceTest('writes of a socket that was never connected', async (t) => {
    const socket = t.watch(track(new t.net.Socket()), 'socket');
    socket.on('error', () => {});
    t.call('socket', 'write', () => socket.write('text', t.callback('socket', 'written')));
    await closed(socket);
    await turn();
  });

  traceTest('end of a socket that was never connected', async (t) => {
    const socket = t.watch(new t.net.Socket(), 'socket');
    t.call('socket', 'end', () => socket.end(t.callback('socket', 'ended')));
    await turn(3);
    t.note('socket', socket.destroyed, socket.writableEnded, socket.writableFinished);
  });
});
