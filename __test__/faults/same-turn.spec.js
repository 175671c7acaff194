'use strict';

// A peer that closes or resets its end in the turn of the event loop in which the socket writes. The peer is the
// built-in's, in this process, and the thread waits until the kernel has passed on what it did.

const { builtin, implementations } = require('../helpers');

const KiB = 1024;
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

/** Lets the kernel pass on what the peer has done, while no JavaScript runs. */
function settle() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
}

/** @param {import('net').Socket} peer whose connection is reset */
function reset(peer) {
  const handle = peer._handle;
  peer._handle = null;
  handle.reset();
  peer.destroy();
  settle();
}

/** @param {import('net').Socket} peer which closes, with nothing unread */
function close(peer) {
  peer.destroy();
  settle();
}

/**
 * @type {Record<string, (socket: import('net').Socket, peer: import('net').Socket,
 *   ended: (name: string) => (error?: Error) => void) => *>}
 */
const CASES = {
  'two chunks of one write go to a peer that has closed': (socket, peer, ended) => {
    close(peer);
    socket.cork();
    socket.write(Buffer.alloc(20 * KiB), ended('first'));
    socket.write(Buffer.alloc(20 * KiB), ended('second'));
    socket.uncork();
  },

  'a large chunk and a short one do': (socket, peer, ended) => {
    peer.write('last words');
    close(peer);
    socket.cork();
    socket.write('short', ended('first'));
    socket.write(Buffer.alloc(100 * KiB), ended('second'));
    socket.uncork();
  },

  'small writes are followed by one that finds the reset': (socket, peer, ended) => {
    socket.write('one', ended('first'));
    socket.write('two', ended('second'));
    peer.write('last words');
    reset(peer);
    socket.write('', ended('third'));
  },
};

// Threads of the tokio backend may have sent before, or may not have looked at the socket yet when the program goes on.
if (process.env.RSNET_BACKEND !== 'tokio') {
  const title = 'a write waits, and the program destroys the socket right behind the last words';
  CASES[title] = async (socket, peer, ended) => {
    socket.write(Buffer.alloc(16 * KiB * KiB), ended('first'));
    await turn();
    await turn();
    socket.once('data', () => { setImmediate(() => socket.destroy()); });
    peer.write('last words');
    settle();
    reset(peer);
  };

  CASES['a write waits, and a read of 64 KiB comes before the reset'] = async (socket, peer, ended) => {
    socket.write(Buffer.alloc(16 * KiB * KiB), ended('first'));
    await turn();
    await turn();
    peer.write(Buffer.alloc(64 * KiB));
    settle();
    reset(peer);
  };
}

/**
 * @param {typeof builtin} net
 * @param {Function} act one of CASES
 * @returns {Promise<string[]>} what the socket has told
 */
async function observe(net, act) {
  const server = builtin.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const accepted = new Promise((resolve) => { server.once('connection', resolve); });
  const socket = net.connect(server.address().port, '127.0.0.1');
  const [peer] = await Promise.all([accepted, new Promise((resolve) => { socket.once('connect', resolve); })]);
  peer.on('error', () => {});
  const seen = [];
  const outcome = (error) => (error ? `${error.code} ${error.syscall}` : 'ok');
  for (const name of ['end', 'finish']) socket.on(name, () => seen.push(name));
  socket.once('data', () => seen.push('data')).on('error', (error) => seen.push(`error: ${outcome(error)}`));
  const closed = new Promise((resolve) => { socket.on('close', resolve); });
  for (let i = 0; i < 3; i++) await turn();
  await act(socket, peer, (name) => (error) => seen.push(`${name}: ${outcome(error)}`));
  seen.push(`close: ${await closed}`);
  await turn();
  seen.push(`read ${socket.bytesRead}, errored ${socket.errored?.code}`);
  peer.destroy();
  server.close();
  return seen;
}

describe.each(implementations)('%s: a peer that is gone in the same turn', (name, net) => {
  test.each(Object.keys(CASES))('%s', async (title) => {
    const expected = await observe(builtin, CASES[title]);
    for (let i = 0; i < 10; i++) expect(await observe(net, CASES[title])).toEqual(expected);
  });
});
