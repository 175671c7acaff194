'use strict';

/* global cert, key, listening -- runMode defines them for the programs */

// Where messages cannot be, the option `seqpacket` is refused, and nothing hangs or is left open.

const fs = require('fs');
const builtin = require('net');
const { closed, connect, describeLinux, listen, once, pair, tempPath, thrownBy, track } = require('../helpers');
const { REGISTER, runMode, runWorker } = require('../helpers/registered');

const BOTH = { path: true, client: { seqpacket: true }, server: { seqpacket: true } };
const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };

describeLinux('where there are no messages', (net) => {
  test('values of the wrong kind are thrown at once', () => {
    for (const value of [1, 'true', null]) {
      expect(thrownBy(() => new net.Socket({ seqpacket: value }))).toMatchObject(invalidType);
      expect(thrownBy(() => net.createServer({ seqpacket: value }))).toMatchObject(invalidType);
    }
    const onread = { buffer: Buffer.alloc(1), callback() {} };
    expect(thrownBy(() => new net.Socket({ seqpacket: true, onread }))).toMatchObject(invalidValue);
    expect(thrownBy(() => new net.Socket({ readableObjectMode: true }))).toMatchObject(invalidValue);
  });

  test('false is a stream of bytes', async () => {
    const options = { seqpacket: false };
    const { client, peer } = await pair(net, net, { path: true, client: options, server: options });
    expect(client.readableObjectMode).toBe(false);
    client.end('bytes');
    expect(String((await once(peer, 'data'))[0])).toBe('bytes');
  });

  test('TCP refuses it', async () => {
    const { server } = await pair(net);
    expect(await once(connect(net, { ...server.at, seqpacket: true }), 'error')).toMatchObject([wrongKind]);
    const other = track(net.createServer({ seqpacket: true }).listen(0, '127.0.0.1'));
    expect(await once(other, 'error')).toMatchObject([wrongKind]);
  });

  test('two types do not meet', async () => {
    const messages = await listen(net, { seqpacket: true, listen: tempPath() });
    const bytes = await listen(net, { listen: tempPath() });
    const wrongType = { code: 'EPROTOTYPE', syscall: 'connect' };
    expect(await once(connect(net, messages.at), 'error')).toMatchObject([wrongType]);
    expect(await once(connect(net, { ...bytes.at, seqpacket: true }), 'error')).toMatchObject([wrongType]);
  });

  test('descriptors: without the option they are refused as by the built-in', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    const bytes = await pair(net, net, { path: true });
    const { fd } = client._handle;
    const refused = thrownBy(() => new builtin.Socket({ fd }));
    expect(thrownBy(() => new net.Socket({ fd }))).toMatchObject({ code: refused.code, message: refused.message });
    const copy = bytes.client._handle.dup();
    const wrong = track(new net.Socket({ fd: copy, seqpacket: true }));
    expect(await once(wrong, 'error')).toMatchObject([{ code: 'EINVAL' }]);
    const taken = track(new net.Socket({ fd: client._handle.dup(), seqpacket: true }));
    taken.write('by the copy');
    taken.write('');
    expect(String((await once(peer, 'data'))[0])).toBe('by the copy');
  });

  test('a listening descriptor', async () => {
    const server = await listen(net, { seqpacket: true, listen: { path: tempPath(), unlinkOnClose: false } });
    const copy = server._handle.dup();
    const plain = track(net.createServer().listen({ fd: copy }));
    const hosts = track(builtin.createServer().listen({ fd: copy }));
    const [[ours], [theirs]] = await Promise.all([once(plain, 'error'), once(hosts, 'error')]);
    expect([ours.code, ours.syscall]).toEqual([theirs.code, theirs.syscall]);
    const taker = track(net.createServer({ seqpacket: true }).listen({ fd: copy }));
    await once(taker, 'listening');
    server.close();
    const connection = once(taker, 'connection');
    const client = connect(net, { ...server.at, seqpacket: true });
    const [peer] = await connection;
    peer.end('taken');
    expect(String((await once(client, 'data'))[0])).toBe('taken');
  });

  test('a handle that has messages, also one that a listener has just got', async () => {
    const { peer, server } = await pair(net, net, { ...BOTH, server: { seqpacket: true, pauseOnConnect: true } });
    const wrongType = { code: 'EINVAL', syscall: 'setsockopt' };
    const listener = track(net.createServer());
    const refused = once(listener, 'error');
    listener.listen(server._handle);
    expect(await refused).toMatchObject([wrongType]);
    const socket = track(new net.Socket({ handle: peer._handle }));
    expect(await once(socket, 'error')).toMatchObject([wrongType]);
    const other = await listen(net, { seqpacket: true, listen: tempPath() });
    const problem = new Promise((resolve) => {
      other._handle.onconnection = (status, handle) => track(new net.Socket({ handle })).once('error', resolve);
    });
    connect(net, { ...other.at, seqpacket: true }).on('error', () => {});
    expect(await problem).toMatchObject(wrongType);
  });

  test('files, relays and pipes', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    await expect(client.sendFile(__filename)).rejects.toMatchObject(wrongKind);
    const bytes = await pair(net, net, { path: true });
    const total = 400_000;
    const relay = net.relay(peer, bytes.client);
    let got = 0;
    bytes.peer.on('data', (data) => { got += data.length; });
    for (let sent = 0; sent < total; sent += 20_000) client.write(Buffer.alloc(20_000));
    client.end('.');
    const end = once(bytes.peer, 'end');
    bytes.peer.end('bye');
    expect(String((await once(client, 'data'))[0])).toBe('bye');
    expect(await relay).toEqual({ aToB: total + 1, bToA: 3 });
    await end;
    expect(got).toBe(total + 1);
  });

  test('TLS and other processes refuse it, and the socket is not left open', async () => {
    const result = await runMode(['-r', REGISTER], async (path) => {
      const registered = require('net');
      const server = registered.createServer({ seqpacket: true });
      await listening(server, path);
      const codes = [];
      const code = (run) => {
        try {
          run();
          return 'none';
        } catch (error) {
          return error.code;
        }
      };
      const connected = async () => {
        const connection = once(server, 'connection');
        const socket = registered.connect({ path, seqpacket: true });
        await once(socket, 'connect');
        return { socket, peer: (await connection)[0] };
      };
      const tls = await connected();
      codes.push(code(() => require('tls').connect({ socket: tls.socket })));
      tls.socket.end('still usable');
      codes.push(String((await once(tls.peer, 'data'))[0]));
      const child = require('child_process').fork('-e', { execArgv: [], stdio: 'ignore' });
      child.on('error', () => {});
      const passed = await connected();
      const peerCloses = once(passed.peer.resume(), 'close');
      codes.push(code(() => child.send('socket', passed.socket)));
      codes.push(code(() => child.send('server', server)));
      await peerCloses;
      child.kill();
      server.close();
      return codes;
    }, { args: [tempPath()] });
    expect(result).toEqual([wrongKind.code, 'still usable', wrongKind.code, wrongKind.code]);
  });

  test('a server of TLS does not listen with it', async () => {
    const result = await runMode(['-r', REGISTER], async (path) => {
      const codes = [];
      const { createServer } = require('tls');
      const { createSecureServer } = require('http2');
      for (const create of [createServer, createSecureServer]) {
        const server = create({ cert, key, seqpacket: true });
        server.listen(path, () => codes.push('listening'));
        const [{ code }] = await once(server, 'error');
        codes.push(code);
      }
      return codes;
    }, { args: [tempPath()] });
    expect(result).toEqual([wrongKind.code, wrongKind.code]);
  });

  test('HTTP/2 refuses it, also while the socket connects', async () => {
    const result = await runMode(['-r', REGISTER], async (path) => {
      const registered = require('net');
      const http2 = require('http2');
      const server = registered.createServer({ seqpacket: true });
      server.on('connection', (socket) => socket.on('error', () => {}).resume().write('not a frame'));
      await listening(server, path);
      const codes = [];
      for (const waits of [false, true]) {
        const socket = registered.connect({ path, seqpacket: true });
        socket.on('error', () => {});
        if (waits) await once(socket, 'connect');
        const session = http2.connect('http://localhost', { createConnection: () => socket });
        session.on('error', ({ code }) => codes.push(code));
        await new Promise((resolve) => session.once('close', resolve));
        socket.destroy();
      }
      server.close();
      return codes;
    }, { args: [tempPath()] });
    expect(result).toEqual(['ERR_STREAM_WRAP', 'ERR_STREAM_WRAP']);
  });

  test('a server of a cluster that shares its path', async () => {
    const told = await runWorker((path) => {
      const server = net.createServer({ seqpacket: true });
      server.on('error', (error) => process.send(error.code));
      server.on('listening', () => process.send('listening'));
      server.listen(path);
    }, tempPath());
    expect(told).toBe('ERR_INVALID_HANDLE_TYPE');
  });

  test('a closed peer, and nothing else, ends a socket', async () => {
    const { client, peer } = await pair(net, net, BOTH);
    client.resume();
    peer.destroy();
    await closed(client);
    expect(fs.existsSync(peer.server.address())).toBe(true);
  });
});
