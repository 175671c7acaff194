'use strict';

/* global engine, listening -- runMode defines them for the programs */

// Descriptors from and to programs in other languages, what can be done with them, and rsnet in the place of `net`.

const fs = require('fs');
const { collect, connect, describeLinux, listen, once, pair, tempPath, track } = require('../helpers');
const { countOpen, fileWith, python, textOf } = require('../helpers/descriptors');
const { REGISTER, runMode, runWorker } = require('../helpers/registered');

describeLinux('descriptors and others', (net) => {
  test('a Python program sends', async () => {
    const files = ['A', 'B', 'C'].map(fileWith);
    const got = [];
    const server = await listen(net, { listen: tempPath(), receiveDescriptors: true }, (socket) => {
      socket.on('data', (data) => got.push(...String(data)));
      socket.on('descriptors', (fds, data) => got.push([String(data), fds.map(textOf)]));
      socket.on('end', () => socket.end('thanks'));
    });
    expect(await python('send', server.at.path, ...files)).toEqual({ code: 0, stdout: 'thanks', stderr: '' });
    expect(got).toEqual(files.flatMap((file, i) => ['<', [file, ['ABC'[i]]], '>']));
    expect(files.map(countOpen)).toEqual([0, 0, 0]);
  });

  test('a Python program receives', async () => {
    const files = ['A', 'B'].map((text) => fs.openSync(fileWith(text)));
    let answer;
    const server = await listen(net, { listen: tempPath() }, (socket) => {
      answer = collect(socket, 'utf8');
      socket.sendDescriptors(files, 'both');
      socket.sendDescriptors([files[1]], 'one');
      socket.end();
    });
    const { code, stdout, stderr } = await python('receive', server.at.path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe("both ['A', 'B'] 0\none ['B'] 0\n");
    expect(await answer).toBe('received');
    files.forEach((fd) => fs.closeSync(fd));
  });

  test('a listening socket from Python: server.listen({ fd }) takes it', async () => {
    const server = await listen(net, { listen: tempPath(), receiveDescriptors: 1 });
    const connection = once(server, 'connection');
    const program = python('serve', server.at.path);
    const [peer] = await connection;
    const [[fd], data] = await once(peer, 'descriptors');
    expect(String(data)).toBe('listener');
    const taken = track(net.createServer((socket) => socket.end('served')));
    taken.listen({ fd });
    await once(taken, 'listening');
    const client = connect(net, taken.address().port, '127.0.0.1');
    expect(await collect(client, 'utf8')).toBe('served');
    peer.end('.');
    expect(await program).toMatchObject({ code: 0, stderr: '' });
  });

  test('a connection: new Socket({ fd }) goes on with it, and the sender may close its own', async () => {
    const { client, peer } = await pair(net, net, { path: true, server: { receiveDescriptors: true } });
    const tcp = await pair(net);
    const message = once(peer, 'descriptors');
    client.sendDescriptors([tcp.peer], 'connection');
    tcp.peer.destroy();
    const [[fd]] = await message;
    const taken = track(new net.Socket({ fd }));
    tcp.client.write('to the new owner');
    expect(String((await once(taken, 'data'))[0])).toBe('to the new owner');
    taken.end('from the new owner');
    expect(await collect(tcp.client, 'utf8')).toBe('from the new owner');
  });

  test('a Unix-domain socket that was received receives descriptors, too', async () => {
    const { client, peer } = await pair(net, net, { path: true, server: { receiveDescriptors: true } });
    const inner = await pair(net, net, { path: true });
    const message = once(peer, 'descriptors');
    client.sendDescriptors([inner.peer], 'socket');
    const [[fd]] = await message;
    inner.peer.destroy();
    const taken = track(new net.Socket({ fd, receiveDescriptors: true }));
    const file = fs.openSync(fileWith('A'));
    inner.client.sendDescriptors([file], 'file');
    const [[text], data] = await once(taken, 'descriptors');
    expect([textOf(text), String(data)]).toEqual(['A', 'file']);
    fs.closeSync(file);
  });

  test('over rsnet/register', async () => {
    const result = await runMode(['-r', REGISTER], async (path) => {
      const registered = require('net');
      const server = registered.createServer({ receiveDescriptors: true }, (socket) => {
        socket.on('descriptors', (fds, data) => {
          const copy = new registered.Socket({ fd: fds[0] });
          copy.write(`${data} by ${engine(copy)}`, () => copy.destroy());
        });
      });
      await listening(server, path);
      const client = registered.connect(path);
      client.sendDescriptors([client], 'itself');
      const [data] = await once(server, 'connection').then(([socket]) => once(socket, 'data'));
      client.destroy();
      server.close();
      return String(data);
    }, { args: [tempPath()] });
    expect(result).toBe('itself by rsnet');
  });

  test('in a worker of a cluster', async () => {
    const told = await runWorker((path, file) => {
      const server = net.createServer({ receiveDescriptors: true }, (socket) => {
        socket.on('descriptors', ([fd], data) => {
          process.send(`${data} ${require('fs').readFileSync(fd)}`);
          server.close();
          socket.destroy();
        });
      });
      server.listen(path, () => {
        const client = net.connect(path);
        client.sendDescriptors([require('fs').openSync(file)], 'text:');
        client.on('error', () => {});
      });
    }, tempPath(), fileWith('A'));
    expect(told).toBe('text: A');
  });
});
