'use strict';

// Messages with programs in another language, with descriptors, and on abstract names.

const fs = require('fs');
const { collect, connect, describeLinux, listen, once, pair, tempPath } = require('../helpers');
const { countOpen, fileWith, python, textOf } = require('../helpers/descriptors');

const BOTH = { path: true, client: { seqpacket: true }, server: { seqpacket: true } };

describeLinux('messages and others', (net) => {
  test('a Python program sends and receives', async () => {
    const got = [];
    const server = await listen(net, { listen: tempPath(), seqpacket: true, allowHalfOpen: true }, (socket) => {
      socket.on('data', (data) => got.push(String(data)));
      socket.on('end', () => {
        socket.write('one');
        socket.write('');
        socket.end('two');
      });
    });
    const result = await python('messages', server.at.path, 'a', '', 'b');
    expect(result).toEqual({ code: 0, stdout: "b'one' b'' b'two' b''", stderr: '' });
    expect(got).toEqual(['a', '', 'b']);
  });

  test('descriptors go with messages, empty ones too, in their order', async () => {
    const { client, peer } = await pair(net, net, {
      ...BOTH, server: { seqpacket: true, receiveDescriptors: true },
    });
    const path = fileWith('A');
    const file = fs.openSync(path);
    const got = [];
    peer.on('data', (data) => got.push(String(data)));
    peer.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    client.write('before');
    client.sendDescriptors([file, file], 'both');
    client.write('');
    client.sendDescriptors([file], 'one');
    client.end('behind');
    await once(peer, 'end');
    expect(got).toEqual(['before', ['both', ['A', 'A']], '', ['one', ['A']], 'behind']);
    fs.closeSync(file);
    expect(countOpen(path)).toBe(0);
  });

  test('descriptors from Python with an empty message; without the option they are closed', async () => {
    const path = fileWith('A');
    const got = [];
    const at = { listen: tempPath(), seqpacket: true };
    const server = await listen(net, { ...at, receiveDescriptors: true }, (socket) => {
      socket.on('data', (data) => got.push(String(data)));
      socket.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
    });
    expect(await python('empty_with_descriptor', server.at.path, path)).toMatchObject({ code: 0, stderr: '' });
    expect(got).toEqual([['', ['A']], 'behind']);
    const closing = await listen(net, { ...at, listen: tempPath() }, (socket) => {
      socket.on('data', (data) => got.push(String(data)));
    });
    expect(await python('empty_with_descriptor', closing.at.path, path)).toMatchObject({ code: 0, stderr: '' });
    expect(got.slice(2)).toEqual(['', 'behind']);
    expect(countOpen(path)).toBe(0);
  });

  test('many descriptors wait to be sent with their messages', async () => {
    const { client, peer } = await pair(net, net, {
      ...BOTH, server: { seqpacket: true, receiveDescriptors: true },
    });
    const path = fileWith('A');
    const file = fs.openSync(path);
    peer.pause();
    for (let i = 0; i < 60; i++) {
      client.write(Buffer.alloc(10_000));
      client.sendDescriptors([file], `${i}`);
    }
    client.end();
    const got = [];
    peer.on('descriptors', (fds, data) => got.push(Number(data), ...fds.map(textOf)));
    let bytes = 0;
    peer.on('data', (data) => { bytes += data.length; });
    await once(peer.resume(), 'end');
    expect(got).toEqual(Array.from({ length: 60 }, (_, i) => [i, 'A']).flat());
    expect(bytes).toBe(600_000);
    fs.closeSync(file);
    expect(countOpen(path)).toBe(0);
  });

  test('an abstract name, and peerCredentials()', async () => {
    const name = `\0rsnet-seqpacket-${process.pid}`;
    const server = await listen(net, { listen: { path: name }, seqpacket: true }, (socket) => socket.end('abstract'));
    const client = connect(net, { path: name, seqpacket: true });
    const answer = collect(client, 'utf8');
    await once(client, 'connect');
    expect(client.peerCredentials()).toMatchObject({ pid: process.pid });
    expect(await answer).toBe('abstract');
    server.close();
  });
});
