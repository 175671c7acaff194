'use strict';

/* global net -- given by spawnNode to the code of a child */

const fs = require('fs');
const nodeNet = require('net');
const { spawn } = require('child_process');
const {
  childEnvironment, closed, collect, connect, implementations, listen, once, requirePath, root, spawnNode, tempPath,
  traceTest, track,
} = require('../helpers');

/**
 * Run code in a child whose descriptor 3 is one of ours.
 *
 * @param {string} name implementation
 * @param {string} code finds `net`
 * @param {number} fd
 * @returns {{child: import('child_process').ChildProcess, lines: AsyncIterator<string>, ended: Promise<number>}}
 */
function withDescriptor(name, code, fd) {
  const child = spawn(process.execPath, ['-e', `const net = require(${JSON.stringify(requirePath(name))});\n${code}`], {
    cwd: root, detached: true, env: childEnvironment(), stdio: ['pipe', 'pipe', 'inherit', fd], timeout: 20000,
  });
  const lines = require('readline').createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, lines, ended: once(child, 'close').then(([status]) => status) };
}

describe.each(implementations)('%s a server on what exists already', (name, net) => {
  test.each([
    ['listen(server)', (server, other) => server.listen(other)],
    ['listen(server._handle)', (server, other) => server.listen(other._handle)],
    ['listen({handle})', (server, other) => server.listen({ handle: other._handle })],
    ['listen({_handle})', (server, other) => server.listen({ _handle: other._handle })],
    ['listen(server, backlog)', (server, other) => server.listen(other, 5)],
  ])('%s takes over the handle', async (_form, take) => {
    const other = await listen(net);
    const { _handle: handle } = other;
    const server = track(net.createServer((socket) => socket.end('taken')));
    const called = jest.fn();
    server.on('listening', called);
    take(server, other);
    await once(server, 'listening');
    expect(called).toHaveBeenCalledTimes(1);
    expect(server._handle).toBe(handle);
    expect(server.address()).toEqual(other.address());
    expect(await collect(connect(net, server.at || other.at), 'utf8')).toBe('taken');
    await new Promise((resolve) => server.close(resolve));
    await closed(connect(net, other.at));
    other.close();
  });

  test.each([['TCP'], ['Unix']])('listen({fd}) on an inherited %s socket', async (family) => {
    const where = family === 'Unix' ? tempPath() : { port: 0, host: '127.0.0.1' };
    // Who made the descriptor does not matter; the built-in is at hand everywhere.
    const owner = await listen(nodeNet, { listen: where });
    const { child, lines, ended } = withDescriptor(name, `
      const server = net.createServer((socket) => socket.end(String(process.pid)));
      server.listen({ fd: 3 }, () => console.log(JSON.stringify(server.address())));
      process.stdin.resume().on('end', () => server.close(() => console.log('closed')));
    `, owner._handle.fd);
    const address = JSON.parse((await lines.next()).value);
    expect(address).toEqual(family === 'TCP' ? owner.address() : null);
    // From here on only the child accepts. Our close would remove the path, hence another name for it.
    if (family === 'Unix') fs.renameSync(where, `${where}-moved`);
    const at = family === 'TCP' ? owner.at : { path: `${where}-moved` };
    await new Promise((resolve) => owner.close(resolve));
    expect(await collect(connect(net, at), 'utf8')).toBe(String(child.pid));
    child.stdin.end();
    expect((await lines.next()).value).toBe('closed');
    expect(await ended).toBe(0);
  });

  test('listen({fd}) of what is no socket', async () => {
    const file = fs.openSync(tempPath(), 'w');
    try {
      const server = track(net.createServer());
      server.listen({ fd: file });
      const [error] = await once(server, 'error');
      expect(error.code).toBe('EINVAL');
      expect(error.syscall).toBe('listen');
      expect(server.listening).toBe(false);
    } finally {
      fs.closeSync(file);
    }
  });

  test('listen({fd}) of a descriptor that is not open', async () => {
    const server = track(net.createServer());
    server.listen({ fd: 100000 });
    const [error] = await once(server, 'error');
    expect({ ...error }).toEqual({ code: 'EINVAL', errno: -22, syscall: 'listen', address: null });
    expect(error.message).toBe('listen EINVAL: invalid argument');
  });

  test('a bound handle of the built-in is served', async () => {
    const handle = nodeNet._createServerHandle('127.0.0.1', 0, 4);
    const server = track(net.createServer((socket) => socket.end('served')));
    server.listen({ handle });
    await once(server, 'listening');
    const { address, port } = server.address();
    expect(address).toBe('127.0.0.1');
    for (let i = 0; i < 5; i++) expect(await collect(connect(net, port, address), 'utf8')).toBe('served');
    await new Promise((resolve) => server.close(resolve));
    handle.close();
    const [error] = await once(connect(net, port, address), 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });
});

describe('traces of adopting', () => {
  traceTest('descriptors that cannot be listened on', async (t) => {
    const file = fs.openSync(tempPath(), 'w');
    try {
      for (const fd of [0xffff, file]) {
        const server = t.watch(t.net.createServer(), 'server');
        t.call('server', 'listen', () => server.listen({ fd }) === server);
        await new Promise((resolve) => server.once('error', resolve));
      }
    } finally {
      fs.closeSync(file);
    }
  });

  traceTest('a server that takes over another one', async (t) => {
    const first = t.watch(await t.listen(), 'first');
    const second = t.watch(t.net.createServer(), 'second', { props: ['listening'] });
    second.listen(first, t.callback('second', 'callback'));
    t.note('second', 'at once', second.listening, second._connectionKey);
    await once(second, 'listening');
    t.note('second', second.address(), second._handle === first._handle);
    second.close(t.callback('second', 'closed'));
    await once(second, 'close');
    t.note('first', first.listening);
    first.close(t.callback('first', 'closed'));
    await once(first, 'close');
  });
});

describe.each(implementations)('%s a process that only adopts', (name) => {
  test('listen({fd: 3}) with nothing there fails in the child', async () => {
    const { stdout, code } = await spawnNode(name, () => {
      const server = net.createServer();
      server.on('error', (error) => console.log(error.code, error.syscall));
      server.listen({ fd: 2000 });
    });
    expect(stdout).toBe('EINVAL listen\n');
    expect(code).toBe(0);
  });
});
