'use strict';

const { closed, implementations, listen, once, pair, track, turn } = require('../helpers');

/** Each writes three bytes, but for the long one. */
const WRITES = {
  buffer: (socket) => socket.write(Buffer.from('abc')),
  utf8: (socket) => socket.write('abc'),
  latin1: (socket) => socket.write('abc', 'latin1'),
  hex: (socket) => socket.write('616263', 'hex'),
  long: (socket) => socket.write('a'.repeat(20000)),
};

/** What the refused write adds to `bytesWritten`: short strings are not counted. */
const COUNTED = { buffer: 3, utf8: 0, latin1: 0, hex: 3, long: 20000 };

/**
 * @param {typeof import('net')} net
 * @returns {Promise<import('net').Socket>} an accepted socket that has written one byte to a peer that is gone
 */
async function lostConnection(net) {
  const server = await listen(net, { allowHalfOpen: true });
  const client = track(net.connect(server.at));
  const [peer] = await once(server, 'connection');
  track(peer);
  const end = once(peer, 'end');
  peer.resume();
  client.destroy();
  await end;
  peer.pause();
  peer.write('x');
  return peer;
}

describe.each(implementations)('%s: writes that the kernel refuses', (name, net) => {
  test.each(Object.keys(WRITES))('%s: the error is known when write() returns', async (kind) => {
    const socket = await lostConnection(net);
    const error = once(socket, 'error');
    expect(WRITES[kind](socket)).toBe(false);
    expect(socket.errored).toMatchObject({ code: 'EPIPE', syscall: 'write' });
    expect(socket.bytesWritten).toBe(1 + COUNTED[kind]);
    expect((await error)[0]).toBe(socket.errored);
    expect(socket.bytesWritten).toBe(1 + COUNTED[kind]);
  });

  test('an empty write is refused too', async () => {
    const socket = await lostConnection(net);
    const error = once(socket, 'error');
    socket.write('');
    expect((await error)[0].code).toBe('EPIPE');
    await closed(socket);
  });

  test('end(chunk) does not end what has failed', async () => {
    const socket = await lostConnection(net);
    const error = once(socket, 'error');
    socket.end('y');
    expect(socket.writableEnded).toBe(false);
    await error;
  });

  test('the first write of a turn outside events is sent at once', async () => {
    const { client } = await pair(net, net);
    for (let i = 1; i < 4; i++) {
      client.write('a');
      expect(client._handle.bytesWritten).toBe(i);
      await turn();
    }
  });
});

describe.each(implementations)('%s: onread', (name, net) => {
  test('who asks to pause has got one buffer, and a close then is a reset', async () => {
    const server = await listen(net);
    const connection = once(server, 'connection');
    const calls = [];
    const socket = track(net.connect({
      ...server.at,
      onread: { buffer: Buffer.alloc(128), callback: (count) => calls.push(count) < 0 },
    }));
    const [peer] = await connection;
    const error = once(peer, 'error');
    peer.resume();
    peer.write(Buffer.alloc(1000));
    while (calls.length === 0) await turn();
    expect(socket.bytesRead).toBe(128);
    socket.destroy();
    expect((await error)[0]).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(calls).toEqual([128]);
  });
});
