'use strict';

/* global GET, all, ask, engine, fs, listening, made, opens, rsnet, sha256, talk -- given to the code of a child */

// `net.sendFile` with servers of Node's http: what is sent.

const { describeModes } = require('./served');

describeModes((run, mode) => {
  test('sends the file with its length, and the connection is used again', async () => {
    const result = await run(async () => {
      const http = require('http');
      const sending = [];
      const engines = new Set();
      const { path: empty } = made(0);
      const { path, data } = made(20 * 1024 * 1024);
      const { path: small, data: smallData } = made(1000);
      const paths = { '/empty': empty, '/large': path, '/small': small };
      const read = fs.read;
      let reads = 0;
      fs.read = (...args) => { reads++; return read(...args); };
      const server = http.createServer((request, response) => {
        engines.add(engine(request.socket));
        sending.push(rsnet.sendFile(response, paths[request.url]).then((bytes) => [bytes, response.writableEnded]));
      });
      await listening(server);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const { port } = server.address();
      const right = [];
      for (let i = 0; i < 12; i++) {
        for (const [url, wanted] of [['/small', smallData], ['/empty', Buffer.alloc(0)]]) {
          const { statusCode, headers, body, reused } = await ask({ port, agent, path: url });
          right.push(statusCode === 200 && headers['content-length'] === String(wanted.length) && body.equals(wanted) &&
            headers.connection === 'keep-alive' && reused === right.length > 0);
        }
      }
      const large = await ask({ port, agent, path: '/large' });
      right.push(sha256(large.body) === sha256(data));
      const last = await ask({ port, agent, path: '/small' });
      right.push(last.reused && last.body.equals(smallData));
      agent.destroy();
      server.close();
      fs.read = read;
      while (opens(path) + opens(small) > 0) await new Promise(setImmediate);
      const sent = await Promise.all(sending);
      return { right: right.every(Boolean), sent: [...new Set(sent.flat())], engines: [...engines], reads };
    });
    // One look at each empty file, whether it is one.
    const reads = process.platform === 'linux' ? 12 : expect.any(Number);
    expect(result).toEqual({
      right: true, sent: [1000, true, 0, 20 * 1024 * 1024], reads,
      engines: [mode === 'registered' ? 'rsnet' : 'built-in'],
    });
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('sends a file that says it has no bytes, and has some', async () => {
    const result = await run(async () => {
      const http = require('http');
      const file = '/proc/self/status';
      const sent = [];
      const server = http.createServer((request, response) => {
        sent.push(rsnet.sendFile(response, file, { range: request.url === '/range' }));
      });
      const port = await listening(server);
      const answers = [];
      for (const [url, headers] of [['/', {}], ['/range', { range: 'bytes=0-9' }]]) {
        const { statusCode, body } = await ask({ port, path: url, headers });
        answers.push([statusCode, body.toString().startsWith('Name:'), body.length === await sent.at(-1)]);
      }
      server.close();
      return answers;
    });
    expect(result).toEqual([[200, true, true], [200, true, true]]);
  });

  test('answers HEAD, and the requests behind it', async () => {
    const result = await run(async () => {
      const http = require('http');
      const { path } = made(1000);
      const sending = [];
      const server = http.createServer((request, response) => {
        // The next request may come before the promise of this one is settled.
        sending.push(rsnet.sendFile(response, path));
      });
      await listening(server);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const { port } = server.address();
      const seen = [];
      for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
        const { headers, body, reused } = await ask({ port, agent, method });
        seen.push([headers['content-length'], body.length, reused]);
      }
      const sent = await Promise.all(sending);
      agent.destroy();
      server.close();
      return { seen, sent };
    });
    expect(result).toEqual({
      seen: [['1000', 0, false], ['1000', 1000, true], ['1000', 0, true], ['1000', 1000, true]],
      sent: [0, 1000, 0, 1000],
    });
  });

  test.each([['its length', false], ['chunks', true]])('a corked response with %s is sent', async (_, isChunked) => {
    const result = await run(`(async () => {
      const http = require('http');
      const files = { '/small': made(1000), '/large': made(3000000) };
      const server = http.createServer((request, response) => {
        if (${isChunked}) response.setHeader('Transfer-Encoding', 'chunked');
        response.cork();
        response.cork();
        rsnet.sendFile(response, files[request.url].path);
      });
      await listening(server);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const right = [];
      for (const path of ['/small', '/large', '/small']) {
        const { body } = await ask({ port: server.address().port, agent, path });
        right.push(body.equals(files[path].data));
      }
      agent.destroy();
      server.close();
      return right;
    })`);
    expect(result).toEqual([true, true, true]);
  });

  test('many pipelined requests bring no warning of too many listeners', async () => {
    const result = await run(async () => {
      const http = require('http');
      const { path, data } = made(1000);
      const warnings = [];
      process.on('warning', ({ name }) => warnings.push(name));
      const sending = [];
      const server = http.createServer((request, response) => sending.push(rsnet.sendFile(response, path)));
      await listening(server);
      const socket = await talk(server.address().port);
      socket.write(GET('/').repeat(15));
      let length = 0;
      while (length < 15 * data.length) length += (await new Promise((resolve) => socket.once('data', resolve))).length;
      const sent = await Promise.all(sending);
      socket.destroy();
      server.close();
      return { warnings, sent: sent.length };
    });
    expect(result).toEqual({ warnings: [], sent: 15 });
  });

  test('pipelined requests are answered in their order', async () => {
    const result = await run(async () => {
      const http = require('http');
      const { path, data } = made(3000000);
      const server = http.createServer((request, response) => {
        response.sendDate = false;
        const start = Number(request.url.slice(1));
        if (request.url === '/text') response.end('text');
        else rsnet.sendFile(response, path, { start });
      });
      await listening(server);
      const socket = await talk(server.address().port);
      const urls = ['/0', '/2999990', '/text', '/1', '/2999999', '/text', '/5'];
      for (const url of urls) socket.write(GET(url));
      socket.write(GET('/2', 'Connection: close\r\n'));
      const got = await all(socket);
      server.close();
      const head = (length, last) => 'HTTP/1.1 200 OK\r\nContent-Length: ' + length + '\r\n' +
        (last ? 'Connection: close\r\n\r\n' : 'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n');
      const wanted = [...urls, '/2'].flatMap((url, i) => {
        if (url === '/text') return [head(4), 'text'];
        const part = data.subarray(Number(url.slice(1)));
        return [head(part.length, i === urls.length), part];
      });
      // The order of these two headers is Node's matter.
      const text = (bytes) => bytes.toString('latin1').replaceAll(/Content-Length: \d+\r\n/g, '');
      return text(got) === text(Buffer.concat(wanted.map((one) => Buffer.from(one))));
    });
    expect(result).toBe(true);
  });

  test('a range of the file, if asked to', async () => {
    const result = await run(async () => {
      const http = require('http');
      const { path, data } = made(1000);
      const server = http.createServer((request, response) => {
        response.setHeader('ETag', '"1"');
        if (request.url === '/sent') response.writeHead(200, { 'Content-Length': data.length }).flushHeaders();
        const range = request.url.startsWith('/bytes') ? request.url.slice(1) : true;
        rsnet.sendFile(response, path, { range });
      });
      await listening(server);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const { port } = server.address();
      const seen = [];
      const look = async (range, more) => {
        const { statusCode, headers, body } = await ask({ port, agent, headers: { ...range && { range } }, ...more });
        const at = body.length === 0 ? -1 : data.indexOf(body);
        seen.push([range, statusCode, headers['content-range'], at, body.length, headers['content-length']]);
        return headers['accept-ranges'] === 'bytes';
      };
      const accepts = [];
      for (const range of [undefined, 'bytes=0-0', 'bytes=10-19', 'bytes=990-', 'bytes=990-5000', 'bytes=-10',
        'bytes=-5000', 'bytes=1000-', 'bytes=-0', 'bytes=5-1', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=-']) {
        accepts.push(await look(range));
      }
      await look('bytes=1-2', { method: 'HEAD' });
      await look('bytes=1-2', { path: '/bytes=3-4' });
      await look('bytes=1-2', { headers: { 'range': 'bytes=1-2', 'if-range': '"1"' } });
      await look('bytes=1-2', { headers: { 'range': 'bytes=1-2', 'if-range': '"2"' } });
      accepts.push(!await look('bytes=1-2', { path: '/sent' }));
      agent.destroy();
      server.close();
      return { seen, accepts: accepts.every(Boolean) };
    });
    const whole = (range) => [range, 200, null, 0, 1000, '1000'];
    const none = (range) => [range, 416, 'bytes */1000', -1, 0, '0'];
    const part = (range, from, to, asked = range) =>
      [asked, 206, `bytes ${from}-${to}/1000`, from, to - from + 1, String(to - from + 1)];
    expect(result).toEqual({
      accepts: true,
      seen: [
        whole(null), part('bytes=0-0', 0, 0), part('bytes=10-19', 10, 19), part('bytes=990-', 990, 999),
        part('bytes=990-5000', 990, 999), part('bytes=-10', 990, 999), part('bytes=-5000', 0, 999),
        none('bytes=1000-'), none('bytes=-0'), whole('bytes=5-1'), whole('bytes=0-1,5-6'), whole('lines=1-2'),
        whole('bytes=-'),
        ['bytes=1-2', 200, null, -1, 0, '1000'], part('', 3, 4, 'bytes=1-2'),
        part('bytes=1-2', 1, 2), whole('bytes=1-2'),
        whole('bytes=1-2'),
      ],
    });
  });

  test('headers and bodies of the program\'s own', async () => {
    const result = await run(async () => {
      const http = require('http');
      const { path, data } = made(100000);
      const cases = {
        sent: (response) => response.writeHead(201, { 'Content-Length': 100000 }),
        flushed: (response) => {
          response.setHeader('Content-Length', 100000);
          response.flushHeaders();
        },
        chunked: (response) => response.setHeader('Transfer-Encoding', 'chunked'),
        started: (response) => response.write('begin'),
        begun: (response) => {
          response.setHeader('Content-Length', 100005);
          response.write('begin');
        },
        strict: (response) => { response.strictContentLength = true; },
        trailer: (response) => response.setHeader('Trailer', 'X'),
        replaced: (response) => {
          const { end, write } = response;
          response.write = (...args) => write.apply(response, args);
          response.end = (...args) => end.apply(response, args);
        },
        corked: (response) => {
          response.cork();
          process.nextTick(() => response.uncork());
        },
        ended: (response) => {
          response.setHeader('Content-Length', 100000);
          response.flushHeaders();
          // The response has none while the one before it has not ended.
          const { socket } = response.req;
          const { write } = socket;
          // When the file stands in the queue.
          socket.write = function(chunk, ...args) {
            const hasRoom = write.call(this, chunk, ...args);
            if (chunk.length === 0 && typeof chunk !== 'string') {
              delete socket.write;
              response.end();
            }
            return hasRoom;
          };
        },
        noContent: (response) => { response.statusCode = 204; },
        notModified: (response) => { response.statusCode = 304; },
      };
      const problems = [];
      const server = http.createServer((request, response) => {
        cases[request.url.slice(1)](response);
        rsnet.sendFile(response, path).catch((error) => problems.push(request.url, error.message));
      });
      await listening(server);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const seen = {};
      const { port } = server.address();
      for (const name of Object.keys(cases)) {
        const { statusCode, headers, body, error } = await ask({ port, agent, path: '/' + name });
        const bytes = body ?? Buffer.alloc(0);
        const prefix = bytes.subarray(0, 5).toString() === 'begin' ? 5 : 0;
        seen[name] = [statusCode, headers['content-length'] ?? headers['transfer-encoding'], prefix,
          bytes.subarray(prefix).equals(data) ? 'file' : bytes.length - prefix, error];
      }
      agent.destroy();
      server.close();
      return { seen, problems };
    });
    expect(result).toEqual({
      problems: [],
      seen: {
        sent: [201, '100000', 0, 'file', null],
        flushed: [200, '100000', 0, 'file', null],
        chunked: [200, 'chunked', 0, 'file', null],
        started: [200, 'chunked', 5, 'file', null],
        begun: [200, '100005', 5, 'file', null],
        strict: [200, '100000', 0, 'file', null],
        trailer: [200, expect.any(String), 0, 'file', null],
        replaced: [200, '100000', 0, 'file', null],
        corked: [200, '100000', 0, 'file', null],
        ended: [200, '100000', 0, 'file', null],
        noContent: [204, null, 0, 0, null],
        notModified: [304, null, 0, 0, null],
      },
    });
  });
});
