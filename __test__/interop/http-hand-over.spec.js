'use strict';

/* global GET, all, engine, fs, isRsnet, listening, net, once, talk -- given to the code of a child */

// Connections of Node's HTTP server that do much are given to the host's own handles. Programs see no difference.

const { modes, runMode } = require('../helpers/registered');

/** Defines `talk(port)`: a connection on which requests are sent by hand, `ask` waits for the answer's last byte. */
const TALK = `
  const net = require('net');
  const talk = async (port) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    let wanted = () => false;
    let done = () => {};
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (wanted(text)) done();
    }).on('error', () => {}).on('close', () => done());
    await new Promise((resolve) => socket.once('connect', resolve));
    return {
      socket,
      closed: new Promise((resolve) => socket.once('close', resolve)),
      ask: (request, isEnd) => new Promise((resolve) => {
        text = '';
        wanted = isEnd;
        done = () => resolve(text);
        socket.write(request);
      }),
    };
  };
  const GET = (path = '/') => 'GET ' + path + ' HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n';
`;

/**
 * @param {string[]} flags of a mode
 * @param {Function} body as for `runMode`; it has `talk` and `GET`
 * @returns {Promise<any>}
 */
function run(flags, body) {
  return runMode(flags, new Function(`return (async () => { ${TALK}; return (${body})(); })()`));
}

