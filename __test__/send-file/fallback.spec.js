'use strict';

// Without a binary, files are sent by streams. The example runs in both cases.

/* global net -- given to the code of a child */

const { readFileSync } = require('fs');
const path = require('path');
const { describeRsnet, root, spawnNode, tempPath } = require('../helpers');

const EXAMPLE = path.join(root, 'examples', 'send-file.js');

describeRsnet('sendFile without a binary', () => {
  test('to a socket and to a response', async () => {
    const { stdout, ...end } = await spawnNode('rsnet', async () => {
      const { once } = require('events');
      const fs = require('fs');
      const http = require('http');
      const file = process.argv[1];
      const data = Buffer.alloc(300000, 'abc');
      fs.writeFileSync(file, data);
      const all = async (stream) => {
        const chunks = [];
        for await (const chunk of stream) chunks.push(chunk);
        return Buffer.concat(chunks);
      };
      const server = net.createServer(async (socket) => {
        socket.write('a');
        const sent = socket.sendFile(file, { start: 1 });
        socket.end('b');
        console.log(await sent, socket.bytesWritten);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const got = await all(net.connect(server.address().port, '127.0.0.1'));
      console.log(net.engine, got.equals(Buffer.concat([Buffer.from('a'), data.subarray(1), Buffer.from('b')])));
      server.close();
      const web = http.createServer(async (request, response) => {
        console.log(await net.sendFile(response, file, { range: true }));
      }).listen(0, '127.0.0.1');
      await once(web, 'listening');
      const request = http.get({ port: web.address().port, headers: { range: 'bytes=5-99999' } });
      const [response] = await once(request, 'response');
      console.log(response.statusCode, (await all(response)).equals(data.subarray(5, 100000)));
      web.close();
    }, {
      args: [tempPath('file')], flags: ['--no-warnings'],
      env: { RSNET_BINARY_PATH: path.join(root, 'nothing.node'), RSNET_STRICT: undefined },
    });
    expect(end).toEqual({ stderr: '', code: 0, signal: null, timedOut: false });
    // The ends of both sides come in any order.
    expect(stdout.trim().split('\n').sort()).toEqual(['206 true', '299999 300001', '99995', 'node true']);
  });

  test.each([
    ['the engine', undefined],
    ['streams', 'nothing.node'],
  ])('the example runs with %s', async (name, binary) => {
    const { stdout, stderr, code } = await spawnNode('builtin', `require(${JSON.stringify(EXAMPLE)});`, {
      flags: ['--no-warnings'], env: binary && { RSNET_BINARY_PATH: path.join(root, binary), RSNET_STRICT: undefined },
    });
    const size = readFileSync(path.join(root, 'package.json')).length;
    const lines = [`GET /package.json 200 ${size} `, 'HEAD /package.json 200 0 ',
      `GET /package.json 206 10 bytes 0-9/${size}`, 'GET /nothing.json 404 0 ', 'GET // 400 0 ', ''];
    expect({ stdout, stderr, code }).toEqual({ stdout: lines.join('\n'), stderr: '', code: 0 });
  });
});
