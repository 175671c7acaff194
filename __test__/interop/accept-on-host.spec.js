'use strict';

/* global ask, brief, cert, close, fs, isRsnet, key, listening, net, once, open, serve, untilEnd, whose -- given to the
   code of a child */

// Servers whose connections go to handles of the host: the host's accept the next ones. Programs see no difference.

const { REGISTER, modes, runMode } = require('../helpers/registered');

/** Bytes of a request. */
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.length;

/**
 * What the programs have besides: `serve(server, count)` has so many connections make twelve requests, one after the
 * other; `brief` has them close without a word; `whose(server)` counts the connections by whose handle they begin with.
 */
const CLIENTS = `
  const net = require('net');
  const GET = 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n';
  const untilEnd = (socket, end) => new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk) => {
      text += chunk;
      if (!text.endsWith(end)) return;
      socket.off('data', onData).off('error', reject);
      resolve(text);
    };
    socket.on('data', onData).on('error', reject);
  });
  const open = async (server) => {
    const address = server.address();
    const socket = net.connect(address.port ?? address, '127.0.0.1').setEncoding('latin1');
    await once(socket, 'connect');
    return socket;
  };
  const ask = (socket, times) => {
    const answers = Array.from({ length: times }, () => async () => {
      const answer = untilEnd(socket, 'hello');
      socket.write(GET);
      return answer;
    });
    return answers.reduce((before, next) => before.then(next), Promise.resolve());
  };
  const close = async (socket) => {
    socket.end();
    await once(socket.resume(), 'close');
  };
  const serve = async (server, count, times = 12, header = '') => {
    for (let i = 0; i < count; i++) {
      const socket = await open(server);
      if (header) socket.write(header);
      await ask(socket, times);
      await close(socket);
    }
  };
  const brief = async (server, count) => {
    for (let i = 0; i < count; i++) await close(await open(server));
  };
  const whose = (server) => {
    const counts = { rsnet: 0, host: 0 };
    server.on('connection', (socket) => { counts[isRsnet(socket._handle) ? 'rsnet' : 'host']++; });
    return counts;
  };
`;

/**
 * @param {string[]} flags of a mode
 * @param {Function} body as for \`runMode\`
 * @param {object} [options] as for \`runMode\`
 * @returns {Promise<any>}
 */
function run(flags, body, options) {
  return runMode(flags, new Function('...args', `return (async () => { ${CLIENTS}; return (${body})(...args); })()`),
    options);
}

