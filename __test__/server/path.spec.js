'use strict';

const fs = require('fs');
const path = require('path');
const { closed, collect, connect, implementations, listen, once, tempPath, traceTest, track } = require('../helpers');

const linux = process.platform === 'linux';

/** A number for each abstract name, so that no two servers of this process take the same one. */
let names = 0;

/**
 * A name in the abstract namespace that nobody else uses.
 *
 * @returns {string}
 */
function abstractName() {
  return `\0rsnet-spec-${process.pid}-${names++}`;
}

describe.each(implementations)('%s server on a Unix path', (_name, net) => {
  test.each([
    ['(path, callback)', (server, where, callback) => server.listen(where, callback)],
    ['(path, backlog, callback)', (server, where, callback) => server.listen(where, 5, callback)],
    ['({path}, callback)', (server, where, callback) => server.listen({ path: where }, callback)],
    ['({path, backlog}, callback)', (server, where, callback) => server.listen({ path: where, backlog: 5 }, callback)],
    ['({path, exclusive}, callback)',
      (server, where, callback) => server.listen({ path: where, exclusive: true }, callback)],
  ])('listen%s', async (_form, call) => {
    const where = tempPath();
    const server = track(net.createServer((socket) => socket.end('hello')));
    await new Promise((resolve) => expect(call(server, where, resolve)).toBe(server));
    expect(server.address()).toBe(where);
    expect(fs.statSync(where).isSocket()).toBe(true);
    expect(await collect(connect(net, where), 'utf8')).toBe('hello');
    await new Promise((resolve) => server.close(resolve));
    expect(fs.existsSync(where)).toBe(false);
  });

  test('a path with a port: the port wins', async () => {
    const where = tempPath();
    const server = await listen(net, { listen: { path: where, port: 0, host: '127.0.0.1' } });
    expect(server.address().port).toBeGreaterThan(0);
    expect(fs.existsSync(where)).toBe(false);
  });

  test('the path is gone when close() has returned', async () => {
    const where = tempPath();
    const server = await listen(net, { listen: where });
    server.close();
    expect(fs.existsSync(where)).toBe(false);
    const other = await listen(net, { listen: where });
    expect(other.address()).toBe(where);
  });

  test('the path is gone at close() while connections stay open', async () => {
    const where = tempPath();
    const server = await listen(net, { listen: where });
    const accepted = once(server, 'connection');
    const client = connect(net, where);
    const [peer] = await accepted;
    server.close();
    expect(fs.existsSync(where)).toBe(false);
    const received = collect(client, 'utf8');
    peer.end('still here');
    expect(await received).toBe('still here');
  });

  test('closing an accepted socket or a client leaves the path', async () => {
    const where = tempPath();
    const server = await listen(net, { listen: where });
    const accepted = once(server, 'connection');
    const client = connect(net, where);
    const [peer] = await accepted;
    peer.destroy();
    client.destroy();
    await Promise.all([closed(peer), closed(client)]);
    expect(fs.existsSync(where)).toBe(true);
  });

  test('a file left by a dead server is in use', async () => {
    const where = tempPath();
    fs.writeFileSync(where, '');
    const server = track(net.createServer());
    server.listen(where);
    const [error] = await once(server, 'error');
    expect(error.code).toBe('EADDRINUSE');
    expect(fs.readFileSync(where, 'utf8')).toBe('');
  });

  test('close() after somebody removed the path is no error', async () => {
    const where = tempPath();
    const server = await listen(net, { listen: where });
    fs.unlinkSync(where);
    const error = await new Promise((resolve) => server.close(resolve));
    expect(error).toBe(undefined);
  });

  test('a relative path', async () => {
    const where = tempPath();
    const relative = path.relative(process.cwd(), where);
    const server = await listen(net, { listen: relative });
    expect(server.address()).toBe(relative);
    expect(await collect(connect(net, where).end(), 'utf8').catch((error) => error.code)).toBe('');
  });

  test('a path that is not ASCII', async () => {
    const where = tempPath('Grüße-世界');
    const server = await listen(net, { listen: where }, (socket) => socket.end('x'));
    expect(server.address()).toBe(where);
    expect(fs.existsSync(where)).toBe(true);
    expect(await collect(connect(net, where), 'utf8')).toBe('x');
  });

  test('addresses of an accepted connection', async () => {
    const server = await listen(net, { listen: tempPath() });
    const accepted = once(server, 'connection');
    connect(net, server.at);
    const [peer] = await accepted;
    expect(peer.address()).toEqual({});
    expect(peer.remoteAddress).toBe(undefined);
    expect(peer.remotePort).toBe(undefined);
    expect(peer.localAddress).toBe(undefined);
    expect(peer.localPort).toBe(undefined);
    expect(peer.readyState).toBe('open');
  });

  test('writableAll lets everybody connect', async () => {
    const where = tempPath();
    await listen(net, { listen: { path: where, writableAll: true } });
    expect(fs.statSync(where).mode & 0o222).toBe(0o222);
  });

  test('readableAll lets everybody read', async () => {
    const where = tempPath();
    await listen(net, { listen: { path: where, readableAll: true } });
    expect(fs.statSync(where).mode & 0o444).toBe(0o444);
  });

  (linux ? test : test.skip)('an abstract name', async () => {
    const where = abstractName();
    const server = await listen(net, { listen: where }, (socket) => socket.end('hello'));
    expect(server.address()).toBe(where);
    expect(fs.readFileSync('/proc/net/unix', 'utf8')).toContain(`@${where.slice(1)}`);
    expect(await collect(connect(net, where), 'utf8')).toBe('hello');
    const other = track(net.createServer());
    other.listen(where);
    const [error] = await once(other, 'error');
    expect(error.code).toBe('EADDRINUSE');
    expect(error.address).toBe(where);
    server.close();
    other.listen(where);
    await once(other, 'listening');
  });

  (linux ? test : test.skip)('an abstract name is no file', async () => {
    const where = `\0${tempPath()}`;
    const server = await listen(net, { listen: { path: where } });
    expect(fs.existsSync(where.slice(1))).toBe(false);
    expect(fs.readdirSync(path.dirname(where.slice(1)))).toEqual([]);
    const error = await new Promise((resolve) => server.close(resolve));
    expect(error).toBe(undefined);
  });
});

