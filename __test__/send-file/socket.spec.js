'use strict';

const fs = require('fs');
const { pathToFileURL } = require('url');
const {
  collect, connect, describeRsnet, listen, once, pair, receive, tempPath, thrownBy, turn,
} = require('../helpers');
const { allClosed, descriptorsOf, families, madeFile, sha256, stuck } = require('./files');

describeRsnet('socket.sendFile', (net) => {
  describe.each(families)('over %s', (name, options) => {
    test.each([0, 1, 65536, 20 * 1024 * 1024])('sends %d bytes', async (size) => {
      const { path, data } = madeFile(size);
      const { client, peer } = await pair(net, net, options);
      const got = collect(peer);
      const read = jest.spyOn(fs, 'read');
      expect(await client.sendFile(path)).toBe(size);
      // On Linux sendfile(2) reads it. A file that says it is empty may have bytes all the same.
      expect(read.mock.calls.length === 0).toBe(process.platform === 'linux' && size > 0);
      read.mockRestore();
      expect([client.bytesWritten, client.writableEnded, client.destroyed]).toEqual([size, false, false]);
      client.end();
      expect(sha256(await got)).toBe(sha256(data));
      expect(client.bytesWritten).toBe(size);
      await allClosed(path);
    });

    test.each([
      [{ start: 10 }, 10, 1000],
      [{ start: 10, end: 19 }, 10, 20],
      [{ end: 0 }, 0, 1],
      [{ start: 999, end: 5000 }, 999, 1000],
      [{ start: 0, end: Infinity }, 0, 1000],
      [{ start: 1000 }, 1000, 1000],
      [{ start: 5000, end: 6000 }, 1000, 1000],
    ])('the part %p, as fs.createReadStream', async (part, from, to) => {
      const { path, data } = madeFile(1000);
      const { client, peer } = await pair(net, net, options);
      const got = collect(peer);
      expect(await client.sendFile(path, part)).toBe(to - from);
      client.end();
      expect((await got).equals(data.subarray(from, to))).toBe(true);
      expect((await collect(fs.createReadStream(path, part))).equals(data.subarray(from, to))).toBe(true);
    });

    test('keeps its place among writes', async () => {
      const { path, data } = madeFile(300000);
      const { client, peer } = await pair(net, net, options);
      const got = collect(peer);
      const large = Buffer.alloc(3000000, 'x');
      const texts = [];
      const note = (text) => () => texts.push(text);
      client.write('a');
      client.write('b', note('b'));
      const first = client.sendFile(path).then(note('file 1'));
      client.write('c');
      client.cork();
      client.write('d');
      client.write(large);
      const second = client.sendFile(path, { start: 1 }).then(note('file 2'));
      const third = client.sendFile(path, { end: 1 });
      client.write('e', note('e'));
      client.uncork();
      client.end('f');
      await Promise.all([first, second, third]);
      const expected = [Buffer.from('ab'), data, Buffer.from('cd'), large, data.subarray(1), data.subarray(0, 2),
        Buffer.from('ef')];
      expect(sha256(await got)).toBe(sha256(Buffer.concat(expected)));
      expect(client.bytesWritten).toBe(Buffer.concat(expected).length);
      expect(texts).toEqual(['b', 'file 1', 'file 2', 'e']);
    });

    test('many files in a row, and writes behind them', async () => {
      const { path, data } = madeFile(1000);
      const { client, peer } = await pair(net, net, options);
      const got = collect(peer);
      const warned = jest.fn();
      process.on('warning', warned);
      const sent = Array.from({ length: 20 }, () => client.sendFile(path));
      expect(await Promise.all(sent)).toEqual(Array(20).fill(1000));
      for (let i = 0; i < 20; i++) client.write('x');
      await client.sendFile(path);
      client.end();
      expect((await got).equals(Buffer.concat([...Array(20).fill(data), Buffer.alloc(20, 'x'), data]))).toBe(true);
      await turn();
      process.off('warning', warned);
      expect(warned).not.toHaveBeenCalled();
      await allClosed(path);
    });

    test('waits for a peer that does not read', async () => {
      const { path, data } = madeFile(20 * 1024 * 1024);
      const { client, peer } = await pair(net, net, options);
      peer.pause();
      let hasEnded = false;
      const sent = client.sendFile(path).finally(() => { hasEnded = true; });
      const before = await stuck(client);
      expect(hasEnded).toBe(false);
      expect(before).toBeLessThan(data.length);
      const got = collect(peer.resume());
      expect(await sent).toBe(data.length);
      client.end();
      expect(sha256(await got)).toBe(sha256(data));
    });

    test('a socket that connects sends the file then', async () => {
      const { path, data } = madeFile(1000);
      const where = options.path ? { listen: tempPath() } : {};
      const server = await listen(net, where);
      const connection = once(server, 'connection');
      const client = connect(net, server.at);
      client.write('a');
      const sent = client.sendFile(path);
      client.write('b');
      const [peer] = await connection;
      const got = collect(peer);
      expect(await sent).toBe(1000);
      client.end();
      expect((await got).equals(Buffer.concat([Buffer.from('a'), data, Buffer.from('b')]))).toBe(true);
    });
  });

  test.each([
    ['a path', (path) => [path]],
    ['a Buffer', (path) => [Buffer.from(path)]],
    ['a URL', (path) => [pathToFileURL(path)]],
    ['a descriptor', (path) => {
      const fd = fs.openSync(path);
      fs.readSync(fd, Buffer.alloc(10));
      return [fd, () => fs.closeSync(fd)];
    }],
    ['a FileHandle', async (path) => {
      const handle = await fs.promises.open(path);
      return [handle, () => handle.close()];
    }],
  ])('the file as %s', async (kind, make) => {
    const { path, data } = madeFile(100000);
    const { client, peer } = await pair(net);
    const got = collect(peer);
    const [file, close] = await make(path);
    expect(await client.sendFile(file)).toBe(data.length);
    expect(await client.sendFile(file, { start: 5, end: 9 })).toBe(5);
    client.end();
    expect((await got).equals(Buffer.concat([data, data.subarray(5, 10)]))).toBe(true);
    if (close) expect(descriptorsOf(path)).toBe(1);
    if (typeof file === 'number') {
      const next = Buffer.alloc(1);
      fs.readSync(file, next);
      expect(next[0]).toBe(data[10]);
    }
    await close?.();
    await allClosed(path);
  });

  test('a file without a size is read to its end', async () => {
    const { client, peer } = await pair(net);
    const got = collect(peer);
    const sent = await client.sendFile('/proc/version');
    client.end();
    expect((await got).toString()).toBe(fs.readFileSync('/proc/version', 'latin1'));
    expect(sent).toBe((await got).length);
  });

  test('leaves nothing on the socket', async () => {
    const { path, data } = madeFile(10);
    const { client, peer } = await pair(net);
    const members = () => [Reflect.ownKeys(client), client.eventNames().map((name) => client.listenerCount(name))];
    const before = members();
    const got = receive(peer, 14);
    client.write('a');
    client.write('b');
    const sent = client.sendFile(path);
    client.write('c');
    client.write('d');
    await sent;
    expect((await got).equals(Buffer.concat([Buffer.from('ab'), data, Buffer.from('cd')]))).toBe(true);
    expect(members()).toEqual(before);
  });

  test('the idle timer sees how it goes on', async () => {
    const { path } = madeFile(20 * 1024 * 1024);
    const { client, peer } = await pair(net);
    peer.pause();
    const onTimeout = jest.fn();
    client.on('timeout', onTimeout);
    const sent = client.sendFile(path);
    await stuck(client);
    // Bytes were sent since it began, so the first look finds no idle socket. One that finds no more of them does.
    client._onTimeout();
    expect(onTimeout).not.toHaveBeenCalled();
    while (onTimeout.mock.calls.length === 0) {
      await stuck(client);
      client._onTimeout();
    }
    peer.resume();
    await sent;
  });

  test('does nothing but throw for bad arguments', async () => {
    const { client } = await pair(net);
    const write = jest.spyOn(client, 'write');
    const code = (...args) => thrownBy(() => client.sendFile(...args))?.code;
    for (const file of [undefined, null, true, {}, [], () => {}, 1n, Symbol('x')]) {
      expect(code(file)).toBe('ERR_INVALID_ARG_TYPE');
    }
    for (const fd of [-1, 1.5, NaN, 2 ** 31]) expect(code(fd)).toBe('ERR_OUT_OF_RANGE');
    expect(code('a\0b')).toBe('ERR_INVALID_ARG_VALUE');
    for (const options of [null, 1, 'x', []]) expect(code('/', options)).toBe('ERR_INVALID_ARG_TYPE');
    for (const value of ['1', 1n, null]) {
      expect(code('/', { start: value })).toBe('ERR_INVALID_ARG_TYPE');
      expect(code('/', { end: value })).toBe('ERR_INVALID_ARG_TYPE');
    }
    for (const value of [-1, 1.5, NaN, 2 ** 53]) {
      expect(code('/', { start: value })).toBe('ERR_OUT_OF_RANGE');
      expect(code('/', { end: value })).toBe('ERR_OUT_OF_RANGE');
    }
    expect(code('/', { start: 2, end: 1 })).toBe('ERR_OUT_OF_RANGE');
    for (const signal of [null, 1, {}]) expect(code('/', { signal })).toBe('ERR_INVALID_ARG_TYPE');
    expect(write).not.toHaveBeenCalled();
  });
});
