'use strict';

// What becomes of a file that is being sent when its thread or process ends.

const net = require('net');
const { Worker } = require('worker_threads');
const { childEnvironment } = require('../../scripts/lib/environment');
const { collect, closed, connect, describeRsnet, listen, once, root, spawnNode } = require('../helpers');
const { allClosed, madeFile, sha256, stuck } = require('./files');

const SIZE = 20 * 1024 * 1024;

describeRsnet('a file that is being sent', (rsnet) => {
  test('keeps the process alive until it is sent, also by a socket that is unref\'d', async () => {
    const { path, data } = madeFile(SIZE);
    const server = await listen(net);
    const connection = once(server, 'connection');
    const ended = spawnNode('rsnet', () => {
      const [port, file] = process.argv.slice(1);
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.pause().unref();
        socket.sendFile(file).then((sent) => console.log(sent));
      });
    }, { args: [String(server.at.port), path] });
    const [peer] = await connection;
    const got = await collect(peer);
    expect(await ended).toEqual({ stdout: `${SIZE}\n`, stderr: '', code: 0, signal: null, timedOut: false });
    expect(sha256(got)).toBe(sha256(data));
  });

  test('makes a connection that server.shutdown() does not take for idle', async () => {
    const { path, data } = madeFile(SIZE);
    const server = await listen(rsnet);
    const connection = once(server, 'connection');
    const client = connect(rsnet, { ...server.at, allowHalfOpen: true });
    const [peer] = await connection;
    const both = peer.sendFile(path).then(async (first) => first + await peer.sendFile(path));
    const cut = server.shutdown();
    expect(peer.writableEnded).toBe(false);
    const got = collect(client);
    expect(await both).toBe(2 * SIZE);
    client.end();
    expect(sha256(await got)).toBe(sha256(Buffer.concat([data, data])));
    expect(await cut).toBe(0);
  });

  test('is none of a connection that the socket makes afterwards', async () => {
    const { path } = madeFile(SIZE);
    const server = await listen(rsnet);
    server.once('connection', (peer) => peer.on('error', () => {}).pause());
    const client = connect(rsnet, server.at);
    await once(client, 'connect');
    const ended = client.sendFile(path).catch((error) => error);
    await stuck(client);
    const again = new Promise((resolve, reject) => {
      client.once('close', () => {
        server.once('connection', (peer) => peer.end('hello'));
        client.on('error', reject).connect(server.at);
        client.once('connect', resolve);
      });
    });
    client.destroy();
    await again;
    client.write('text');
    expect(await collect(client, 'utf8')).toBe('hello');
    expect((await ended).code).toBe('ERR_SOCKET_CLOSED');
    await allClosed(path);
  });

  test('is no more when the process exits', async () => {
    const { path } = madeFile(SIZE);
    const server = await listen(net);
    server.on('connection', (peer) => peer.on('error', () => {}).once('data', () => peer.pause()));
    const ended = await spawnNode('rsnet', () => {
      const [port, file] = process.argv.slice(1);
      const socket = net.connect(port, '127.0.0.1');
      socket.sendFile(file);
      const look = () => {
        if (socket.bytesWritten > 0) process.exit(7);
        setImmediate(look);
      };
      look();
    }, { args: [String(server.at.port), path] });
    expect(ended).toEqual({ stdout: '', stderr: '', code: 7, signal: null, timedOut: false });
  });

  test('is no more when its thread is terminated, and the connection closes', async () => {
    const { path } = madeFile(SIZE);
    const server = await listen(net);
    const connection = once(server, 'connection');
    const worker = new Worker(`
      const { parentPort, workerData: { root, port, path } } = require('worker_threads');
      const socket = require(root).connect(port, '127.0.0.1');
      socket.sendFile(path);
      const look = () => {
        if (socket.bytesWritten > 0) parentPort.postMessage('sends');
        else setImmediate(look);
      };
      look();
    `, { eval: true, env: childEnvironment(), workerData: { root, port: server.at.port, path } });
    // The message may come before the connection.
    const [[peer]] = await Promise.all([connection, once(worker, 'message')]);
    peer.pause();
    await worker.terminate();
    const ends = closed(peer);
    peer.resume();
    await ends;
    expect(peer.bytesRead).toBeLessThan(SIZE);
    await allClosed(path);
  });
});