describe('traces of a server on a Unix path', () => {
  traceTest('listen, connection, close', async (t) => {
    const where = t.name(tempPath(), 'path');
    const server = t.watch(t.net.createServer((socket) => {
      t.watch(socket, 'peer');
      socket.resume();
    }), 'server', { props: ['listening'] });
    server.listen(where, t.callback('server', 'callback'));
    t.note('server', 'at once', server.listening, server.address());
    await once(server, 'listening');
    t.note('server', server._connectionKey, server._pipeName);
    const client = t.watch(t.net.connect(where), 'client');
    client.end('hello');
    await closed(client);
    server.close(t.callback('server', 'closed'));
    await once(server, 'close');
  });

  traceTest('the file modes of every combination', async (t) => {
    for (const readableAll of [undefined, false, true]) {
      for (const writableAll of [undefined, false, true]) {
        const server = await listen(t.net, { listen: { path: tempPath(), readableAll, writableAll } });
        const mode = fs.statSync(server.address()).mode.toString(8);
        t.note('modes', String(readableAll), String(writableAll), mode);
      }
    }
  });

  traceTest('paths that are too long', async (t) => {
    for (const length of [107, 108, 109, 200]) {
      const where = `${path.dirname(tempPath())}/`.padEnd(length, 'x');
      const server = t.watch(t.net.createServer(), 'server', { except: ['close'] });
      t.name(where, `path of ${length}`);
      t.call('server', 'listen', () => server.listen(where) && undefined);
      if (!server.listening) await new Promise((resolve) => server.once('error', resolve));
      t.note('server', 'address', server.address());
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      t.note('left', fs.readdirSync(path.dirname(where)).length);
    }
  });

  traceTest('a path in use', async (t) => {
    const first = await t.listen({ listen: tempPath() });
    const server = t.watch(t.net.createServer(), 'server', { props: ['listening'] });
    server.listen(first.address(), t.callback('server', 'callback'));
    t.ticks('server', 'after listen');
    await new Promise((resolve) => server.once('error', resolve));
    server.close(t.callback('server', 'closed'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