describe.each(modes)('a server with busy connections, %s', (mode, flags) => {
  const isRegistered = mode === 'registered';

  test('gets them from the host, but for a few', async () => {
    const found = await run(flags, async () => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server);
      const counts = whose(server);
      await serve(server, 10);
      const begun = { ...counts };
      await serve(server, 90);
      server.close();
      return [begun.host > 0, counts.host > 80, counts.rsnet > begun.rsnet, counts.rsnet + counts.host];
    });
    expect(found).toEqual(isRegistered ? [true, true, true, 100] : [true, true, false, 100]);
  });

  test('gets short ones from rsnet again', async () => {
    const found = await run(flags, async () => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server);
      await serve(server, 8);
      await brief(server, 400);
      const counts = whose(server);
      await brief(server, 20);
      server.close();
      return counts;
    });
    expect(found).toEqual(isRegistered ? { rsnet: 20, host: 0 } : { rsnet: 0, host: 20 });
  });

  test('has fewer and fewer begin with rsnet, until one of them stays', async () => {
    const found = await run(flags, async () => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server);
      await serve(server, 8);
      const places = [];
      let count = 0;
      server.on('connection', ({ _handle }) => {
        count++;
        if (isRsnet(_handle)) places.push(count);
      });
      const distances = () => places.splice(0).map((place, i, all) => place - (all[i - 1] ?? 0)).slice(1);
      await serve(server, 32 + 64 + 128, 9);
      const busy = distances();
      count = 0;
      await brief(server, 256 + 32 + 32);
      server.close();
      return [busy, distances()];
    });
    expect(found).toEqual(isRegistered ? [[64, 128], [32, 32]] : [[], []]);
  });

  test('has the same of them as of others: ends, counters, options, lists', async () => {
    const found = await run(flags, async () => {
      const http = require('http');
      const options = { noDelay: true, keepAlive: true };
      const server = http.createServer(options, (request, response) => response.end('hello'));
      await listening(server);
      await serve(server, 20);
      const lines = [];
      let last;
      server.on('connection', (socket) => { last = socket; }).prependListener('request', ({ socket }) => {
        const { bytesRead, bytesWritten, remoteAddress, localPort, remoteFamily, readyState } = socket;
        const isRight = localPort === server.address().port;
        lines.push([bytesRead, bytesWritten, remoteAddress, isRight, remoteFamily, readyState,
          socket.address().port === localPort, socket.server === server, socket instanceof net.Socket]);
      });
      const client = await open(server);
      await ask(client, 2);
      const isHosts = !isRsnet(last._handle);
      const isPeer = last.remotePort === client.localPort;
      const count = await new Promise((resolve) => { server.getConnections((error, open) => resolve(open)); });
      const listed = process._getActiveHandles().filter((handle) => handle === last).length;
      const closed = once(last, 'close');
      await close(client);
      const [hadError] = await closed;
      await new Promise((resolve) => { server.close(resolve); });
      return { lines, isHosts, isPeer, count, listed, hadError,
        kept: [last.bytesRead, last.bytesWritten === client.bytesRead, last.destroyed, last._handle] };
    });
    const { lines: [first, second], ...rest } = found;
    const same = ['127.0.0.1', true, 'IPv4', 'open', true, true, true];
    expect(first).toEqual([REQUEST, 0, ...same]);
    expect(second).toEqual([2 * REQUEST, expect.any(Number), ...same]);
    expect(rest).toEqual({ isHosts: true, isPeer: true, count: 1, listed: 1, hadError: false,
      kept: [2 * REQUEST, true, true, null] });
  });

  test('turns away what is too much', async () => {
    const found = await run(flags, async () => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server);
      await serve(server, 20);
      server.maxConnections = 1;
      const client = await open(server);
      await ask(client, 1);
      const dropped = once(server, 'drop');
      const other = await open(server);
      const { localPort } = other;
      const [{ remotePort, localAddress }] = await dropped;
      await once(other.resume(), 'close');
      await close(client);
      server.close();
      return [remotePort === localPort, localAddress];
    });
    expect(found).toEqual([true, '127.0.0.1']);
  });

  test('turns away what is blocked', async () => {
    const found = await run(flags, async () => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server);
      await serve(server, 20);
      // Older Nodes have no such option, and serve all.
      const hasBlockList = 'blockList' in net.createServer({ blockList: new net.BlockList() });
      let accepted = 0;
      server.on('connection', () => { accepted++; });
      server.blockList = new net.BlockList();
      server.blockList.addAddress('127.0.0.1');
      const client = await open(server);
      if (hasBlockList) await once(client.resume(), 'close');
      else await ask(client, 1).then(() => close(client));
      server.close();
      return hasBlockList ? accepted : accepted - 1;
    });
    expect(found).toBe(0);
  });

  test('makes them in the async context in which Node makes them', async () => {
    const found = await run(flags, async () => {
      const { AsyncLocalStorage, createHook } = require('async_hooks');
      const http = require('http');
      const storage = new AsyncLocalStorage();
      const kinds = [];
      const server = http.createServer((request, response) => response.end('hello'));
      await storage.run('listening', () => listening(server));
      await serve(server, 20);
      const id = server._handle.getAsyncId();
      const hook = createHook({
        init(asyncId, type, triggerAsyncId) {
          if (type === 'TCPWRAP' && triggerAsyncId === id) kinds.push([type, storage.getStore() ?? null]);
        },
      }).enable();
      server.on('connection', () => kinds.push(['connection', storage.getStore() ?? null]));
      server.prependListener('request', () => kinds.push(['request', storage.getStore() ?? null]));
      await serve(server, 1, 2);
      hook.disable();
      server.close();
      return kinds;
    });
    const request = ['request', 'listening'];
    expect(found).toEqual([['TCPWRAP', null], ['connection', 'listening'], request, request]);
  });

  test('has the like with TLS and HTTP/2', async () => {
    const found = await run(flags, async () => {
      const http2 = require('http2');
      const tls = require('tls');
      const text = [];
      const secure = tls.createServer({ cert, key }, (socket) => socket.end(`${socket.bytesRead} hello`));
      await listening(secure);
      const counts = whose(secure);
      for (let i = 0; i < 20; i++) {
        const { port } = secure.address();
        const client = tls.connect({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
        text.push(await untilEnd(client, 'hello'));
        client.destroy();
        await once(client, 'close');
      }
      secure.close();
      const plain = http2.createServer((request, response) => response.end('hello'));
      await listening(plain);
      const plainCounts = whose(plain);
      for (let i = 0; i < 20; i++) {
        const session = http2.connect(`http://127.0.0.1:${plain.address().port}`);
        text.push(await untilEnd(session.request({ ':path': '/' }), 'hello'));
        session.close();
        await once(session, 'close');
      }
      plain.close();
      return { texts: [...new Set(text)], counts, plainCounts };
    });
    const { counts, plainCounts, texts } = found;
    expect(texts).toEqual(['0 hello', 'hello']);
    const all = isRegistered ? { rsnet: expect.any(Number), host: expect.any(Number) } : { rsnet: 0, host: 20 };
    expect([counts, plainCounts]).toEqual([all, all]);
    expect([counts, plainCounts].map(({ host }) => host > 10)).toEqual([true, true]);
  });
});

