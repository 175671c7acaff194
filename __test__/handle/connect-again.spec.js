'use strict';

const {
  closed, implementations, listen, once, receive, spawnNode, tempPath, traceTest, track,
} = require('../helpers');

/** In a process of its own: the built-in's first request is never answered and keeps the process alive. */
const TWO_PATHS = `
const [path, missing] = process.argv.slice(1);
const server = net.createServer().listen(path, () => {
  const socket = new net.Socket();
  socket.on('connectionAttemptFailed', (...args) => console.log('failed', args.length));
  socket.on('error', (error) => {
    console.log(error.code, error.syscall, error.message.includes('Local'));
    process.exit();
  });
  socket.connect(path);
  socket.connect(missing);
});
`;

describe.each(implementations)('%s: connect(2) on a socket that has a connection', (name, net) => {
  test('TCP: EALREADY until the first connect has been reported, whatever the kernel says', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket());
    socket.connect(server.at);
    socket.connect(server.at);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'EALREADY', syscall: 'connect' });
    await closed(socket);
  });

  test('TCP: an accepted socket is refused at once', async () => {
    const server = await listen(net);
    const client = track(net.connect(server.at));
    const [peer] = await once(server, 'connection');
    peer.connect(server.at);
    const [error] = await once(peer, 'error');
    expect(error.code).toBe('EISCONN');
    client.destroy();
  });

  test('a path: the last answer counts, and comes with the event', async () => {
    const { stdout } = await spawnNode(name, TWO_PATHS, { args: [tempPath(), tempPath()] });
    expect(stdout).toBe('failed 4\nENOENT connect false\n');
  });
});

describe('traces of connecting again', () => {
  traceTest('a path, after data', async (t) => {
    const server = await t.listen({ listen: tempPath() }, (peer) => peer.write('7 bytes'));
    const socket = t.watch(t.net.connect(server.at), 'socket', { props: ['bytesRead', 'connecting', 'destroyed'] });
    await once(socket, 'data');
    t.call('socket', 'connect', () => socket.connect(server.at));
    await closed(socket);
  });

  traceTest('TCP: a shutdown that was due follows when the connection is over', async (t) => {
    const server = await t.listen({}, () => {});
    const socket = t.watch(new t.net.Socket(), 'socket', { props: ['readyState', 'writableFinished', 'destroyed'] });
    socket.connect(server.at);
    const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'ready')]);
    t.call('socket', 'end', () => socket.end('64 bytes'));
    t.call('socket', 'connect', () => socket.connect(server.at));
    socket.resume();
    await Promise.all([once(socket, 'ready'), receive(peer, 8)]);
    peer.write('7 bytes');
    peer.resetAndDestroy();
    await closed(socket);
  });

  traceTest('TCP: a socket that was ended before it connected is written', async (t) => {
    const server = await t.listen({}, () => {});
    const socket = t.watch(new t.net.Socket(), 'socket', { props: ['readyState', 'writableFinished', 'destroyed'] });
    socket.end();
    socket.connect(server.at);
    const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
    socket.connect(server.at);
    await once(socket, 'ready');
    t.call('socket', 'write', () => socket.write('x'.repeat(1000)));
    t.note('peer', 'received', (await receive(peer, 1000)).length);
    socket.destroy();
    await closed(socket);
  });
});
