'use strict';

// `server.shutdown()`, which the built-in does not have: of rsnet, and of what stands in for it without a binary.

const fallback = require('../../lib/fallback');
const { closed, collect, connect, describeRsnet, listen, once, pair, spawnNode } = require('../helpers');
const { runMode, REGISTER } = require('../helpers/registered');

/* global all, cert, key, listening, net -- given to the code of a child */

/** A bound of time that no test waits for. */
const LONG = 2 ** 31 - 1;

describeRsnet('shutdown', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, net) => {
    test('stops listening, and ends what is idle', async () => {
      const { client, peer, server } = await pair(net);
      peer.resume();
      client.resume();
      const close = jest.fn();
      server.on('close', close);
      const done = server.shutdown({ grace: LONG });
      expect(server.listening).toBe(false);
      expect(peer.writableEnded).toBe(true);
      expect(await done).toBe(0);
      expect(close).toHaveBeenCalledTimes(1);
      expect([peer.destroyed, server.connections.size]).toEqual([true, 0]);
    });

    test('without connections it is done with close', async () => {
      const server = await listen(net);
      expect(await server.shutdown()).toBe(0);
      expect(server.listening).toBe(false);
      // It was closed before, or never listened.
      expect(await server.shutdown({ grace: LONG })).toBe(0);
      expect(await new net.Server().shutdown({ grace: LONG })).toBe(0);
    });

    test('what is written arrives first, and then the end', async () => {
      const { client, peer, server } = await pair(net);
      // More than the kernel takes while nobody reads.
      const size = 32 << 20;
      peer.resume();
      peer.write(Buffer.alloc(size));
      const done = server.shutdown({ grace: LONG });
      // It waits for the client, and is no longer idle for that.
      expect(peer.writableEnded).toBe(false);
      expect((await collect(client)).length).toBe(size);
      expect(await done).toBe(0);
    });

    test('what was not read is read first', async () => {
      const { client, peer, server } = await pair(net);
      const readable = once(peer, 'readable');
      client.write('question');
      await readable;
      const done = server.shutdown({ grace: LONG });
      expect([peer.readableLength, peer.writableEnded]).toEqual([8, false]);
      peer.write(`answer to ${peer.read()}`);
      peer.resume();
      expect(await collect(client, 'utf8')).toBe('answer to question');
      expect(await done).toBe(0);
    });

    test('after the grace it destroys the rest, and tells how many', async () => {
      const server = await listen(net, { allowHalfOpen: true }, (socket) => socket.resume());
      const clients = [];
      for (let i = 0; i < 3; i++) {
        const accepted = once(server, 'connection');
        clients.push(connect(net, { ...server.at, allowHalfOpen: true }));
        await accepted;
      }
      const ends = clients.map((client) => once(client.resume(), 'end'));
      const done = server.shutdown({ grace: 20 });
      await Promise.all(ends);
      expect(await done).toBe(3);
      expect(server.connections.size).toBe(0);
    });

    test('a grace of 0 destroys all at once', async () => {
      const { client, peer, server } = await pair(net);
      client.on('error', () => {}).resume();
      const done = server.shutdown({ grace: 0 });
      expect(peer.destroyed).toBe(true);
      expect(await done).toBe(1);
      await closed(client);
    });

    test('a signal ends the grace', async () => {
      const { client, peer, server } = await pair(net, net, { client: { allowHalfOpen: true } });
      peer.resume();
      const abort = new AbortController();
      const ended = once(client.resume(), 'end');
      const done = server.shutdown({ grace: LONG, signal: abort.signal });
      await ended;
      expect(peer.destroyed).toBe(false);
      abort.abort();
      expect(peer.destroyed).toBe(true);
      expect(await done).toBe(1);
    });

    test('a signal needs no grace, and may have fired', async () => {
      const { client, peer, server } = await pair(net);
      client.on('error', () => {}).resume();
      const done = server.shutdown({ signal: AbortSignal.abort() });
      expect(peer.destroyed).toBe(true);
      expect(await done).toBe(1);
    });

    test('nothing is left of it afterwards', async () => {
      const { client, server } = await pair(net);
      server.connections.forEach((socket) => socket.resume());
      client.resume();
      const { signal } = new AbortController();
      const removed = jest.spyOn(signal, 'removeEventListener');
      await server.shutdown({ grace: LONG, signal });
      expect(server.listenerCount('close')).toBe(0);
      expect(removed).toHaveBeenCalledTimes(1);
    });

    test('a second one shortens the grace of the first', async () => {
      const { client, server } = await pair(net, net, { client: { allowHalfOpen: true } });
      client.resume();
      const first = server.shutdown();
      const second = server.shutdown({ grace: 0 });
      expect(await Promise.all([first, second])).toEqual([0, 1]);
    });

    test('bad options reject, and the server goes on', async () => {
      const server = await listen(net);
      const codes = [];
      const graces = ['1', -1, 1.5, 2 ** 31].map((grace) => ({ grace }));
      for (const options of [null, 5, ...graces, { signal: 1 }]) {
        await server.shutdown(options).catch(({ code }) => codes.push(code));
      }
      expect(codes).toEqual([
        'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'ERR_OUT_OF_RANGE',
        'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE',
      ]);
      expect(server.listening).toBe(true);
    });
  });

  test('the bound keeps the process alive while the promise waits', async () => {
    const { stdout, stderr, code } = await spawnNode('rsnet', () => {
      const server = net.createServer((socket) => {
        socket.unref();
        server.shutdown({ grace: 20 }).then((count) => console.log(count));
      }).listen(0, '127.0.0.1', () => {
        net.connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true }).unref();
      });
    });
    expect({ stdout, stderr, code }).toEqual({ stdout: '1\n', stderr: '', code: 0 });
  });

  test('once cut, it does not wait for connections of other processes', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const net = require('net');
      const child = require('child_process').spawn(process.execPath, [
        '-e', 'process.on("message", (text, socket) => { if (!socket) process.exit(); })',
      ], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const server = net.createServer({ pauseOnConnect: true });
      const client = net.connect(await listening(server), '127.0.0.1').resume();
      const [socket] = await once(server, 'connection');
      await new Promise((resolve) => child.send('take', socket, resolve));
      const count = await server.shutdown({ grace: 20 });
      const before = client.destroyed;
      child.send('end');
      await once(client, 'close');
      return [count, before];
    });
    expect(found).toEqual([0, false]);
  });

  test('HTTP: an answer under way is sent; idle connections and those without a request are closed', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const http = require('http');
      const net = require('net');
      // Without this, an idle connection would be closed after a time.
      const server = http.createServer({ keepAliveTimeout: 0 });
      const port = await listening(server);
      const open = async (text) => {
        const accepted = once(server, 'connection');
        const client = net.connect(port, '127.0.0.1').setEncoding('latin1');
        client.text = '';
        client.on('data', (data) => { client.text += data; });
        await accepted;
        client.closing = once(client, 'close');
        if (text === undefined) return { client };
        client.write(text);
        const [, response] = await once(server, 'request');
        return { client, response };
      };
      const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
      const fresh = await open();
      const idle = await open(request);
      idle.response.end('idle');
      await once(idle.response, 'close');
      const busy = await open(request);
      busy.response.write('first');
      const done = server.shutdown({ grace: 2 ** 31 - 1 });
      await Promise.all([fresh.client.closing, idle.client.closing]);
      const isOpen = !busy.client.destroyed;
      busy.response.end('last');
      await busy.client.closing;
      return [await done, isOpen, idle.client.text.endsWith('idle'), /first[^]*last/.test(busy.client.text)];
    });
    expect(found).toEqual([0, true, true, true]);
  });

  test.each([0, 1])('HTTP: with a grace of %s ms it is done when all idle connections have closed', async (grace) => {
    const found = await runMode(['-r', REGISTER], async (bound) => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('x'));
      const port = await listening(server);
      const agent = new http.Agent({ keepAlive: true });
      const log = [];
      server.on('connection', (socket) => socket.on('close', () => log.push('connection')));
      const ask = async () => all((await once(http.get({ port, host: '127.0.0.1', agent }), 'response'))[0]);
      await Promise.all([ask(), ask()]);
      log.push(await server.shutdown({ grace: bound }));
      agent.destroy();
      return log;
    }, { args: [grace] });
    expect(found).toEqual(['connection', 'connection', grace === 0 ? 2 : 0]);
  });

  test.each(['createServer', 'createSecureServer'])('HTTP/2, %s: streams under way are answered', async (maker) => {
    const found = await runMode(['-r', REGISTER], async (create) => {
      const http2 = require('http2');
      const server = http2[create]({ cert, key });
      // Since Node 24 `close()` of Node's closes sessions, each when its last stream has ended.
      const isGraceful = Object.getOwnPropertySymbols(server).some(({ description }) => description === 'sessions');
      const scheme = create === 'createServer' ? 'http' : 'https';
      const url = `${scheme}://localhost:${await listening(server)}`;
      const lookup = (host, options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
      const ask = async () => {
        const session = http2.connect(url, { ca: cert, lookup });
        // One that is cut off fails.
        session.closing = new Promise((resolve) => { session.on('close', resolve).on('error', () => {}); });
        const request = session.request({ ':path': '/' });
        const [stream] = await once(server, 'stream');
        return { session, request, stream };
      };
      const idle = await ask();
      idle.stream.end('idle');
      await all(idle.request);
      const busy = await ask();
      busy.stream.write('first');
      const abort = new AbortController();
      const done = server.shutdown({ grace: 2 ** 31 - 1, signal: abort.signal });
      if (isGraceful) await idle.session.closing;
      const isOpen = !busy.session.destroyed;
      busy.stream.end('last');
      const text = String(await all(busy.request));
      if (!isGraceful) abort.abort();
      const count = await done;
      await Promise.all([idle.session.closing, busy.session.closing]);
      return [isOpen, text, isGraceful ? count : count - 2];
    }, { args: [maker] });
    expect(found).toEqual([true, 'firstlast', 0]);
  });

  test('HTTPS: idle connections are closed', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const https = require('https');
      const server = https.createServer({ cert, key }, (request, response) => response.end('x'));
      const agent = new https.Agent({ keepAlive: true });
      const options = { port: await listening(server), host: '127.0.0.1', ca: cert, servername: 'localhost', agent };
      const [response] = await once(https.get(options), 'response');
      const { socket } = response;
      const text = String(await all(response));
      const gone = once(socket, 'close');
      const count = await server.shutdown({ grace: 2 ** 31 - 1 });
      await gone;
      return [text, count];
    });
    expect(found).toEqual(['x', 0]);
  });

  test('TLS: connections are left until the grace is over', async () => {
    const found = await runMode(['-r', REGISTER], async () => {
      const tls = require('tls');
      const server = tls.createServer({ cert, key }, (socket) => socket.on('error', () => {}).resume());
      const options = { port: await listening(server), host: '127.0.0.1', ca: cert, servername: 'localhost' };
      const client = tls.connect(options).setEncoding('latin1');
      const [peer] = await once(server, 'secureConnection');
      const abort = new AbortController();
      const done = server.shutdown({ signal: abort.signal });
      peer.write('still served');
      const [text] = await once(client, 'data');
      client.on('error', () => {});
      const gone = once(client, 'close');
      abort.abort();
      await gone;
      return [text, await done];
    });
    expect(found).toEqual(['still served', 1]);
  });
});