describe('rsnet keeps connections from the beginning', () => {
  const flags = ['-r', REGISTER];

  test('that have a PROXY header', async () => {
    const counts = await run(flags, async () => {
      const http = require('http');
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server, { port: 0, host: '127.0.0.1', proxyProtocol: true });
      const header = 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n';
      await serve(server, 20, 12, header);
      const counted = whose(server);
      await serve(server, 10, 12, header);
      server.close();
      return counted;
    });
    expect(counts).toEqual({ rsnet: 10, host: 0 });
  });

  test('that have an option of the kernel, which others of the same kind have not', async () => {
    const counts = await run(flags, async () => {
      const http = require('http');
      const web = http.createServer((request, response) => response.end('hello'));
      const found = [];
      for (const options of [{}, { linger: 0 }]) {
        const server = net.createServer(options, (socket) => web.emit('connection', socket));
        await listening(server);
        await serve(server, 20);
        const counted = whose(server);
        await serve(server, 10);
        server.close();
        found.push(counted.host);
      }
      return found;
    });
    expect(counts).toEqual([10, 0]);
  });

  test('that go over to TLS later', async () => {
    const counts = await run(flags, async () => {
      const tls = require('tls');
      const server = net.createServer((socket) => {
        socket.once('data', () => {
          socket.write('go');
          new tls.TLSSocket(socket, { isServer: true, cert, key }).end('hello');
        });
      });
      await listening(server);
      const counted = whose(server);
      for (let i = 0; i < 20; i++) {
        const socket = await open(server);
        socket.write('STARTTLS');
        await untilEnd(socket, 'go');
        const client = tls.connect({ socket, ca: cert, servername: 'localhost' });
        await untilEnd(client, 'hello');
        client.destroy();
      }
      server.close();
      return counted;
    });
    expect(counts).toEqual({ rsnet: 20, host: 0 });
  });

  test('of Unix-domain sockets, to which descriptors may come', async () => {
    const counts = await run(flags, async () => {
      const http = require('http');
      const os = require('os');
      const path = require('path');
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-spec-'));
      process.on('exit', () => fs.rmSync(folder, { recursive: true }));
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server, path.join(folder, 's'));
      await serve(server, 20);
      const counted = whose(server);
      await serve(server, 10);
      server.close();
      return counted;
    });
    expect(counts).toEqual({ rsnet: 10, host: 0 });
  });
});
