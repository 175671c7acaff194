'use strict';

const fs = require('fs');
const { collect, connect, closed, describeRsnet, listen, once, pair, receive } = require('../helpers');
const { allClosed, families, madeFile, sha256, stuck } = require('./files');

/** Bytes that no socket's buffers hold. */
const LARGE = 40 * 1024 * 1024;

/**
 * @param {Promise<any>} promise
 * @returns {Promise<Error>} with which it rejects
 */
async function rejection(promise) {
  return promise.then((value) => { throw new Error(`it gave ${value}`); }, (error) => error);
}

describeRsnet('socket.sendFile that fails', (net) => {
  test.each([
    ['that does not exist', '/nonexistent/file'],
    ['that is a directory', '/'],
    ['descriptor that is closed', 1 << 20],
  ])('a file %s: the error of fs, and the socket goes on', async (kind, file) => {
    const { client, peer } = await pair(net);
    const got = collect(peer);
    const source = typeof file === 'number' ? fs.createReadStream('', { fd: file }) : fs.createReadStream(file);
    const [expected] = await once(source.resume(), 'error');
    client.write('a');
    const error = await rejection(client.sendFile(file));
    expect(error.code).toBe(expected.code);
    if (typeof file === 'string') expect({ ...error }).toEqual({ ...expected });
    client.write('b');
    client.end();
    expect((await got).toString()).toBe('ab');
  });

  test('a FileHandle that is closed', async () => {
    const { path } = madeFile(10);
    const { client } = await pair(net);
    const handle = await fs.promises.open(path);
    await handle.close();
    expect((await rejection(client.sendFile(handle))).code).toBe('EBADF');
  });

  test('a FileHandle that is closed while the file waits for its turn', async () => {
    const { path } = madeFile(LARGE);
    const { client, peer } = await pair(net);
    const handle = await fs.promises.open(path);
    peer.pause();
    const first = client.sendFile(path);
    const second = rejection(client.sendFile(handle));
    await stuck(client);
    await handle.close();
    peer.resume();
    await first;
    expect(await second).toMatchObject({ code: 'EBADF', bytesSent: 0 });
    await allClosed(path);
  });

  test('a socket that was ended or destroyed takes no file', async () => {
    const { path } = madeFile(10);
    const { client } = await pair(net);
    client.end();
    expect((await rejection(client.sendFile(path))).code).toBe('ERR_STREAM_WRITE_AFTER_END');
    const destroyed = (...args) => new net.Socket().destroy(...args).on('error', () => {});
    expect((await rejection(destroyed().sendFile(path))).code).toBe('ERR_STREAM_DESTROYED');
    expect((await rejection(destroyed(new Error('own')).sendFile(path))).message).toBe('own');
    await allClosed(path);
  });

  test('a connect that fails', async () => {
    const { path } = madeFile(10);
    const server = await listen(net);
    const { at } = server;
    await new Promise((resolve) => server.close(resolve));
    const client = connect(net, at);
    const sent = rejection(client.sendFile(path));
    const [error] = await once(client, 'error');
    expect([error.code, await sent]).toEqual(['ECONNREFUSED', error]);
    await allClosed(path);
  });

  describe.each(families)('over %s', (name, options) => {
    test('a signal that aborted before', async () => {
      const { path } = madeFile(10);
      const { client, peer } = await pair(net, net, options);
      const reason = new Error('why');
      const error = await rejection(client.sendFile(path, { signal: AbortSignal.abort(reason) }));
      expect([error.name, error.code, error.cause]).toEqual(['AbortError', 'ABORT_ERR', reason]);
      client.end('x');
      expect((await collect(peer)).toString()).toBe('x');
    });

    test('a signal that aborts while the file waits for its turn', async () => {
      const { path, data } = madeFile(LARGE);
      const { client, peer } = await pair(net, net, options);
      peer.pause();
      const first = client.sendFile(path);
      const controller = new AbortController();
      const second = rejection(client.sendFile(path, { signal: controller.signal }));
      const third = client.sendFile(path, { end: 9 });
      controller.abort();
      expect(await second).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', bytesSent: 0 });
      const got = collect(peer.resume());
      expect([await first, await third]).toEqual([LARGE, 10]);
      client.end();
      expect(sha256(await got)).toBe(sha256(Buffer.concat([data, data.subarray(0, 10)])));
      await allClosed(path);
    });

    test('a signal that aborts in the middle: the socket goes on behind what was sent', async () => {
      const { path, data } = madeFile(LARGE);
      const { client, peer } = await pair(net, net, options);
      peer.pause();
      const controller = new AbortController();
      const sent = rejection(client.sendFile(path, { signal: controller.signal }));
      client.write('behind');
      await stuck(client);
      controller.abort();
      const error = await sent;
      expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
      expect(error.bytesSent).toBeGreaterThan(0);
      expect(error.bytesSent).toBeLessThan(LARGE);
      client.end();
      const expected = Buffer.concat([data.subarray(0, error.bytesSent), Buffer.from('behind')]);
      expect(sha256(await collect(peer.resume()))).toBe(sha256(expected));
      expect(client.bytesWritten).toBe(expected.length);
      await allClosed(path);
    });

    test('a file that shrinks: the socket goes on behind what was sent', async () => {
      const { path } = madeFile(LARGE);
      const { client, peer } = await pair(net, net, options);
      peer.pause();
      const sent = rejection(client.sendFile(path));
      await stuck(client);
      fs.truncateSync(path, 0);
      const got = collect(peer.resume());
      const error = await sent;
      expect(error.code).toBe('ERR_RSNET_FILE_TRUNCATED');
      expect(error.message).toContain(String(LARGE));
      client.end('behind');
      const bytes = await got;
      expect(bytes.length).toBe(error.bytesSent + 6);
      expect(bytes.subarray(-6).toString()).toBe('behind');
    });

    test('a socket that is destroyed in the middle: it closes at once', async () => {
      const { path } = madeFile(LARGE);
      const { client, peer } = await pair(net, net, options);
      peer.pause();
      const sent = rejection(client.sendFile(path));
      const written = await stuck(client);
      const ends = closed(peer);
      client.destroy();
      expect(await sent).toMatchObject({ code: 'ERR_SOCKET_CLOSED' });
      expect(client.bytesWritten).toBeGreaterThanOrEqual(written);
      peer.resume();
      await ends;
      expect(peer.bytesRead).toBeGreaterThanOrEqual(client.bytesWritten);
      expect(peer.bytesRead).toBeLessThan(LARGE);
      await allClosed(path);
    });

    test('a socket that is destroyed with an error', async () => {
      const { path } = madeFile(LARGE);
      const { client, peer } = await pair(net, net, options);
      peer.pause();
      const sent = rejection(client.sendFile(path));
      const waiting = rejection(client.sendFile(path));
      await stuck(client);
      const own = new Error('own');
      client.on('error', () => {}).destroy(own);
      expect([await sent, await waiting]).toEqual([own, own]);
      await allClosed(path);
    });

    test('a peer that goes away in the middle: the error of the socket', async () => {
      const { path } = madeFile(LARGE);
      const { client, peer } = await pair(net, net, options);
      const failed = once(client, 'error');
      const sent = rejection(client.sendFile(path));
      await receive(peer, 1);
      if (options.path) peer.destroy();
      else peer.resetAndDestroy();
      const [error] = await failed;
      expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
      expect(await sent).toBe(error);
      await allClosed(path);
    });
  });
});
