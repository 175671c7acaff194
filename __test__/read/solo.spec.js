'use strict';

// A connection that has the event loop to itself: rsnet has the loop watch it in another way then, until something
// else happens. Nobody must be able to tell.

const net = require('net');
const { Worker } = require('worker_threads');
const {
  builtin, closed, implementations, once, pair, requirePath, spawnNode, traceTest, turn,
} = require('../helpers');

/** Bytes that a paused socket leaves unread, for the most part. */
const MORE = 1e6;

/** Messages after which a connection counts as alone, and some more. */
const MANY = 60;

/**
 * Exchanges single bytes with a connection whose other end is nobody's that is measured.
 *
 * @param {object} t the trace, with the implementation under test
 * @param {object} options of `pair`
 * @returns {Promise<{peer: net.Socket, far: net.Socket}>} the connection, and its other end
 */
async function lone(t, options) {
  const { client: far, peer } = await pair(builtin, t.net, options);
  peer.on('data', (data) => {
    if (`${data}` === 'x') peer.write(data);
  });
  for (let i = 0; i < MANY; i++) {
    far.write('x');
    await once(far, 'data');
  }
  t.watch(peer, 'peer', { except: ['readable'] });
  peer.on('close', () => t.note('peer', 'bytesRead', peer.bytesRead));
  return { peer, far };
}

for (const [kind, where] of [
  ['TCP', {}],
  ['Unix', { path: true }],
]) {
  describe(`${kind}: a connection that is alone`, () => {
    traceTest('ends', async (t) => {
      const { peer, far } = await lone(t, where);
      far.end('bye');
      await closed(peer);
    });

    traceTest('is half-open after its end', async (t) => {
      const { peer, far } = await lone(t, {
        ...where, server: { allowHalfOpen: true }, client: { allowHalfOpen: true },
      });
      far.end('bye');
      await once(peer, 'end');
      peer.end('last words', t.callback('peer', 'ended'));
      await closed(peer);
    });

    traceTest('is reset', async (t) => {
      const { peer, far } = await lone(t, where);
      peer.on('error', () => {});
      if (kind === 'TCP') far.resetAndDestroy();
      else far.destroy();
      await closed(peer);
    });

    traceTest('pauses with bytes behind it, and resumes', async (t) => {
      const { peer, far } = await lone(t, where);
      peer.pause();
      far.end(Buffer.alloc(MORE));
      for (let i = 0; i < 20; i++) await turn();
      t.note('peer', 'paused', peer.isPaused());
      peer.resume();
      await closed(peer);
    });

    traceTest('writes more than the kernel takes', async (t) => {
      const { peer, far } = await lone(t, where);
      far.pause();
      t.call('peer', 'write', () => peer.write(Buffer.alloc(20e6), t.callback('peer', 'written')));
      for (let i = 0; i < 20; i++) await turn();
      far.resume();
      await once(peer, 'drain');
      far.write('more');
      await once(peer, 'data');
      far.end();
      await closed(peer);
    });

    traceTest('is destroyed in its listener', async (t) => {
      const { peer, far } = await lone(t, where);
      peer.on('data', () => peer.destroy());
      far.write('last');
      await closed(peer);
      far.destroy();
    });

    traceTest('meets others', async (t) => {
      const { peer, far } = await lone(t, where);
      const others = await Promise.all([1, 2, 3].map(() => pair(builtin, t.net, where)));
      for (const other of others) other.peer.on('data', (data) => other.peer.write(data));
      for (let i = 0; i < MANY; i++) {
        await Promise.all([far, ...others.map(({ client }) => client)].map((socket) => {
          socket.write('x');
          return once(socket, 'data');
        }));
      }
      far.end();
      await closed(peer);
    });
  });
}

/** Echo until alone, then pause with bytes behind; how much processor half a second of that takes, in milliseconds. */
function pausedAlone() {
  const builtinNet = require('net');
  const server = net.createServer((peer) => {
    let count = 0;
    peer.on('data', () => {
      peer.write('x');
      if (++count < 60) return;
      peer.pause();
      setTimeout(() => {
        const before = process.cpuUsage();
        setTimeout(() => {
          const { user, system } = process.cpuUsage(before);
          console.log(Math.round((user + system) / 1000));
          process.exit();
        }, 500);
      }, 300);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const far = builtinNet.connect(server.address().port, '127.0.0.1', () => far.write('x'));
    let count = 0;
    far.on('data', () => far.write(++count < 60 ? 'x' : Buffer.alloc(1e6)));
  });
}

/** A thread that echoes for one connection. */
const THREAD = `
  const { parentPort, workerData } = require('worker_threads');
  const server = require(workerData).createServer((peer) => peer.pipe(peer));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

describe.each(implementations)('%s: a connection that is alone', (name) => {
  test('uses no processor while it is paused', async () => {
    const { stdout, stderr } = await spawnNode(name, pausedAlone);
    expect(stderr).toBe('');
    // A loop that goes round and round takes all 500.
    expect(Number(stdout)).toBeLessThan(250);
  });

  test('ends with its thread', async () => {
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(THREAD, { eval: true, workerData: requirePath(name) });
      const [port] = await once(worker, 'message');
      const far = net.connect(port, '127.0.0.1');
      far.on('error', () => {});
      await once(far, 'connect');
      for (let i = 0; i < MANY; i++) {
        far.write('x');
        await once(far, 'data');
      }
      const gone = closed(far);
      far.write('x');
      await worker.terminate();
      await gone;
    }
  });
});
