'use strict';

// sendDescriptors(): what it takes, and where its bytes stand among those of other writes.

const fs = require('fs');
const { TLSSocket } = require('tls');
const { closed, connect, describeLinux, listen, once, pair, tempPath, thrownBy, track, turn } = require('../helpers');
const { countOpen, fileWith, textOf } = require('../helpers/descriptors');

const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };

describeLinux('sendDescriptors()', (net) => {
  /**
   * A pair whose server's side records what it gets: data as a string, descriptors as [data, texts of their files].
   *
   * @param {object} [options] of the client
   * @returns {Promise<{client: object, peer: object, got: Array}>}
   */
  async function recordingPair(options) {
    const receiving = { receiveDescriptors: true };
    const { client, peer } = await pair(net, net, { path: true, server: receiving, client: options });
    return { client, peer, got: record(peer) };
  }

  /**
   * @param {object} socket
   * @returns {Array} what it gets; data that comes in several pieces is joined
   */
  function record(socket) {
    const got = [];
    socket.on('data', (data) => {
      if (typeof got.at(-1) === 'string') got.push(got.pop() + data);
      else got.push(String(data));
    });
    socket.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    return got;
  }

  test('bad arguments are thrown at once', async () => {
    const { client } = await pair(net, net, { path: true });
    const cases = [
      [[undefined, 'x'], invalidType], [[0, 'x'], invalidType], [[{ 0: 0, length: 1 }, 'x'], invalidType],
      [[[], 'x'], outOfRange], [[Array(254).fill(0), 'x'], outOfRange],
      [[[-1], 'x'], outOfRange], [[[0.5], 'x'], outOfRange], [[[2 ** 31], 'x'], outOfRange],
      [[['0'], 'x'], invalidType], [[[null], 'x'], invalidType], [[[{}], 'x'], invalidType],
      [[[new net.Socket()], 'x'], invalidValue], [[[net.createServer()], 'x'], invalidValue],
      [[[0]], invalidType], [[[0], 1], invalidType], [[[0], {}], invalidType],
      [[[0], ''], invalidValue], [[[0], new Uint8Array(0)], invalidValue],
      [[[0], 'x', 'utf8'], invalidType], [[[0], 'x', null], invalidType],
      [[[2 ** 31 - 1], 'x'], { code: 'EBADF', syscall: 'dup' }],
    ];
    for (const [args, error] of cases) expect(thrownBy(() => client.sendDescriptors(...args))).toMatchObject(error);
    expect(client.bytesWritten).toBe(0);
  });

  test('a closed FileHandle is thrown at once, and nothing before it stays open', async () => {
    const { client } = await pair(net, net, { path: true });
    const file = fileWith('x');
    const [open, shut] = await Promise.all([fs.promises.open(file), fs.promises.open(file)]);
    await shut.close();
    expect(thrownBy(() => client.sendDescriptors([open, shut], 'x'))).toMatchObject(invalidValue);
    expect(thrownBy(() => client.sendDescriptors([open, 2 ** 31 - 1], 'x'))).toMatchObject({ code: 'EBADF' });
    expect(countOpen(file)).toBe(1);
    await open.close();
  });

  test('a TCP socket refuses it, before and after it is connected', async () => {
    const { client } = await pair(net);
    expect(thrownBy(() => client.sendDescriptors([0], 'x'))).toMatchObject(wrongKind);
    const server = await listen(net);
    const connecting = connect(net, server.at);
    expect(thrownBy(() => connecting.sendDescriptors([0], 'x'))).toMatchObject(wrongKind);
    await once(connecting, 'connect');
  });

  test('numbers, sockets, servers and FileHandles; those of the built-in, too', async () => {
    const { client, peer } = await pair(net, net, { path: true, server: { receiveDescriptors: true } });
    const builtin = require('net');
    const tcp = await pair(net);
    const theirs = await pair(builtin);
    const file = fileWith('the file');
    const handle = await fs.promises.open(file);
    const sent = [tcp.client, tcp.server, theirs.client, theirs.server, client];
    const message = once(peer, 'descriptors');
    client.sendDescriptors([handle, handle.fd, ...sent], 'all');
    const [[text, again, ...sockets], data] = await message;
    expect([textOf(text), textOf(again), String(data)]).toEqual(['the file', 'the file', 'all']);
    const inode = (fd) => fs.fstatSync(fd).ino;
    expect(sockets.map(inode)).toEqual(sent.map((one) => inode(one._handle.fd)));
    sockets.forEach((fd) => fs.closeSync(fd));
    await handle.close();
    tcp.client.write('open still');
    expect(String((await once(tcp.peer, 'data'))[0])).toBe('open still');
  });

  test('the order of all writes is kept, and descriptors may be closed at once', async () => {
    const { client, peer, got } = await recordingPair();
    const file = fs.openSync(fileWith('A'));
    client.write('one ');
    client.write('two');
    client.sendDescriptors([file, file], 'three');
    client.write('four ');
    client.cork();
    client.write('five');
    client.sendDescriptors([file], Buffer.from('six'));
    client.sendDescriptors([file], new Uint8Array([55]));
    client.write('eight');
    client.uncork();
    fs.closeSync(file);
    client.end(' nine');
    await once(peer, 'end');
    expect(got).toEqual([
      'one two', ['three', ['A', 'A']], 'four five', ['six', ['A']], ['7', ['A']], 'eight nine',
    ]);
    expect(peer.bytesRead).toBe(client.bytesWritten);
  });

  test('between files', async () => {
    const { client, peer, got } = await recordingPair();
    const file = fileWith('file ');
    const fd = fs.openSync(file);
    client.write('one ');
    const sent = [client.sendFile(file)];
    client.sendDescriptors([fd], 'two');
    sent.push(client.sendFile(file));
    client.write('three');
    client.end();
    fs.closeSync(fd);
    await once(peer, 'end');
    expect(await Promise.all(sent)).toEqual([5, 5]);
    expect(got).toEqual(['one file ', ['two', ['file ']], 'file three']);
  });

  test('what is sent before there is a connection goes first', async () => {
    const server = await listen(net, { listen: tempPath(), receiveDescriptors: true });
    const connection = once(server, 'connection');
    const client = connect(net, server.at);
    const file = fs.openSync(fileWith('A'));
    const results = [];
    expect(client.sendDescriptors([file], 'first', (error) => results.push(error ?? null))).toBe(true);
    fs.closeSync(file);
    client.end('then');
    const [peer] = await connection;
    const got = record(peer);
    await once(peer, 'end');
    expect(got).toEqual([['first', ['A']], 'then']);
    expect(results).toEqual([null]);
  });

  test('a connect that fails: the callback gets the error, and the copies are closed', async () => {
    const file = fileWith('A');
    const fd = fs.openSync(file);
    const client = connect(net, { path: tempPath() });
    const result = new Promise((resolve) => client.sendDescriptors([fd], 'x', resolve));
    client.on('error', () => {});
    expect(await result).toBeInstanceOf(Error);
    await closed(client);
    expect(countOpen(file)).toBe(1);
    fs.closeSync(fd);
  });

  test('behind what the kernel does not take: false, then drain, and all in order', async () => {
    const { client, peer } = await pair(net, net, {
      path: true, server: { receiveDescriptors: true, pauseOnConnect: true },
    });
    const fd = fs.openSync(fileWith('A'));
    const large = 'x'.repeat(2_000_000);
    let sent = 0;
    client.write(large);
    const drained = once(client, 'drain');
    for (let i = 0; i < 20; i++) {
      expect(client.sendDescriptors([fd], `message ${i}`, () => sent++)).toBe(false);
      client.write(`behind ${i}`);
    }
    fs.closeSync(fd);
    const got = record(peer);
    peer.resume();
    await drained;
    client.end();
    await once(peer, 'end');
    const [first, ...rest] = got;
    expect(first === large).toBe(true);
    expect(rest).toEqual(Array.from({ length: 20 }, (_, i) => [[`message ${i}`, ['A']], `behind ${i}`]).flat());
    expect(sent).toBe(20);
  });

  test('a message that is longer than what the kernel passes as one goes on as data', async () => {
    const { client, peer } = await pair(net, net, { path: true, server: { receiveDescriptors: true } });
    const fd = fs.openSync(fileWith('A'));
    const long = Buffer.alloc(1_000_000, 'abcdefg');
    const parts = [];
    peer.on('descriptors', (fds, data) => {
      expect(fds.map(textOf)).toEqual(['A']);
      expect(parts).toEqual([]);
      parts.push(data);
    });
    peer.on('data', (data) => parts.push(data));
    client.sendDescriptors([fd], long);
    client.end();
    await once(peer, 'end');
    expect(Buffer.concat(parts).equals(long)).toBe(true);
    expect(parts[0].length).toBeGreaterThanOrEqual(32 * 1024);
    fs.closeSync(fd);
  });

  test('32 KiB come as one message', async () => {
    const { client, peer, got } = await recordingPair();
    const fd = fs.openSync(fileWith('A'));
    const text = 'y'.repeat(32 * 1024);
    for (let i = 0; i < 30; i++) {
      client.write('before');
      client.sendDescriptors([fd], text);
    }
    client.end();
    await once(peer, 'end');
    expect(got.length).toBe(60);
    expect(got.every((one, i) => (i % 2 ? one[0] === text : one === 'before'))).toBe(true);
    fs.closeSync(fd);
  });

  test('253 descriptors', async () => {
    const { client, peer, got } = await recordingPair();
    const fd = fs.openSync(fileWith('A'));
    client.sendDescriptors(Array(253).fill(fd), 'many');
    client.end();
    await once(peer, 'end');
    expect(got).toEqual([['many', Array(253).fill('A')]]);
    fs.closeSync(fd);
  });

  test('on a socket that is destroyed, ended, or has no connection', async () => {
    const file = fileWith('A');
    const fd = fs.openSync(file);
    const failure = (socket) => new Promise((resolve) => {
      socket.on('error', () => {}).sendDescriptors([fd], 'x', resolve);
    });
    expect(await failure(track(new net.Socket()))).toMatchObject({ code: 'ERR_SOCKET_CLOSED' });
    const { client } = await pair(net, net, { path: true });
    client.end();
    expect(await failure(client)).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' });
    const other = await pair(net, net, { path: true });
    other.client.destroy();
    expect(await failure(other.client)).toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
    await turn();
    expect(countOpen(file)).toBe(1);
    fs.closeSync(fd);
  });

  test('a connection that goes to TLS with a message unsent: an error, and no bytes without descriptors', async () => {
    const receiving = { receiveDescriptors: true, pauseOnConnect: true };
    const { client, peer } = await pair(net, net, { path: true, server: receiving });
    const fd = fs.openSync(__filename);
    const results = [];
    let sent = 0;
    while (client._handle.writeQueueSize === 0) {
      client.sendDescriptors([fd], Buffer.alloc(1 << 14), (error) => results.push(error?.code));
      sent++;
    }
    const secure = new TLSSocket(client);
    const [error] = await once(secure, 'error');
    expect(error).toMatchObject({ code: 'ENOTSUP', syscall: 'write' });
    await closed(client);
    expect(results).toEqual([...Array(sent - 1).fill(undefined), 'ENOTSUP']);
    const got = [];
    peer.on('descriptors', (fds, data) => {
      got.push(data.length);
      fds.forEach((one) => fs.closeSync(one));
    });
    peer.on('data', (data) => got.push(String(data)));
    await closed(peer.resume());
    expect(got).toEqual(Array(sent - 1).fill(1 << 14));
    secure.destroy();
    fs.closeSync(fd);
  });

  test('destroyed with messages that wait: their copies are closed', async () => {
    const { client } = await pair(net, net, { path: true, server: { pauseOnConnect: true } });
    const file = fileWith('A');
    const fd = fs.openSync(file);
    client.write('x'.repeat(2_000_000), () => {});
    let failed = 0;
    for (let i = 0; i < 5; i++) client.sendDescriptors([fd, fd], 'waits', (error) => { failed += error ? 1 : 0; });
    expect(countOpen(file)).toBe(11);
    client.destroy();
    await closed(client);
    await turn();
    expect([failed, countOpen(file)]).toEqual([5, 1]);
    fs.closeSync(fd);
  });
});
