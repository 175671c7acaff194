'use strict';

// The streams of messages: neither encodings nor options join or cut them, and none takes an unbounded number of them.

const { connect, describeLinux, listen, once, pair, tempPath, track, turn } = require('../helpers');

/** Both ends have messages. */
const BOTH = { path: true, client: { seqpacket: true }, server: { seqpacket: true } };

/** Both ends have messages, and that of the server does not read yet. */
const PAUSED = { ...BOTH, server: { seqpacket: true, pauseOnConnect: true } };

/**
 * @param {import('net').Socket} socket
 * @returns {Promise<Array<string|Buffer>>} its messages once it has ended
 */
async function messagesOf(socket) {
  const found = [];
  socket.on('data', (data) => found.push(data)).resume();
  await once(socket, 'end');
  return found;
}

describeLinux('bounds of messages', (net) => {
  test('each message is decoded on its own', async () => {
    for (const [encoding, expected] of [
      ['base64', ['YQ==', '', 'Yg==', '4oI=', 'rA==']],
      ['utf8', ['a', '', 'b', '\ufffd', '\ufffd']],
      ['utf16le', ['', '', '', '\u82e2', '']],
    ]) {
      const { client, peer } = await pair(net, net, BOTH);
      const found = messagesOf(peer.setEncoding(encoding));
      for (const bytes of [[97], [], [98], [0xe2, 0x82], [0xac]]) client.write(Buffer.from(bytes));
      client.end();
      expect(await found).toEqual(expected);
      expect(peer.readableEncoding).toBe(encoding);
    }
  });

  test('the option encoding of a client', async () => {
    const { client, peer } = await pair(net, net, { ...BOTH, client: { seqpacket: true, encoding: 'base64' } });
    const found = messagesOf(client);
    for (const text of ['a', '', 'b']) peer.write(text);
    peer.end();
    expect(await found).toEqual(['YQ==', '', 'Yg==']);
  });

  test('messages that wait stay apart when the encoding is set, and the end follows', async () => {
    const { client, peer } = await pair(net, net, PAUSED);
    for (const text of ['one', '', 'two', 'three']) client.write(text);
    client.end();
    peer.read(0);
    while (peer.readableLength < 4) await turn();
    expect(String(peer.read())).toBe('one');
    expect(peer.setEncoding('utf8')).toBe(peer);
    expect(peer.readableLength).toBe(3);
    peer.setEncoding('hex');
    expect(await messagesOf(peer)).toEqual(['', 'two', 'three']);
    expect(() => peer.setEncoding('none')).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_ENCODING' }));
  });

  test('highWaterMark is in bytes, readableHighWaterMark in messages', async () => {
    const { readableHighWaterMark } = new net.Socket({ seqpacket: true });
    const marks = (socket) => [socket.readableHighWaterMark, socket.writableHighWaterMark];
    const { client, peer } = await pair(net, net, {
      path: true,
      client: { seqpacket: true, highWaterMark: 100_000 },
      server: { seqpacket: true, highWaterMark: 100_000 },
    });
    expect(marks(client)).toEqual([readableHighWaterMark, 100_000]);
    expect(marks(peer)).toEqual([readableHighWaterMark, 100_000]);
    const both = { seqpacket: true, readableHighWaterMark: 3, writableHighWaterMark: 5 };
    expect(marks(new net.Socket(both))).toEqual([3, 5]);
  });

  test('empty messages count too: as many wait as the stream may have bytes', async () => {
    const { client, peer } = await pair(net, net, { ...PAUSED, client: { seqpacket: true, highWaterMark: 100 } });
    let sent = 1;
    while (client.write('') && sent < 100_000) sent++;
    expect(client.writableNeedDrain).toBe(true);
    expect(sent).toBeLessThan(100_000);
    let count = 0;
    peer.on('data', () => count++).resume();
    await once(client, 'drain');
    client.end();
    await once(peer, 'end');
    expect(count).toBe(sent);
  });

  test('highWaterMark of 0: whoever is told to wait gets drain, and all messages arrive', async () => {
    const marks = { readableHighWaterMark: 0, writableHighWaterMark: 0 };
    const { client, peer } = await pair(net, net, { ...BOTH, client: { seqpacket: true, ...marks } });
    const there = messagesOf(peer);
    const back = messagesOf(client);
    for (const text of ['', 'one', '', 'two', '']) {
      if (!client.write(text)) await once(client, 'drain');
      peer.write(text);
    }
    client.end();
    peer.end();
    const expected = ['', 'one', '', 'two', ''];
    expect((await there).map(String)).toEqual(expected);
    expect((await back).map(String)).toEqual(expected);
  });

  test('maxConnections drops one too many', async () => {
    const server = await listen(net, { seqpacket: true, listen: tempPath() });
    server.maxConnections = 1;
    const connection = once(server, 'connection');
    const first = connect(net, { ...server.at, seqpacket: true });
    const [peer] = await connection;
    const drop = once(server, 'drop');
    const second = connect(net, { ...server.at, seqpacket: true });
    const ended = messagesOf(second);
    expect(await drop).toEqual([]);
    expect(await ended).toEqual([]);
    first.end('still here');
    expect(String((await once(peer, 'data'))[0])).toBe('still here');
  });

  test('a pipe of empty messages waits for its destination', async () => {
    const from = await pair(net, net, BOTH);
    const to = await pair(net, net, { ...PAUSED, client: { seqpacket: true, highWaterMark: 100 } });
    from.peer.pipe(to.client);
    const total = 20_000;
    for (let i = 0; i < total; i++) from.client.write('');
    from.client.end();
    while (!to.client.writableNeedDrain) await turn();
    await turn(50);
    expect(from.client.writableFinished).toBe(false);
    expect((await messagesOf(to.peer)).length).toBe(total);
  });

  test('a class that has a write of its own is asked, also when its socket connects again', async () => {
    const server = await listen(net, { seqpacket: true, allowHalfOpen: true, listen: tempPath() });
    const written = [];
    class Logging extends net.Socket {
      write(data, ...rest) {
        written.push(data);
        return super.write(data, ...rest);
      }
    }
    const socket = track(new Logging({ seqpacket: true }));
    for (const text of ['one', 'two']) {
      const connection = once(server, 'connection');
      socket.connect(server.at);
      for (const message of [text, '']) socket.write(message);
      const [peer] = await connection;
      const close = once(socket.resume(), 'close');
      // Its end comes first, so that the socket refuses to write until it connects again.
      peer.end('bye');
      expect((await messagesOf(peer)).map(String)).toEqual([text, '']);
      await close;
    }
    expect(written).toEqual(['one', '', 'two', '']);
  });
});
