'use strict';

/* global GET, all, ask, cert, engine, fs, key, listening, made, once, opens, rejection, rsnet, sha256, stuck, talk
   -- given to the code of a child */

// `net.sendFile` of rsnet with servers of Node's http, whose connections are the built-in's or rsnet's.

const { only, root } = require('../helpers');
const { modes, runMode } = require('../helpers/registered');
const { tempPath } = require('../helpers');

/**
 * What the programs have: `made(size)` makes a file, `opens(path)` counts descriptors of it, `ask` makes a request,
 * `talk` gives a connection, and the others are as in `files.js`.
 */
const TOOLS = `
  const crypto = require('crypto');
  const http = require('http');
  const rsnet = require(root);
  let files = 0;
  const made = (size) => {
    const data = crypto.randomBytes(size);
    const path = folder + '-' + files++;
    fs.writeFileSync(path, data);
    process.on('exit', () => fs.rmSync(path, { force: true }));
    return { path, data };
  };
  const sha256 = (data) => crypto.createHash('sha256').update(data).digest('hex');
  const opens = (path) => fs.readdirSync('/proc/self/fd').filter((name) => {
    try { return fs.readlinkSync('/proc/self/fd/' + name) === path; } catch { return false; }
  }).length;
  const rejection = (promise) => promise.then((value) => { throw new Error('it gave ' + value); }, (error) => error);
  const ask = (options) => new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', ...options }, async (response) => {
      const { statusCode, headers } = response;
      try {
        resolve({ statusCode, headers, body: await all(response), reused: request.reusedSocket });
      } catch (error) {
        resolve({ statusCode, headers, error: error.code });
      }
    }).on('error', reject).end();
  });
  const GET = (path, more = '') => 'GET ' + path + ' HTTP/1.1\\r\\nHost: a\\r\\n' + more + '\\r\\n';
  const talk = async (port) => {
    const socket = require('net').connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const stuck = async (socket) => {
    for (let same = 0, before = -1; same < 10;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      same = socket.bytesWritten > 0 && socket.bytesWritten === before ? same + 1 : 0;
      before = socket.bytesWritten;
    }
  };
`;

/**
 * @param {string[]} flags of a mode
 * @param {Function} body as for `runMode`; it has the tools
 * @param {object} [options] as for `runMode`
 * @returns {Promise<any>}
 */
function run(flags, body, options) {
  const given = `const [root, folder] = ${JSON.stringify([root, tempPath('file')])};`;
  return runMode(flags, new Function(`return (async () => { ${given} ${TOOLS}; return (${body})(); })()`), options);
}

const describeServers = only === 'builtin' ? describe.skip : describe;

