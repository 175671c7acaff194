'use strict';

const { closed, implementations, pair, spawnNode, thrownBy } = require('../helpers');
const { uvAtLeast } = require('../helpers/features');

/** From 1.52 on, libuv reads on behind the last bytes of a connection that is over. */
const TELLS_RESETS = uvAtLeast(1, 52);

/** Closes three connections in one turn; prints the order of all that follows. */
const CLOSE_ORDER = `
const log = [];
const server = net.createServer((peer) => peer.resume().on('error', () => {}));
server.listen(0, '127.0.0.1', async () => {
  const sockets = [];
  for (let i = 0; i < 3; i++) {
    const socket = net.connect(server.address().port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.on('close', () => {
      log.push('close ' + i);
      process.nextTick(() => log.push('tick ' + i));
      Promise.resolve().then(() => log.push('job ' + i));
    });
    sockets.push(socket);
  }
  setTimeout(() => {
    setImmediate(() => {
      log.push('check');
      setImmediate(() => log.push('next check'));
    });
    sockets[0].destroy();
    sockets[1].resetAndDestroy();
    sockets[2].destroy();
    setImmediate(() => log.push('check'));
    server.close();
  }, 1);
});
process.on('exit', () => console.log(log.join()));
`;

/** In a process of its own: nobody closes the descriptor of a refused reset. */
const REFUSED_RESET = `
const server = net.createServer();
server.listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    socket.end();
    socket.resetAndDestroy();
  });
  socket.on('error', ({ code, errno, syscall }) => {
    console.log(code, errno, syscall, socket.destroyed);
    process.exit();
  });
});
`;

const IN_ORDER = [
  ...['check', 'check'],
  ...['close 2', 'tick 2', 'job 2'],
  ...['close 1', 'tick 1', 'job 1'],
  ...['close 0', 'tick 0', 'job 0'],
  'next check',
];

describe.each(implementations)('%s: closing', (name, net) => {
  test.each(['uv', 'tokio'])("'close' comes in the closing phase, in libuv's order (%s)", async (backend) => {
    const result = await spawnNode(name, CLOSE_ORDER, { env: { RSNET_BACKEND: backend } });
    expect(result).toMatchObject({ code: 0, stderr: '', stdout: `${IN_ORDER.join()}\n` });
  });

  test('an exit while sockets are closing', async () => {
    const result = await spawnNode(name, `${CLOSE_ORDER}\nserver.on('close', () => process.exit(7));`);
    expect(result).toMatchObject({ code: 7, stderr: '' });
  });

  test('a reset is refused while a shutdown is under way', async () => {
    const { stdout } = await spawnNode(name, REFUSED_RESET);
    expect(stdout).toBe('EINVAL -22 reset true\n');
  });

  test(`bytes and a reset that arrive together are bytes and ${TELLS_RESETS ? 'the reset' : 'an end'}`, async () => {
    const { client, peer } = await pair(net, net);
    const received = [];
    client.on('data', (data) => received.push(String(data)));
    client.on('end', () => received.push('end'));
    client.on('error', ({ message }) => received.push(message));
    peer.write('last');
    peer.resetAndDestroy();
    await closed(client);
    expect(received).toEqual(['last', TELLS_RESETS ? 'read ECONNRESET' : 'end']);
  });

  test('a descriptor that a socket reads from cannot be opened by another', async () => {
    const { client } = await pair(net, net);
    client.resume();
    const error = thrownBy(() => new net.Socket({ fd: client._handle.fd }));
    expect(error).toMatchObject({ code: 'EEXIST', syscall: 'open' });
  });
});
