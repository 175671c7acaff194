'use strict';

// Writes that are larger than what the kernel takes at once.

const { closed, collect, describeRsnet, implementations, matrix, once, pair, traceTest } = require('../helpers');
const { randomBytes } = require('../helpers/random');

const MiB = 1 << 20;

describe.each(matrix)('%s client, %s server: large writes', (clientName, serverName, clientNet, serverNet) => {
  test('arrive complete and in order, among others', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const large = randomBytes(1, 9 * MiB + 7);
    const text = randomBytes(2, 3 * MiB).toString('latin1');
    const received = collect(peer);
    client.write('before');
    client.write(large);
    client.write('between');
    client.write(text, 'latin1');
    client.write(`${text}ä`);
    client.end('behind');
    const expected = Buffer.concat([
      Buffer.from('before'), large, Buffer.from('between'), Buffer.from(text, 'latin1'), Buffer.from(`${text}ä`),
      Buffer.from('behind'),
    ]);
    expect(Buffer.compare(await received, expected)).toBe(0);
  });

  test('arrive complete if they have many chunks, some of them empty', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const received = collect(peer);
    const chunks = Array.from({ length: 300 }, (_, i) => randomBytes(i, i % 7 === 0 ? 0 : 20000 + i));
    client.cork();
    for (const chunk of chunks) client.write(chunk);
    client.uncork();
    client.end();
    expect(Buffer.compare(await received, Buffer.concat(chunks))).toBe(0);
  });

  test('count as written at once, and as queued until they are sent', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    peer.pause();
    const done = new Promise((resolve) => {
      client.write(Buffer.alloc(32 * MiB), resolve);
    });
    expect(client.bytesWritten).toBe(32 * MiB);
    expect(client._handle.writeQueueSize).toBeGreaterThan(0);
    peer.resume();
    await done;
    expect(client._handle.writeQueueSize).toBe(0);
    expect(client.bytesWritten).toBe(32 * MiB);
  });
});

describe.each(implementations)('%s: writes through the handle', (name, net) => {
  test('keep their order behind a large one', async () => {
    const { client, peer } = await pair(net);
    const received = collect(peer);
    client.write(Buffer.alloc(16 * MiB, 'a'));
    client.write(Buffer.alloc(16 * MiB, 'b'));
    client.cork();
    client.write('c');
    client.write('d');
    client.uncork();
    client.end();
    const bytes = await received;
    expect(bytes.length).toBe(32 * MiB + 2);
    expect(bytes.subarray(16 * MiB - 1, 16 * MiB + 1).toString()).toBe('ab');
    expect(bytes.subarray(-3).toString()).toBe('bcd');
  });
});

describe('traces of large writes', () => {
  traceTest('destroy while one is on its way', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { except: ['end'] });
    peer.pause();
    t.call('client', 'write', () => client.write(Buffer.alloc(64 * MiB), t.callback('client', 'written')));
    client.destroy();
    t.note('client', client.bytesWritten);
    await closed(client);
  });
});

describeRsnet('memory that a large write still needs', (net) => {
  test('and that was taken away is an error, not a read of what is there now', async () => {
    const { client, peer } = await pair(net);
    peer.pause();
    const memory = new ArrayBuffer(64 * MiB);
    client.write(new Uint8Array(memory));
    structuredClone(memory, { transfer: [memory] });
    const failed = once(client, 'error');
    peer.on('error', () => {});
    peer.resume();
    expect((await failed)[0]).toMatchObject({ code: 'EFAULT', syscall: 'write' });
  });
});
