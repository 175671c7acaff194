'use strict';

// The option `seqpacket`: what is written arrives message by message, on every way through the stream.

const { closed, connect, describeLinux, listen, once, pair, tempPath, turn } = require('../helpers');

/** Both ends have messages. */
const BOTH = { path: true, client: { seqpacket: true }, server: { seqpacket: true } };

/**
 * @param {import('net').Socket} socket
 * @returns {Promise<Array>} its messages once it has ended: texts of up to ten bytes, lengths of longer ones
 */
function messagesOf(socket) {
  return new Promise((resolve, reject) => {
    const found = [];
    socket.on('data', (data) => found.push(data.length > 10 ? data.length : String(data)));
    socket.once('end', () => resolve(found));
    socket.once('error', reject);
  });
}

describeLinux('sockets of messages', (net) => {
  test('each write is one message, whatever its size and encoding, also while the socket connects', async () => {
    const server = await listen(net, { seqpacket: true, listen: tempPath() });
    const connection = once(server, 'connection');
    const client = connect(net, { ...server.at, seqpacket: true });
    client.write('one');
    client.write('');
    client.write('\xfc', 'latin1');
    client.write('66', 'hex');
    client.write(Buffer.alloc(100_000));
    client.write(Buffer.alloc(17_000));
    client.cork();
    client.write('a');
    client.write('b');
    client.uncork();
    client.end('last');
    const [peer] = await connection;
    const expected = ['one', '', '\ufffd', 'f', 100_000, 17_000, 'a', 'b', 'last'];
    expect(await messagesOf(peer)).toEqual(expected);
    expect(peer.bytesRead).toBe(117_011);
    expect(client.bytesWritten).toBe(117_011);
  });

  test('an answer to each message, and an end in both directions', async () => {
    const { client, peer } = await pair(net, net, { ...BOTH, server: { seqpacket: true, allowHalfOpen: true } });
    peer.on('data', (data) => peer.write(`<${data}>`));
    peer.on('end', () => peer.end('bye'));
    const answers = messagesOf(client);
    for (const text of ['x', '', 'y']) client.write(text);
    client.end();
    expect(await answers).toEqual(['<x>', '<>', '<y>', 'bye']);
    await closed(client);
  });

  test('empty messages are told from the end, also right before it', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    for (const text of ['', 'x', '', '']) client.write(text);
    await new Promise((resolve) => client.end(resolve));
    client.destroy();
    await closed(client);
    expect(await messagesOf(peer)).toEqual(['', 'x', '', '']);
  });

  test('more than the kernel takes waits, in order, and each write calls back', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    peer.pause();
    const sizes = Array.from({ length: 100 }, (_, i) => (i % 7 === 0 ? 0 : 20_000 + i));
    const written = [];
    let took = true;
    for (const [i, size] of sizes.entries()) took = client.write(Buffer.alloc(size, i), () => written.push(i));
    client.end();
    expect(took).toBe(false);
    await turn(5);
    expect(client.writableLength).toBeGreaterThan(0);
    const found = [];
    peer.on('data', (data) => {
      expect(data.every((byte) => byte === found.length)).toBe(true);
      found.push(data.length);
    });
    await once(peer.resume(), 'end');
    expect(found).toEqual(sizes);
    expect(written).toEqual([...sizes.keys()]);
  });

  test('a reader that pauses after each message gets each one', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    const found = [];
    peer.on('data', (data) => {
      found.push(String(data));
      peer.pause();
      if (found.length % 3 === 0) process.nextTick(() => peer.resume());
      else setImmediate(() => peer.resume());
    });
    const sent = Array.from({ length: 300 }, (_, i) => (i % 10 === 0 ? '' : `message ${i}`));
    for (const text of sent) client.write(text);
    client.end();
    await once(peer, 'end');
    expect(found).toEqual(sent);
  });

  test('a message that came while reading was stopped stays whole', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    const found = [];
    peer.on('data', (data) => {
      found.push(data.length);
      peer._handle.readStop();
      setImmediate(() => peer._handle.readStart());
    });
    for (const size of [1, 150_000, 1, 0, 130_000]) client.write(Buffer.alloc(size));
    client.end();
    await once(peer, 'end');
    expect(found).toEqual([1, 150_000, 1, 0, 130_000]);
  });

  test('read() gives one message, and so does an iteration', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    for (const text of ['one', 'two', 'three', 'four']) client.write(text);
    client.end();
    while (peer.readableLength < 2) await turn();
    expect([String(peer.read()), String(peer.read(1))]).toEqual(['one', 'two']);
    const rest = [];
    for await (const data of peer) rest.push(String(data));
    expect(rest).toEqual(['three', 'four']);
    expect(peer.readableObjectMode).toBe(true);
    expect(peer.writableObjectMode).toBe(false);
  });

  test('with an encoding each message is a string', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    peer.setEncoding('utf8');
    for (const text of ['\u20ac', 'two']) client.write(text);
    client.end();
    const found = [];
    peer.on('data', (data) => found.push(data));
    await once(peer, 'end');
    expect(found).toEqual(['\u20ac', 'two']);
  });

  test('a message of more than 256 KiB', async () => {
    const size = 300_000;
    const { client, peer } = await pair(net, net, { ...BOTH, client: { seqpacket: true, sendBufferSize: 400_000 } });
    // What the system lets a socket have may be less.
    const fits = client.getSendBufferSize() > size + 1000;
    const written = new Promise((resolve) => client.write(Buffer.alloc(size, 1), resolve));
    if (fits) {
      const [data] = await once(peer, 'data');
      expect(data.equals(Buffer.alloc(size, 1))).toBe(true);
    } else {
      client.on('error', () => {});
      expect(await written).toMatchObject({ code: 'EMSGSIZE' });
    }
  });

  test('a message that is too large fails, and those before it have gone', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    const found = messagesOf(peer);
    const failure = once(client, 'error');
    client.write('before');
    const write = new Promise((resolve) => client.write(Buffer.alloc(10_000_000), resolve));
    expect(await write).toMatchObject({ code: 'EMSGSIZE', syscall: 'write' });
    expect(await failure).toMatchObject([{ code: 'EMSGSIZE' }]);
    expect(await found).toEqual(['before']);
  });

  test('a flood of empty messages does not fill the memory, and arrives', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    let count = 0;
    peer.on('data', (data) => { count += data.length === 0 ? 1 : 0; });
    for (let i = 0; i < 5000; i++) client.write('');
    client.end();
    await once(peer, 'end');
    expect(count).toBe(5000);
  });

  test('a peer that goes with messages unread', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    peer.pause();
    await new Promise((resolve) => client.write('unread', resolve));
    const end = Promise.race([closed(client), once(client, 'error')]);
    peer.destroy();
    client.resume();
    await end;
    await closed(client);
  });

  test('what a peer sent before it closed with messages unread arrives, and the reset behind it', async () => {
    const { client, peer } = await pair(net, net, { ...BOTH, server: { seqpacket: true, pauseOnConnect: true } });
    await new Promise((resolve) => client.write('unread', resolve));
    const found = [];
    client.on('data', (data) => found.push(String(data)));
    const failure = once(client, 'error');
    for (const text of ['one', '', 'two']) peer.write(text);
    peer.destroy();
    expect(await failure).toMatchObject([{ code: 'ECONNRESET', syscall: 'read' }]);
    expect(found).toEqual(['one', '', 'two']);
  });
});
