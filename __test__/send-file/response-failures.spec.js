'use strict';

/* global GET, ask, fs, listening, made, once, opens, rejection, rsnet, stuck, talk -- given to the code of a child */

// `net.sendFile` with servers of Node's http: what goes wrong, slow and lost clients.

const { describeModes } = require('./served');

describeModes((run) => {
  test('what goes wrong before the headers leaves the response to the program', async () => {
    const result = await run(async () => {
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
    const result = await run(async () => {
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
    const result = await run(async () => {
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
    const result = await run(async () => {
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
    const result = await run(async () => {
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
    const result = await run(async () => {
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
    const result = await run(async () => {
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
});
