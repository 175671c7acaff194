'use strict';

/* global cert, engine, key, listening -- given to the code of a child */

// The clients that Node has as globals: the same programs on the built-in and with rsnet in its place. They run in a
// copy of undici inside Node, which no program can give a connector before its first use.

const path = require('path');
const { FIXTURES, modes, runMode } = require('../helpers/registered');

/** Node 20 has WebSocket behind a flag only. */
const testWebSocket = typeof WebSocket === 'function' ? test : test.skip;

const env = { NODE_EXTRA_CA_CERTS: path.join(FIXTURES, 'localhost-cert.pem') };

describe.each(modes)('fetch and WebSocket, %s', (mode, flags) => {
  const expected = mode === 'registered' ? 'rsnet' : 'built-in';

  test('fetch of an http: address', async () => {
    const result = await runMode(flags, async () => {
      const engines = [];
      require('diagnostics_channel').subscribe('undici:client:connected', ({ socket }) => engines.push(engine(socket)));
      const server = require('http').createServer((request, response) => request.pipe(response));
      const port = await listening(server);
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(100000) });
      const { length } = await response.text();
      server.close();
      server.closeAllConnections();
      return { engines, length };
    });
    expect(result).toEqual({ engines: [expected], length: 100000 });
  });

  test('fetch of an https: address, which TLS connects by itself', async () => {
    const result = await runMode(flags, async () => {
      const engines = [];
      require('diagnostics_channel').subscribe('undici:client:connected', ({ socket }) => engines.push(engine(socket)));
      const server = require('https').createServer({ cert, key }, (request, response) => response.end('secret'));
      const port = await listening(server, 0);
      const body = await (await fetch(`https://localhost:${port}/`)).text();
      server.close();
      server.closeAllConnections();
      return { engines, body };
    }, { env });
    expect(result).toEqual({ engines: ['built-in'], body: 'secret' });
  });

  testWebSocket('WebSocket of a ws: address', async () => {
    const result = await runMode(flags, async () => {
      const engines = [];
      require('diagnostics_channel').subscribe('undici:client:connected', ({ socket }) => engines.push(engine(socket)));
      const server = require('http').createServer();
      server.on('upgrade', ({ headers }, socket) => {
        // RFC 6455, 4.2.2: the key and this name, hashed.
        const accept = require('crypto').createHash('sha1')
          .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
        // One text frame of two bytes, and one that closes.
        socket.end(Buffer.from([0x81, 2, 0x68, 0x69, 0x88, 0]));
      });
      const port = await listening(server);
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
      const messages = [];
      socket.onmessage = ({ data }) => messages.push(data);
      await new Promise((resolve) => { socket.onclose = resolve; });
      server.close();
      return { engines, messages };
    });
    expect(result).toEqual({ engines: [expected], messages: ['hi'] });
  });
});
