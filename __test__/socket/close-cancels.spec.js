'use strict';

// What the closing phase cancels: each request is told on its own, with its ticks, before the handle counts as closed.

const { implementations, spawnNode, tempPath } = require('../helpers');

/** A connect is cancelled while the socket, by a second connect that is refused, counts as new again. */
const CANCELLED = `
const [path, throws] = process.argv.slice(1);
const server = net.createServer().listen(path, () => {
  process.on('uncaughtException', (error) => console.log('uncaught', error.message));
  const socket = net.connect(path);
  socket.on('connectionAttemptFailed', (...args) => {
    console.log('failed', args[3].code);
    if (throws) throw new Error('by the listener');
  });
  socket.on('error', (error) => {
    console.log('error', error.code);
    try {
      socket.connect({ port: () => {} });
    } catch ({ code }) {
      console.log('refused', code);
    }
  });
  socket.once('close', () => {
    console.log('close');
    setImmediate(process.exit);
  });
  socket.destroy(Object.assign(new Error('early'), { code: 'EARLY' }));
});
`;

/** Two writes that wait, and the end behind them. */
const QUEUED = `
const [path] = process.argv.slice(1);
const server = net.createServer({ pauseOnConnect: true }).listen(path);
const socket = net.connect(path, () => {
  process.on('uncaughtException', (error) => console.log('uncaught', error.message));
  socket.write(Buffer.alloc(8 << 20), (error) => {
    console.log('write', error?.code);
    process.nextTick(() => console.log('tick of write'));
    throw new Error('by the callback');
  });
  socket.write('more', (error) => console.log('second', error?.code));
  socket.end(() => console.log('end'));
  socket.on('error', (error) => console.log('error', error.message));
  socket.on('close', () => {
    console.log('close');
    setImmediate(process.exit);
  });
  socket.destroy(new Error('enough'));
});
`;

/**
 * @param {string} source of a program
 * @param {...string} args
 * @returns {Promise<string[]>} what it printed on the built-in and on rsnet
 */
async function outputs(source, ...args) {
  const runs = implementations.map(([name]) => spawnNode(name, source, { args: [tempPath(), ...args] }));
  return (await Promise.all(runs)).map(({ stdout }) => stdout);
}

describe('cancelled by the closing phase', () => {
  test('the error of a connect comes before the close', async () => {
    const [builtin, rsnet] = await outputs(CANCELLED);
    expect(rsnet).toBe(builtin);
    expect(rsnet).toMatch(/failed ECANCELED\nerror ECANCELED\n(.*\n)*close\n/);
  });

  test('a listener that throws does not keep the close from coming', async () => {
    const [builtin, rsnet] = await outputs(CANCELLED, 'throws');
    expect(rsnet).toBe(builtin);
    expect(rsnet).toMatch(/uncaught by the listener\n(.*\n)*close\n/);
  });

  test('callbacks of writes, one of which throws', async () => {
    const [builtin, rsnet] = await outputs(QUEUED);
    expect(rsnet).toBe(builtin);
    expect(rsnet).toMatch(/uncaught by the callback\n(.*\n)*close\n/);
  });
});
