'use strict';

/* global all, cert, fs, key, listening, net -- given to the code of a child */

// Where sendfile(2) cannot be used, the file is read and written, with the same results: on a TLS socket, and without a
// binary.

const path = require('path');
const { only, root, spawnNode, tempPath } = require('../helpers');
const { REGISTER, runMode } = require('../helpers/registered');

const describeOwn = only === 'builtin' ? describe.skip : describe;

describeOwn('sendFile by streams', () => {
  test('a file keeps its place among the writes of a TLS socket', async () => {
    const result = await runMode(['-r', REGISTER], async (file) => {
      const tls = require('tls');
      const data = Buffer.alloc(3000000, 'abcdefg');
      fs.writeFileSync(file, data);
      const results = [];
      const server = tls.createServer({ cert, key }, async (socket) => {
        socket.write('a');
        const first = socket.sendFile(file);
        socket.write('b');
        socket.cork();
        socket.write('c');
        const second = socket.sendFile(file, { start: 5, end: 9 });
        socket.write('d');
        socket.uncork();
        const failed = socket.sendFile('/nonexistent/file').catch(({ code }) => code);
        socket.end('e');
        results.push(await first, await second, await failed);
      });
      const port = await listening(server);
      const client = tls.connect({ port, host: '127.0.0.1', ca: cert, checkServerIdentity() {} });
      const got = await all(client);
      server.close();
      const text = (string) => Buffer.from(string);
      const wanted = Buffer.concat([text('a'), data, text('bc'), data.subarray(5, 10), text('de')]);
      return [got.equals(wanted), ...results];
    }, { args: [tempPath('file')] });
    expect(result).toEqual([true, 3000000, 5, 'ENOENT']);
  });

  test('without a binary: aborts, files that shrink, sockets that are destroyed', async () => {
    const { stdout, ...end } = await spawnNode('rsnet', async () => {
      const { once } = require('events');
      const fs = require('fs');
      const [file] = process.argv.slice(1);
      const size = 40 * 1024 * 1024;
      const pairOf = async () => {
        const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const client = net.connect(server.address().port, '127.0.0.1').on('error', () => {});
        const [peer] = await once(server, 'connection');
        server.close();
        return { client, peer: peer.on('error', () => {}) };
      };
      const wrongs = {
        abort: ({ controller }) => controller.abort(),
        shrink: () => fs.truncateSync(file, 0),
        destroy: ({ client }) => client.destroy(),
        error: ({ client }) => client.destroy(Object.assign(new Error('own'), { code: 'OWN' })),
        reset: ({ peer }) => peer.resetAndDestroy(),
      };
      const seen = {};
      for (const [name, wrong] of Object.entries(wrongs)) {
        fs.writeFileSync(file, Buffer.alloc(size, 'x'));
        const { client, peer } = await pairOf();
        const controller = new AbortController();
        const sent = client.sendFile(file, { signal: controller.signal }).catch((error) => error);
        while (!(client.bytesWritten > 0)) await new Promise(setImmediate);
        wrong({ client, peer, controller });
        let bytes = 0;
        let lastByte;
        peer.on('data', (chunk) => {
          bytes += chunk.length;
          lastByte = chunk.at(-1);
        }).resume();
        const error = await sent;
        if (!client.destroyed) client.end('!');
        const last = peer.destroyed ? client : peer;
        if (!last.closed) await once(last, 'close');
        seen[name] = [error.code, bytes < size, lastByte === 33];
        client.destroy();
        const isOpen = () => fs.readdirSync('/proc/self/fd').some((fd) => {
          try {
            return fs.readlinkSync('/proc/self/fd/' + fd) === file;
          } catch {
            return false;
          }
        });
        while (isOpen()) await new Promise(setImmediate);
      }
      console.log(JSON.stringify(seen));
    }, {
      args: [tempPath('file')], flags: ['--no-warnings'],
      env: { RSNET_BINARY_PATH: path.join(root, 'nothing.node'), RSNET_STRICT: undefined },
    });
    expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
    expect(JSON.parse(stdout)).toEqual({
      abort: ['ABORT_ERR', true, true],
      shrink: ['ERR_RSNET_FILE_TRUNCATED', true, true],
      destroy: ['ERR_SOCKET_CLOSED', true, false],
      error: ['OWN', true, false],
      reset: [expect.stringMatching(/^(EPIPE|ECONNRESET)$/), true, false],
    });
  });
});
