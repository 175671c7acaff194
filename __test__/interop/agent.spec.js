'use strict';

/* global all, fs, listening, once -- given to the code of a child */

// Connections that Node's HTTP agent uses again: each request's events belong to that request's context.

const { tempPath } = require('../helpers');
const { hostHandleHas } = require('../helpers/features');
const { modes, runMode } = require('../helpers/registered');

describe.each(modes)('an agent that keeps connections, %s', (_mode, flags) => {
  test.each([['TCP'], ['Unix']])('errors, close and data come in the context of the request (%s)', async (kind) => {
    const result = await runMode(flags, async (path) => {
      const http = require('http');
      const { AsyncLocalStorage } = require('async_hooks');
      const storage = new AsyncLocalStorage();
      const server = http.createServer((request, response) => {
        if (request.url === '/kill') request.socket.destroy();
        else response.end('hello');
      });
      await listening(server, ...(path ? [path] : []));
      const where = path ? { socketPath: path } : { host: '127.0.0.1', port: server.address().port };
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const seen = [];
      const ask = (url) => storage.run(url, () => new Promise((resolve) => {
        const note = (event) => seen.push([url, event, storage.getStore()]);
        const request = http.get({ ...where, path: url, agent }, (response) => {
          response.on('data', () => {});
          response.on('close', resolve);
        });
        request.on('socket', (socket) => {
          const onData = () => note('data');
          socket.on('data', onData);
          socket.once('free', () => socket.off('data', onData));
          socket.once('close', () => note('close'));
        });
        request.on('error', (error) => {
          note(error.code);
          request.on('close', resolve);
        });
      }));
      for (const url of ['/1', '/2']) await Promise.all([ask(url), once(agent, 'free')]);
      await ask('/kill');
      agent.destroy();
      server.close();
      return seen;
    }, { args: kind === 'Unix' ? [tempPath()] : [] });
    expect(result).toEqual([
      ['/1', 'data', '/1'], ['/2', 'data', '/2'], ['/kill', 'ECONNRESET', '/kill'],
      ['/1', 'close', '/kill'], ['/2', 'close', '/kill'], ['/kill', 'close', '/kill'],
    ]);
  });

  // Since 26.12.1 the agent looks for data behind a response before it uses a connection again.
  test('a connection with bytes that nobody asked for is not used again, where the host looks for them', async () => {
    const result = await runMode(flags, async () => {
      const http = require('http');
      const net = require('net');
      const answer = (text) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
      const peers = [];
      const server = net.createServer((peer) => {
        peers.push(peer);
        peer.on('error', () => {});
        peer.on('data', () => peer.write(answer('asked for')));
      });
      const port = await listening(server, 0, '127.0.0.1');
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ask = () => new Promise((resolve, reject) => {
        http.get({ host: '127.0.0.1', port, agent }, (response) => all(response).then(String).then(resolve, reject))
          .on('error', reject);
      });
      const texts = [];
      const [first] = await Promise.all([ask(), once(agent, 'free')]);
      texts.push(first);
      fs.writeSync(peers[0]._handle.fd, answer('not asked for'));
      texts.push(await ask());
      const connections = peers.length;
      agent.destroy();
      for (const peer of peers) peer.destroy();
      server.close();
      return { texts, connections };
    });
    const looks = hostHandleHas('hasPendingRead');
    expect(result).toEqual({
      texts: ['asked for', looks ? 'asked for' : 'not asked for'], connections: looks ? 2 : 1,
    });
  });

  test('async_hooks sees another life of the handle, and the end of each', async () => {
    const result = await runMode(flags, async () => {
      const http = require('http');
      const { createHook } = require('async_hooks');
      const server = http.createServer((request, response) => response.end('hello'));
      const port = await listening(server, 0, '127.0.0.1');
      const lives = new Map();
      createHook({
        init(id, type) { if (type === 'TCPWRAP') lives.set(id, 0); },
        destroy(id) { if (lives.has(id)) lives.set(id, lives.get(id) + 1); },
      }).enable();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ids = [];
      for (let i = 0; i < 3; i++) {
        const request = http.get({ port, host: '127.0.0.1', agent }, (response) => response.resume());
        request.on('socket', ({ _handle: handle }) => ids.push(handle.getAsyncId()));
        await once(agent, 'free');
      }
      agent.destroy();
      server.close();
      await once(server, 'close');
      // Ends are told in a later turn of the event loop, one for the hooks of each.
      while (![...lives.values()].every(Boolean)) await new Promise(setImmediate);
      return { different: new Set(ids).size, known: ids.every((id) => lives.has(id)), destroyed: [...lives.values()] };
    });
    // The accepted connection is one of them.
    expect(result).toEqual({ different: 3, known: true, destroyed: [1, 1, 1, 1] });
  });

  test('what a hook keeps on the resource under a symbol is there in the events of the next request', async () => {
    const result = await runMode(flags, async () => {
      const http = require('http');
      const { createHook, executionAsyncResource } = require('async_hooks');
      const server = http.createServer((request, response) => response.end('hello'));
      const port = await listening(server, 0, '127.0.0.1');
      const kNote = Symbol('note');
      createHook({
        init(id, type, trigger, resource) { if (type === 'TCPWRAP') resource[kNote] = id; },
      }).enable();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const notes = [];
      for (let i = 0; i < 3; i++) {
        const request = http.get({ port, host: '127.0.0.1', agent }, (response) => response.resume());
        request.on('socket', (socket) => socket.prependOnceListener('data', () => {
          notes.push(executionAsyncResource()[kNote] === socket._handle.getAsyncId());
        }));
        await once(agent, 'free');
      }
      agent.destroy();
      server.close();
      return notes;
    });
    expect(result).toEqual([true, true, true]);
  });

  test('members that a hook gives the resource of a reuse do not become those of the handle', async () => {
    const result = await runMode(flags, async () => {
      const http = require('http');
      const { createHook } = require('async_hooks');
      const server = http.createServer((request, response) => response.end('hello'));
      const port = await listening(server, 0, '127.0.0.1');
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ask = () => Promise.all([once(agent, 'free'), new Promise((resolve, reject) => {
        http.get({ port, host: '127.0.0.1', agent }, (response) => all(response).then(String).then(resolve, reject))
          .on('error', reject);
      })]);
      await ask();
      createHook({
        init(id, type, trigger, resource) {
          if (type !== 'TCPWRAP') return;
          for (const name of ['owner', 'bytesRead', 'reading', 'fd']) resource[name] = id;
          Object.defineProperty(resource, 'note', { value: id, enumerable: true });
        },
      }).enable();
      const texts = [];
      for (let i = 0; i < 3; i++) texts.push((await ask())[1]);
      agent.destroy();
      server.close();
      return texts;
    });
    expect(result).toEqual(['hello', 'hello', 'hello']);
  });

  test('a domain lives as long as a connection that was used again in it', async () => {
    const result = await runMode(['--expose-gc', ...flags], async () => {
      const http = require('http');
      const domain = require('domain');
      const server = http.createServer((request, response) => response.end('hello'));
      const port = await listening(server, 0, '127.0.0.1');
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ask = () => http.get({ port, host: '127.0.0.1', agent }, (response) => response.resume());
      ask();
      await once(agent, 'free');
      domain.create().run(ask);
      await once(agent, 'free');
      for (let i = 0; i < 5; i++) {
        globalThis.gc();
        await new Promise(setImmediate);
      }
      agent.destroy();
      server.close();
      await once(server, 'close');
      return 'closed';
    });
    expect(result).toBe('closed');
  });
});
