'use strict';

/* global all, cert, key, listening, made, once, opens, rejection, rsnet, sha256 -- given to the code of a child */

// `net.sendFile` with servers of https and HTTP/2, which get files by streams.

const { describeModes } = require('./served');

describeModes((run) => {
  test('https and HTTP/2, by streams', async () => {
    const result = await run(async () => {
      const http2 = require('http2');
      const https = require('https');
      const { path, data } = made(3000000);
      const sending = [];
      const handler = (request, response) => {
        sending.push(rsnet.sendFile(response, path, { start: 5 }));
      };
      const server = https.createServer({ cert, key }, handler);
      await listening(server);
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: cert, checkServerIdentity() {} });
      const bodies = [];
      for (let i = 0; i < 2; i++) {
        bodies.push(await new Promise((resolve, reject) => {
          https.get({ port: server.address().port, host: '127.0.0.1', agent }, async (response) => {
            resolve(await all(response));
          }).on('error', reject);
        }));
      }
      agent.destroy();
      server.close();
      const second = http2.createServer(handler);
      await listening(second);
      const session = http2.connect('http://127.0.0.1:' + second.address().port);
      const stream = session.request({ ':path': '/' });
      bodies.push(await all(stream));
      session.close();
      second.close();
      const sent = await Promise.all(sending);
      return { sent, right: bodies.map((body) => sha256(body) === sha256(data.subarray(5))) };
    });
    expect(result).toEqual({ right: [true, true, true], sent: [2999995, 2999995, 2999995] });
  });

  test('a stream of HTTP/2 that is aborted in the middle', async () => {
    const result = await run(async () => {
      const http2 = require('http2');
      const { path } = made(20 * 1024 * 1024);
      const controller = new AbortController();
      let failed;
      const server = http2.createServer((request, response) => {
        failed = rejection(rsnet.sendFile(response, path, { signal: controller.signal }));
      });
      await listening(server);
      const session = http2.connect('http://127.0.0.1:' + server.address().port);
      const stream = session.request({ ':path': '/' });
      // A stream that is paused would not hear of its end.
      stream.on('data', () => controller.abort());
      const [error] = await once(stream, 'error');
      const { code } = await failed;
      session.close();
      server.close();
      while (opens(path) > 0) await new Promise(setImmediate);
      return [error.code, stream.rstCode, code];
    });
    expect(result).toEqual(['ERR_HTTP2_STREAM_ERROR', 2, 'ABORT_ERR']);
  });
});
