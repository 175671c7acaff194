'use strict';

// Who writes on in later ticks than the first, as pipes do after each drain.

const { collect, implementations, matrix, once, pair, spawnNode, track } = require('../helpers');
const { randomBytes } = require('../helpers/random');

const KiB = 1024;

/**
 * Writes chunks, each in a later tick than the one before.
 *
 * @param {import('net').Socket} socket
 * @param {Array<Buffer|string>} chunks
 * @param {function(): void} done called in the tick of the last of them
 */
function writeTickByTick(socket, chunks, done) {
  const [first, ...rest] = chunks;
  socket.write(first, 'latin1');
  if (rest.length === 0) done();
  else process.nextTick(writeTickByTick, socket, rest, done);
}

/**
 * @param {string} kind
 * @returns {Array<Buffer|string>} 900 KiB in pieces, less than the kernel takes at once
 */
function pieces(kind) {
  const chunks = Array.from({ length: 3 }, (_, index) => randomBytes(index, 300 * KiB));
  return kind === 'Buffers' ? chunks : chunks.map((chunk) => chunk.toString('latin1'));
}

/**
 * @param {Array<Buffer|string>} chunks
 * @returns {Buffer}
 */
function whole(chunks) {
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, 'latin1')));
}

describe.each(matrix)('%s client, %s server: writes tick by tick', (clientName, serverName, clientNet, serverNet) => {
  test.each(['Buffers', 'strings'])('%s arrive complete and in order', async (kind) => {
    const { client, peer } = await pair(clientNet, serverNet);
    const received = collect(peer);
    const chunks = Array.from({ length: 10 }, () => pieces(kind)).flat();
    writeTickByTick(client, chunks, () => client.end('behind'));
    expect(Buffer.compare(await received, whole([...chunks, 'behind']))).toBe(0);
  });

  test.each(['Buffers', 'strings'])('%s are sent before destroy()', async (kind) => {
    const { client, peer } = await pair(clientNet, serverNet);
    const received = collect(peer);
    const chunks = pieces(kind);
    writeTickByTick(client, chunks, () => client.destroy());
    expect(Buffer.compare(await received, whole(chunks))).toBe(0);
  });
});

describe.each(implementations)('%s: writes tick by tick', (name, net) => {
  test.each([['', false], [', once, when a listener of that destroys the socket', true]])(
    'are sent before the process exits%s', async (_title, destroys) => {
      const server = track(net.createServer());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const exited = spawnNode(name, () => {
        const [port, length, destroysAtExit] = process.argv.slice(1).map(Number);
        const client = net.connect(port, '127.0.0.1', () => {
          const write = (left) => {
            client.write(Buffer.alloc(length, left));
            if (left === 1) {
              if (destroysAtExit) process.on('exit', () => client.destroy());
              process.exit();
            }
            process.nextTick(write, left - 1);
          };
          write(3);
        });
      }, { args: [server.address().port, 300 * KiB, Number(destroys)].map(String) });
      const [peer] = await once(server, 'connection');
      const received = await collect(track(peer));
      expect(received.length).toBe(900 * KiB);
      expect([received[0], received[300 * KiB], received[600 * KiB]]).toEqual([3, 2, 1]);
      expect((await exited).code).toBe(0);
    });

  test('call back in their order, and count as written at once', async () => {
    const { client, peer } = await pair(net);
    peer.resume();
    const order = [];
    const chunks = Array.from({ length: 8 }, () => Buffer.alloc(200 * KiB));
    await new Promise((resolve) => {
      const write = (index) => {
        client.write(chunks[index], () => {
          order.push(index);
          if (index === chunks.length - 1) resolve();
        });
        expect(client.bytesWritten).toBe((index + 1) * 200 * KiB);
        if (index + 1 < chunks.length) process.nextTick(write, index + 1);
      };
      write(0);
    });
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
