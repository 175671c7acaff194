'use strict';

/* global all, cert, engine, key, listening, net -- given to the code of a child */

// Node's own modules on top of `net`: the same programs on the built-in and with rsnet in its place.

const { tempPath } = require('../helpers');
const { modes, runMode } = require('../helpers/registered');

describe.each(modes)('http and tls, %s', (mode, flags) => {
  const expected = mode === 'registered' ? 'rsnet' : 'built-in';

  test('an http server accepts, and an agent connects and uses its connection again', async () => {
    const result = await runMode(flags, async () => {
      const http = require('http');
      const engines = new Set();
      const server = http.createServer((request, response) => {
        engines.add(engine(request.socket));
        request.pipe(response);
      });
      const port = await listening(server);
      const agent = new http.Agent({ keepAlive: true });
      const ports = new Set();
      const bodies = [];
      for (let i = 0; i < 4; i++) {
        const body = await new Promise((resolve, reject) => {
          const request = http.request({ port, host: '127.0.0.1', method: 'POST', agent }, (response) => {
            engines.add(engine(response.socket));
            ports.add(response.socket.localPort);
            all(response).then(resolve, reject);
          });
          request.on('error', reject).end(`body ${i}`);
        });
        bodies.push(String(body));
        // The agent takes the connection back in a later tick.
        await new Promise((resolve) => setImmediate(resolve));
      }
      agent.destroy();
      server.close();
      return { engines: [...engines], connections: ports.size, bodies };
    });
    expect(result).toEqual({
      engines: [expected], connections: 1, bodies: ['body 0', 'body 1', 'body 2', 'body 3'],
    });
  });

  test('https in both roles, megabytes each way', async () => {
    const result = await runMode(flags, async () => {
      const https = require('https');
      const server = https.createServer({ cert, key }, async (request, response) => {
        const body = await all(request);
        response.setHeader('x-engine', engine(request.socket));
        response.setHeader('x-remote', request.socket.remoteAddress);
        response.end(body);
      });
      const port = await listening(server);
      const sent = Buffer.alloc(3 << 20, 'abcdefg');
      const options = { port, host: 'localhost', method: 'POST', ca: cert, agent: false };
      const outcome = await new Promise((resolve, reject) => {
        https.request(options, async (response) => {
          const client = engine(response.socket);
          const { localAddress, authorized } = response.socket;
          const hasDescriptor = response.socket._handle.fd >= 0;
          const same = sent.equals(await all(response));
          const { 'x-engine': serverEngine, 'x-remote': remote } = response.headers;
          resolve({ client, server: serverEngine, same, authorized, hasDescriptor, met: remote === localAddress });
        }).on('error', reject).end(sent);
      });
      server.close();
      return outcome;
    });
    expect(result).toEqual({
      client: 'built-in', server: expected, same: true, authorized: true, hasDescriptor: true, met: true,
    });
  });

  test.each([['http:'], ['https:']])('http2 over %s', async (protocol) => {
    const result = await runMode(flags, async (scheme) => {
      const http2 = require('http2');
      const server = scheme === 'https:' ? http2.createSecureServer({ cert, key }) : http2.createServer();
      const remotes = [];
      server.on('stream', (stream) => {
        remotes.push(stream.session.socket.remoteAddress);
        stream.respond();
        stream.pipe(stream);
      });
      const port = await listening(server);
      const client = http2.connect(`${scheme}//127.0.0.1:${port}`, { ca: cert, checkServerIdentity() {} });
      const sent = Buffer.alloc(1 << 20, 'xyz');
      const same = await Promise.all(Array.from({ length: 5 }, async () => {
        const request = client.request({ ':method': 'POST' });
        request.end(sent);
        return sent.equals(await all(request));
      }));
      const { remoteAddress, remotePort } = client.socket;
      await new Promise((resolve) => client.close(resolve));
      await new Promise((resolve) => server.close(resolve));
      return { same, remotes: [...new Set(remotes)], remoteAddress, known: remotePort === port };
    }, { args: [protocol] });
    expect(result).toEqual({
      same: [true, true, true, true, true], remotes: ['127.0.0.1'], remoteAddress: '127.0.0.1', known: true,
    });
  });

  test('TLS on a Unix socket, on a socket that is connected, and inside TLS', async () => {
    const result = await runMode(flags, async (path) => {
      const tls = require('tls');
      const inner = tls.createServer({ cert, key }, (socket) => socket.end('inner'));
      const outer = tls.createServer({ cert, key }, (socket) => inner.emit('connection', socket));
      await listening(inner, path);
      const port = await listening(outer);
      const options = { ca: cert, checkServerIdentity() {} };
      const texts = [];
      const overPath = tls.connect({ path, ...options });
      texts.push(engine(overPath), String(await all(overPath)));
      const raw = net.connect(port, '127.0.0.1');
      await require('events').once(raw, 'connect');
      const first = tls.connect({ socket: raw, ...options });
      texts.push(engine(first), String(await all(tls.connect({ socket: first, ...options }))));
      inner.close();
      outer.close();
      return texts;
    }, { args: [tempPath('tls.sock')] });
    // Connections that TLS makes itself are the host's.
    expect(result).toEqual(['built-in', 'inner', expected, 'inner']);
  });

  test('a peer that resets gives TLS its error', async () => {
    const result = await runMode(flags, async () => {
      const tls = require('tls');
      const server = net.createServer((socket) => {
        socket.once('data', () => socket.resetAndDestroy());
      });
      const port = await listening(server);
      const client = tls.connect({ port, host: '127.0.0.1' });
      const error = await new Promise((resolve) => client.on('error', resolve));
      server.close();
      return { code: error.code, syscall: error.syscall, message: error.message };
    });
    expect(result).toEqual({ code: 'ECONNRESET', syscall: 'read', message: 'read ECONNRESET' });
  });

  test('an http2 listener that throws is reported, and the sessions go on', async () => {
    const result = await runMode(flags, async () => {
      const http2 = require('http2');
      const caught = [];
      process.on('uncaughtException', (error) => caught.push(error.message));
      const server = http2.createServer();
      server.on('stream', (stream, headers) => {
        stream.respond();
        stream.end('ok');
        if (headers[':path'] === '/throw') throw new Error('thrown by a listener');
      });
      const port = await listening(server);
      const client = http2.connect(`http://127.0.0.1:${port}`);
      const texts = await Promise.all(['/throw', '/', '/throw', '/'].map(async (path) => {
        return String(await all(client.request({ ':path': path })));
      }));
      client.close();
      server.close();
      return { caught, texts };
    });
    expect(result).toEqual({
      caught: ['thrown by a listener', 'thrown by a listener'], texts: ['ok', 'ok', 'ok', 'ok'],
    });
  });
});

const [builtIn, registered] = modes;

(modes.length === 2 ? describe : describe.skip)('what Node keeps an eye on', () => {
  test('data on a connection that an agent keeps for later', async () => {
    const program = async () => {
      const http = require('http');
      let accepted;
      const server = http.createServer((request, response) => {
        accepted = request.socket;
        response.end('ok');
      });
      const port = await listening(server);
      const agent = new http.Agent({ keepAlive: true });
      const options = { port, host: '127.0.0.1', agent };
      const fetchOne = () => new Promise((resolve, reject) => {
        const request = http.get(options, (response) => response.resume());
        request.on('close', () => process.nextTick(resolve, request.socket)).on('error', reject);
      });
      const unused = await fetchOne();
      const before = unused.bytesRead;
      // Where the host has no eye on it, the next request finds the answer to nobody's question.
      accepted.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      while (!unused.destroyed && unused.bytesRead === before) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { destroyed } = unused;
      agent.destroy();
      server.closeAllConnections();
      server.close();
      return { destroyed };
    };
    expect(await runMode(registered[1], program)).toEqual(await runMode(builtIn[1], program));
  });
});