describe.each(modes)('a busy connection of an HTTP server, %s', (mode, flags) => {
  const isRegistered = mode === 'registered';

  test('goes on, with its counters, its options and its context', async () => {
    const result = await run(flags, async () => {
      const { AsyncLocalStorage } = require('async_hooks');
      const http = require('http');
      const storage = new AsyncLocalStorage();
      const counters = [];
      const contexts = new Set();
      const sockets = new Set();
      let last;
      const server = http.createServer((request, response) => {
        contexts.add(storage.getStore());
        sockets.add(request.socket);
        last = request.socket;
        counters.push([last.bytesRead, last.bytesWritten, last.remotePort, last.localPort === server.address().port]);
        response.end('hello');
      });
      await storage.run('listening', () => listening(server));
      const { socket, ask, closed } = await talk(server.address().port);
      const texts = new Set();
      for (let i = 0; i < 30; i++) {
        const text = await ask(GET(), (got) => got.endsWith('hello'));
        texts.add(text.replace(/Date.*\r\n/, ''));
      }
      const { bytesRead, bytesWritten, localPort } = socket;
      const total = bytesRead / 30;
      const right = counters.every(([read, written, port, isLocal], i) =>
        read === (i + 1) * GET().length && written === i * total && port === localPort && isLocal);
      const handed = engine(last) === 'rsnet' && !isRsnet(last._handle);
      socket.end();
      await closed;
      server.close();
      return { texts: texts.size, right, bytesWritten, contexts: [...contexts], sockets: sockets.size, handed,
        kept: [last.bytesRead, last.bytesWritten === 30 * total, last.destroyed] };
    });
    expect(result).toEqual({ texts: 1, right: true, bytesWritten: 30 * 27, contexts: ['listening'], sockets: 1,
      handed: isRegistered, kept: [30 * 27, true, true] });
  });

  test('loses nothing of requests that come in one go', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const paths = [];
      let handed = false;
      const server = http.createServer((request, response) => {
        paths.push(request.url);
        handed = engine(request.socket) === 'rsnet' && !isRsnet(request.socket._handle);
        response.end(Buffer.alloc(3000, 'x'));
      });
      await listening(server);
      const { socket, ask, closed } = await talk(server.address().port);
      const sent = Array.from({ length: 1000 }, (_, i) => `/${i}/${'y'.repeat(i % 1000)}`);
      const count = (text) => text.split('HTTP/1.1 200').length - 1;
      const text = await ask(sent.map(GET).join(''), (got) => count(got) === 1000 && got.endsWith('x'.repeat(3000)));
      socket.end();
      await closed;
      server.close();
      return { answers: count(text), bytes: text.split('x').length - 1, right: paths.join() === sent.join(), handed };
    });
    expect(result).toEqual({ answers: 1000, bytes: 3000000, right: true, handed: isRegistered });
  });

  test('reads a body at the speed of the program', async () => {
    const result = await run(flags, async () => {
      const crypto = require('crypto');
      const http = require('http');
      let handed = false;
      const server = http.createServer(async (request, response) => {
        const hash = crypto.createHash('sha256');
        let count = 0;
        for await (const chunk of request) {
          hash.update(chunk);
          handed = engine(request.socket) === 'rsnet' && !isRsnet(request.socket._handle);
          if (++count % 20 === 0) await new Promise((resolve) => { setTimeout(resolve, 2); });
        }
        response.end(hash.digest('hex'));
      });
      await listening(server);
      const body = crypto.randomBytes(8 << 20);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const answers = new Set();
      for (let i = 0; i < 3; i++) {
        answers.add(await new Promise((resolve, reject) => {
          http.request({ port: server.address().port, host: '127.0.0.1', method: 'POST', agent }, async (response) => {
            resolve(String(await all(response)));
          }).on('error', reject).end(body);
        }));
      }
      agent.destroy();
      server.close();
      return { right: [...answers].join() === crypto.createHash('sha256').update(body).digest('hex'),
        handed };
    });
    expect(result).toEqual({ right: true, handed: isRegistered });
  });

  test('can be upgraded, or taken by CONNECT, with all that follows', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const seen = [];
      const server = http.createServer((request, response) => response.end('hello'));
      for (const name of ['upgrade', 'connect']) {
        server.on(name, (request, socket, head) => {
          seen.push(`${name} ${head}`);
          socket.write('HTTP/1.1 101 Switching\r\n\r\n');
          socket.pipe(socket);
        });
      }
      await listening(server);
      const ends = [];
      for (const first of [
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhead',
        'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nhead',
      ]) {
        const { socket, ask, closed } = await talk(server.address().port);
        for (let i = 0; i < 12; i++) await ask(GET(), (text) => text.endsWith('hello'));
        await ask(first, (text) => text.endsWith('\r\n\r\n'));
        ends.push(await ask('echo'.repeat(1000), (text) => text.length >= 4000) === 'echo'.repeat(1000));
        socket.end();
        await closed;
      }
      server.close();
      return { seen, ends };
    });
    expect(result).toEqual({ seen: ['upgrade head', 'connect head'], ends: [true, true] });
  });

  test('tells what it cannot parse, and answers it', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const seen = [];
      const told = [];
      for (const listens of [true, false]) {
        const server = http.createServer((request, response) => response.end('hello'));
        if (listens) {
          server.on('clientError', (error, socket) => {
            seen.push([error.code, String(error.rawPacket), error.bytesParsed, socket.writable]);
            socket.end('HTTP/1.1 418 No\r\n\r\n');
          });
        }
        await listening(server);
        const { ask, closed } = await talk(server.address().port);
        for (let i = 0; i < 12; i++) await ask(GET(), (text) => text.endsWith('hello'));
        told.push((await ask('NO\r\n\r\n', () => false)).split('\r\n')[0]);
        await closed;
        server.close();
      }
      return { seen, told };
    });
    expect(result).toEqual({ seen: [['HPE_INVALID_METHOD', 'NO\r\n\r\n', 2, true]],
      told: ['HTTP/1.1 418 No', 'HTTP/1.1 400 Bad Request'] });
  });

  test('hears of listeners that come later, and of timeouts', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      let chunks = '';
      let count = 0;
      const server = http.createServer((request, response) => {
        if (++count === 12) request.socket.on('data', (chunk) => { chunks += chunk; });
        if (request.url === '/slow') response.setTimeout(20, () => response.end('timeout'));
        else response.end('hello');
      });
      server.keepAliveTimeout = 40;
      if ('keepAliveTimeoutBuffer' in server) server.keepAliveTimeoutBuffer = 0;
      await listening(server);
      const { ask } = await talk(server.address().port);
      for (let i = 0; i < 15; i++) await ask(GET(), (text) => text.endsWith('hello'));
      const other = await talk(server.address().port);
      for (let i = 0; i < 15; i++) await other.ask(GET(), (text) => text.endsWith('hello'));
      const slow = (await other.ask(GET('/slow'), (text) => text.endsWith('timeout'))).endsWith('timeout');
      const before = Date.now();
      await other.closed;
      const idle = Date.now() - before < 20000;
      const closing = await talk(server.address().port);
      for (let i = 0; i < 15; i++) await closing.ask(GET(), (text) => text.endsWith('hello'));
      server.closeIdleConnections();
      await closing.closed;
      await new Promise((resolve) => { server.close(resolve); });
      return { chunks, slow, idle };
    });
    expect(result).toEqual({ chunks: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3), slow: true, idle: true });
  });

  test('stops reading while its answers wait, whoever has listened for data before', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const { setTimeout: sleep } = require('timers/promises');
      const found = [];
      for (const [when, name] of [[2, 'once'], [2, 'readable'], [12, 'once']]) {
        let count = 0;
        let answered = 0;
        const server = http.createServer((request, response) => {
          if (++count === when) {
            const { socket } = request;
            if (name === 'once') socket.once('data', () => {});
            else socket.on('readable', () => {}).removeAllListeners('readable').resume();
          }
          if (request.url === '/') {
            response.end('hello');
          } else {
            answered++;
            response.end(Buffer.alloc(40000, 'x'));
          }
        });
        await listening(server);
        const { socket, ask } = await talk(server.address().port);
        for (let i = 0; i < 20; i++) await ask(GET(), (text) => text.endsWith('hello'));
        socket.pause();
        socket.write(GET(`/${'y'.repeat(1000)}`).repeat(500));
        for (let before = -1; before !== answered; await sleep(100)) before = answered;
        const text = ask('', (got) => got.length > 500 * 40100 && got.endsWith('x'));
        const isHeldUp = answered < 500;
        socket.resume();
        found.push([name, isHeldUp, (await text).split('HTTP/1.1 200').length - 1]);
        socket.destroy();
        server.close();
      }
      return found;
    });
    expect(result).toEqual([['once', true, 500], ['readable', true, 500], ['once', true, 500]]);
  });

  test('writes and closes behind what was written to other connections', async () => {
    const result = await run(flags, async () => {
      const http = require('http');
      const os = require('os');
      const path = require('path');
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsnet-spec-'));
      const file = path.join(folder, 's');
      process.on('exit', () => fs.rmSync(folder, { recursive: true }));
      const readNow = (fd) => {
        const bytes = Buffer.alloc(100);
        return bytes.toString('latin1', 0, fs.readSync(fd, bytes));
      };
      const seen = [];
      const others = net.createServer();
      await listening(others, file);
      const reader = net.connect(file).pause();
      const [[other]] = await Promise.all([once(others, 'connection'), once(reader, 'connect')]);
      const { fd } = reader._handle;
      const server = http.createServer((request, response) => {
        if (request.url === '/') {
          response.end('hello');
          return;
        }
        other.write('one ');
        other.write('two ');
        if (request.url === '/write') response.end('hello');
        else request.socket.destroy();
        seen.push(readNow(fd));
      });
      await listening(server);
      const { ask, closed } = await talk(server.address().port);
      for (let i = 0; i < 12; i++) await ask(GET(), (text) => text.endsWith('hello'));
      await ask(GET('/write'), (text) => text.endsWith('hello'));
      await ask(GET('/destroy'), () => false);
      await closed;
      server.close();
      others.close();
      other.destroy();
      reader.destroy();
      return seen;
    });
    expect(result).toEqual(['one two ', 'one two ']);
  });

  test('shows no connection of its own to subscribers of the diagnostics channels', async () => {
    const result = await run(flags, async () => {
      const { channel } = require('diagnostics_channel');
      const http = require('http');
      let clients = 0;
      channel('net.client.socket').subscribe(() => { clients++; });
      const server = http.createServer((request, response) => response.end('hello'));
      await listening(server);
      const { socket, ask, closed } = await talk(server.address().port);
      for (let i = 0; i < 12; i++) await ask(GET(), (text) => text.endsWith('hello'));
      socket.end();
      await closed;
      server.close();
      return clients;
    });
    expect(result).toBe(1);
  });
});