describeServers.each(modes)('net.sendFile and a server of http, %s', (mode, flags) => {
  test('sends the file with its length, and the connection is used again', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const sent = [];
      const engines = new Set();
      const { path: empty } = made(0);
      const { path, data } = made(20 * 1024 * 1024);
      const { path: small, data: smallData } = made(1000);
      const paths = { '/empty': empty, '/large': path, '/small': small };
      const read = fs.read;
      let reads = 0;
      fs.read = (...args) => { reads++; return read(...args); };
      const server = http.createServer(async (request, response) => {
        engines.add(engine(request.socket));
        sent.push(await rsnet.sendFile(response, paths[request.url]));
        sent.push(response.writableEnded);
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
      return { right: right.every(Boolean), sent: [...new Set(sent)], engines: [...engines], reads };
    });
    const reads = process.platform === 'linux' ? 0 : expect.any(Number);
    expect(result).toEqual({
      right: true, sent: [1000, true, 0, 20 * 1024 * 1024], reads,
      engines: [mode === 'registered' ? 'rsnet' : 'built-in'],
    });
  });

  test('answers HEAD, and the requests behind it', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(1000);
      const sent = [];
      const server = http.createServer(async (request, response) => {
        sent.push(await rsnet.sendFile(response, path));
        if (sent.length === 4) done();
      });
      let done;
      const answered = new Promise((resolve) => { done = resolve; });
      await listening(server);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const { port } = server.address();
      const seen = [];
      for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
        const { headers, body, reused } = await ask({ port, agent, method });
        seen.push([headers['content-length'], body.length, reused]);
      }
      await answered;
      agent.destroy();
      server.close();
      return { seen, sent };
    });
    expect(result).toEqual({
      seen: [['1000', 0, false], ['1000', 1000, true], ['1000', 0, true], ['1000', 1000, true]],
      sent: [0, 1000, 0, 1000],
    });
  });

  test('pipelined requests are answered in their order', async () => {
    const result = await run(flags, async () => {
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
    const result = await run(flags, async () => {
      const http = require('http');
      const { path, data } = made(1000);
      const server = http.createServer((request, response) => {
        response.setHeader('ETag', '"1"');
        rsnet.sendFile(response, path, { range: request.url === '/' ? true : request.url.slice(1) });
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
      ],
    });
  });

  test('headers and bodies of the program\'s own', async () => {
    const result = await run(flags, async () => {
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
          const { write } = response.socket;
          // When the file stands in the queue.
          response.socket.write = function(chunk, ...args) {
            const hasRoom = write.call(this, chunk, ...args);
            if (chunk.length === 0 && typeof chunk !== 'string') {
              delete response.socket.write;
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

  test('what goes wrong before the headers leaves the response to the program', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(10);
      const server = http.createServer(async (request, response) => {
        const errors = [
          await rejection(rsnet.sendFile(response, '/nonexistent/file')),
          await rejection(rsnet.sendFile(response, '/')),
          await rejection(rsnet.sendFile(response, path, { signal: AbortSignal.abort() })),
        ];
        for (const args of [[{}, path], [response], [response, path, { range: 1 }],
          [response, path, { range: true, end: 1 }], [response, path, { start: -1 }]]) {
          try {
            rsnet.sendFile(...args);
            errors.push({});
          } catch (error) {
            errors.push(error);
          }
        }
        response.statusCode = 404;
        response.end(JSON.stringify([response.headersSent, ...errors.map(({ code }) => code)]));
        done(await rejection(rsnet.sendFile(response, path)));
      });
      let done;
      const last = new Promise((resolve) => { done = resolve; });
      await listening(server);
      const { statusCode, body } = await ask({ port: server.address().port });
      server.close();
      return [statusCode, JSON.parse(body), (await last).code];
    });
    expect(result).toEqual([404, [
      false, 'ENOENT', 'EISDIR', 'ABORT_ERR', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE',
    ], 'ERR_STREAM_WRITE_AFTER_END']);
  });

  test('what goes wrong behind the headers destroys the connection', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const seen = {};
      const wrongs = {
        shrinks: (response, path) => fs.truncateSync(path, 0),
        aborts: (response, path, controller) => controller.abort(),
        destroyed: (response) => response.destroy(),
      };
      for (const [name, wrong] of Object.entries(wrongs)) {
        const { path } = made(40 * 1024 * 1024);
        const controller = new AbortController();
        const ended = new Promise((resolve) => {
          const server = http.createServer(async (request, response) => {
            const sent = rejection(rsnet.sendFile(response, path, { signal: controller.signal }));
            await stuck(response.socket);
            wrong(response, path, controller);
            socket.resume();
            const error = await sent;
            server.close();
            resolve([error.code, response.destroyed, error.bytesSent > 0]);
          });
          let socket;
          listening(server).then(async (port) => {
            socket = await talk(port);
            socket.pause();
            socket.write(GET('/'));
            socket.on('close', () => { seen[name + ' closed'] = socket.bytesRead < 40 * 1024 * 1024; });
          });
        });
        seen[name] = await ended;
        while (opens(path) > 0) await new Promise(setImmediate);
      }
      return seen;
    });
    expect(result).toMatchObject({
      'shrinks': ['ERR_RSNET_FILE_TRUNCATED', true, true],
      'aborts': ['ABORT_ERR', true, true],
      'destroyed': [expect.stringMatching(/^ERR_(SOCKET_CLOSED|STREAM_DESTROYED)$/), true, false],
      'shrinks closed': true,
      'aborts closed': true,
    });
  });

  test('the idle timer of the connection sees how it goes on', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(40 * 1024 * 1024);
      const counts = [];
      const server = http.createServer(async (request, response) => {
        const sent = rejection(rsnet.sendFile(response, path));
        const connection = response.socket;
        let count = 0;
        connection.on('timeout', () => { count++; });
        await stuck(connection);
        connection._onTimeout();
        counts.push(count);
        while (count === 0) {
          await stuck(connection);
          connection._onTimeout();
        }
        socket.destroy();
        await sent;
        done();
      });
      server.on('timeout', () => {});
      let done;
      const ended = new Promise((resolve) => { done = resolve; });
      const socket = await talk(await listening(server));
      socket.pause();
      socket.write(GET('/'));
      await ended;
      server.close();
      return counts;
    });
    expect(result).toEqual([0]);
  });

  test('a client that goes away in the middle', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(40 * 1024 * 1024);
      const codes = [];
      let done;
      const all = new Promise((resolve) => { done = resolve; });
      const server = http.createServer(async (request, response) => {
        codes.push((await rejection(rsnet.sendFile(response, path))).code);
        codes.push(response.destroyed);
        if (codes.length === 6) done();
      });
      await listening(server);
      for (const how of ['destroy', 'resetAndDestroy', 'destroy']) {
        const socket = await talk(server.address().port);
        socket.once('data', () => socket[how]()).write(GET('/'));
      }
      await all;
      server.close();
      while (opens(path) > 0) await new Promise(setImmediate);
      return codes;
    });
    for (let i = 0; i < 6; i += 2) {
      expect(result[i]).toMatch(/^(ECONNRESET|EPIPE|ERR_SOCKET_CLOSED|ERR_STREAM_DESTROYED)$/);
      expect(result[i + 1]).toBe(true);
    }
  });

  test('a client that goes away before a pipelined response has its turn', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(40 * 1024 * 1024);
      const failed = [];
      const server = http.createServer((request, response) => {
        failed.push(rejection(rsnet.sendFile(response, path)));
        if (failed.length === 3) stuck(request.socket).then(() => socket.destroy());
      });
      const port = await listening(server);
      const socket = await talk(port);
      socket.pause();
      socket.write(GET('/').repeat(3));
      await new Promise((resolve) => socket.once('close', resolve));
      const codes = (await Promise.all(failed)).map(({ code }) => code);
      server.close();
      while (opens(path) > 0) await new Promise(setImmediate);
      return codes;
    });
    expect(result).toHaveLength(3);
    for (const code of result) expect(code).toMatch(/^(ECONNRESET|EPIPE|ERR_SOCKET_CLOSED|ERR_STREAM_DESTROYED)$/);
  });

  test('a pipelined response whose client has gone before', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(1024 * 1024);
      const failed = [];
      const server = http.createServer((request, response) => {
        if (request.url === '/first') return;
        failed.push(once(request.socket, 'close').then(() => rejection(rsnet.sendFile(response, path))));
        if (failed.length === 2) socket.destroy();
      });
      const port = await listening(server);
      const socket = await talk(port);
      socket.write(GET('/first') + GET('/second').repeat(2));
      await new Promise((resolve) => socket.once('close', resolve));
      const codes = (await Promise.all(failed)).map(({ code }) => code);
      server.close();
      while (opens(path) > 0) await new Promise(setImmediate);
      return codes;
    });
    expect(result).toHaveLength(2);
    for (const code of result) expect(code).toMatch(/^(ECONNRESET|ERR_STREAM_DESTROYED)$/);
  });

  test('a signal that aborts while the response waits for its turn', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { path } = made(1024 * 1024);
      const controller = new AbortController();
      let failed;
      const seen = new Promise((resolve) => {
        const server = http.createServer((request, response) => {
          if (request.url === '/first') return;
          failed = rejection(rsnet.sendFile(response, path, { signal: controller.signal }));
          resolve(server);
        });
        listening(server).then(talk).then((socket) => socket.write(GET('/first') + GET('/second')));
      });
      const server = await seen;
      while (opens(path) === 0) await new Promise(setImmediate);
      await new Promise(setImmediate);
      controller.abort();
      const { name, code } = await failed;
      server.close();
      server.closeAllConnections();
      while (opens(path) > 0) await new Promise(setImmediate);
      return [name, code];
    });
    expect(result).toEqual(['AbortError', 'ABORT_ERR']);
  });

  test('https and HTTP/2, by streams', async () => {
    const result = await run(flags, async () => {
      const http2 = require('http2');
      const https = require('https');
      const { path, data } = made(3000000);
      const seen = [];
      const handler = async (request, response) => {
        seen.push(await rsnet.sendFile(response, path, { start: 5 }));
      };
      const server = https.createServer({ cert, key }, handler);
      await listening(server);
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: cert, checkServerIdentity() {} });
      const bodies = [];
      for (let i = 0; i < 2; i++) {
        bodies.push(await new Promise((resolve, reject) => {
          const request = https.get({ port: server.address().port, host: '127.0.0.1', agent }, async (response) => {
            resolve(await all(response));
            seen.push(request.reusedSocket);
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
      return { seen, right: bodies.map((body) => sha256(body) === sha256(data.subarray(5))) };
    });
    expect(result.right).toEqual([true, true, true]);
    expect(result.seen.filter((one) => typeof one === 'number')).toEqual([2999995, 2999995, 2999995]);
  });

  test('a stream of HTTP/2 that is aborted in the middle', async () => {
    const result = await run(flags, async () => {
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
