'use strict';

/* global all, cert, key, listening, once -- runMode defines them for the programs */

// Programs that change `net.Socket.prototype`, as those do that watch a process, hear of the sockets of TLS and of
// terminals, too: Node derives their classes from `net.Socket`.

const { modes, runMode } = require('../helpers/registered');

describe.each(modes)('%s', (name, flags) => {
  test.each([
    ['loaded afterwards', []],
    ['loaded before', ['-r', 'https', '-r', 'tls', '-r', 'tty']],
  ])('the classes of TLS and of terminals derive from net.Socket, %s', async (title, before) => {
    const derived = await runMode([...before, ...flags], async () => {
      const { Socket } = require('net');
      const { TLSSocket } = require('tls');
      const { ReadStream, WriteStream } = require('tty');
      return [TLSSocket, ReadStream, WriteStream].map((type) =>
        Object.getPrototypeOf(type) === Socket && Object.getPrototypeOf(type.prototype) === Socket.prototype);
    });
    expect(derived).toEqual([true, true, true]);
  });

  test.each([
    ['loaded afterwards', []],
    ['loaded before', ['-r', 'https', '-r', 'tls', '-r', 'tty']],
  ])('methods that were replaced are heard of for TLS, %s', async (title, before) => {
    const { heard, text } = await runMode([...before, ...flags], async () => {
      const net = require('net');
      const tls = require('tls');
      const calls = new Set();
      for (const method of ['connect', 'write', 'end', 'destroy', 'emit', 'setTimeout', 'ref', 'address']) {
        const original = net.Socket.prototype[method];
        net.Socket.prototype[method] = function(...args) {
          if (this.isClient) calls.add(method);
          return original.apply(this, args);
        };
      }
      const server = tls.createServer({ key, cert }, (peer) => peer.resume().end('over TLS'));
      const port = await listening(server);
      /** Tells its objects from those of the server. */
      class Client extends tls.TLSSocket {
        get isClient() { return true; }
      }
      const client = new Client(undefined, { ca: cert, isServer: false });
      client.connect({ port, host: '127.0.0.1' });
      client.setTimeout(60000);
      client.ref();
      await once(client, 'connect');
      client._start();
      client.address();
      client.write('hello');
      const received = String(await all(client));
      client.end();
      client.destroy();
      server.close();
      return { heard: [...calls].sort(), text: received };
    });
    expect(text).toBe('over TLS');
    expect(heard).toEqual(['address', 'connect', 'destroy', 'emit', 'end', 'ref', 'setTimeout', 'write']);
  });

  test('a `write` that was replaced stays in place when a TLS socket connects', async () => {
    const chunks = await runMode(flags, async () => {
      const net = require('net');
      const tls = require('tls');
      const { write } = net.Socket.prototype;
      const heard = [];
      net.Socket.prototype.write = function(chunk, ...args) {
        if (chunk === 'heard') heard.push([chunk, Object.hasOwn(this, 'write')]);
        return write.call(this, chunk, ...args);
      };
      const server = tls.createServer({ key, cert }, (peer) => peer.resume().end());
      const port = await listening(server);
      const client = tls.connect({ port, host: 'localhost', ca: cert });
      client.write('heard');
      await all(client);
      server.close();
      return heard;
    });
    expect(chunks).toEqual([['heard', false]]);
  });

  test('an agent keeps TLS connections alive through a prototype that was replaced', async () => {
    const { sockets, bodies } = await runMode(flags, async () => {
      const https = require('https');
      const net = require('net');
      const { emit } = net.Socket.prototype;
      const secure = new Set();
      net.Socket.prototype.emit = function(event, ...args) {
        if (event === 'secureConnect') secure.add(this);
        return emit.call(this, event, ...args);
      };
      const server = https.createServer({ key, cert }, (request, response) => response.end(request.url));
      const port = await listening(server);
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: cert });
      const texts = [];
      for (const path of ['/1', '/2']) {
        const [response] = await once(https.get({ port, host: 'localhost', agent, path }), 'response');
        texts.push(String(await all(response)));
      }
      agent.destroy();
      server.close();
      return { sockets: secure.size, bodies: texts };
    });
    expect({ sockets, bodies }).toEqual({ sockets: 1, bodies: ['/1', '/2'] });
  });
});
