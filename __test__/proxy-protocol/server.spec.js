'use strict';

// Servers with `proxyProtocol`: what a connection is when its event comes, and connections whose header is not as it
// should be.

const fallback = require('../../lib/fallback');
const { closed, connect, describeRsnet, listen, once, receive, tempPath, thrownBy, turn } = require('../helpers');
const { IPV4, binary, ends, headers, tlv } = require('./headers');

const V1 = Buffer.from('PROXY TCP4 10.1.2.3 10.4.5.6 51000 443\r\n');

/** Milliseconds; no spec waits for so long. */
const NEVER = 600000;

/**
 * @param {import('../..').Socket} socket
 * @returns {object} its ends
 */
function endsOf(socket) {
  return {
    source: { address: socket.remoteAddress, port: socket.remotePort, family: socket.remoteFamily },
    destination: { address: socket.localAddress, port: socket.localPort, family: socket.localFamily },
  };
}

/**
 * Connects and writes.
 *
 * @param {typeof import('../..')} net
 * @param {import('../..').Server} server
 * @param {...(Buffer|string)} pieces that are sent one by one
 * @returns {Promise<import('../..').Socket>} the client
 */
async function sendTo(net, server, ...pieces) {
  const client = connect(net, server.at).setNoDelay(true);
  client.on('error', () => {});
  for (const piece of pieces) await new Promise((resolve) => { client.write(piece, resolve); });
  return client;
}

describeRsnet('a server with proxyProtocol', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, net) => {
    test.each(headers)('%s: the connection has the ends that the header says', async (name, bytes, expected) => {
      const server = await listen(net, { proxyProtocol: true });
      const accepted = once(server, 'connection');
      const client = await sendTo(net, server, bytes, 'hello');
      const [socket] = await accepted;
      const real = {
        peer: { address: client.localAddress, port: client.localPort, family: 'IPv4' },
        local: { address: client.remoteAddress, port: client.remotePort, family: 'IPv4' },
      };
      expect(socket.proxy).toEqual({ ...expected, ...real });
      if (expected.family.startsWith('IPv')) {
        expect(endsOf(socket)).toEqual({ source: expected.source, destination: expected.destination });
        expect(socket.address()).toEqual(expected.destination);
      } else if (expected.family === 'UNIX') {
        expect([socket.remoteAddress, socket.localAddress]).toEqual([undefined, undefined]);
      } else {
        expect(endsOf(socket)).toEqual({ source: real.peer, destination: real.local });
      }
      expect((await receive(socket, 5)).toString()).toBe('hello');
    });

    test('the event comes with the last byte of the header, and what follows it is data', async () => {
      const server = await listen(net, { proxyProtocol: true });
      const header = binary(0x21, 0x11, IPV4, tlv(0x02, 'a.example'));
      const seen = [];
      server.on('connection', (socket) => seen.push(socket));
      const client = connect(net, server.at).setNoDelay(true);
      await once(client, 'connect');
      const count = () => new Promise((resolve, reject) => {
        server.getConnections((error, number) => (error ? reject(error) : resolve(number)));
      });
      for (const byte of header.subarray(0, -1)) {
        await new Promise((resolve) => { client.write(Buffer.of(byte), resolve); });
      }
      while (await count() === 0) await turn();
      await turn(3);
      expect(seen).toEqual([]);
      const accepted = once(server, 'connection');
      client.write(Buffer.concat([header.subarray(-1), Buffer.from('data')]));
      const [socket] = await accepted;
      expect(socket.proxy.authority).toBe('a.example');
      expect((await receive(socket, 4)).toString()).toBe('data');
    });

    test('more data than the stream buffers follows in order, and the end', async () => {
      const server = await listen(net, { proxyProtocol: true, highWaterMark: 16, allowHalfOpen: true });
      const data = Buffer.from(Array.from({ length: 200000 }, (_, i) => i * 7));
      const accepted = once(server, 'connection');
      const client = connect(net, server.at);
      client.end(Buffer.concat([V1, data]));
      const [socket] = await accepted;
      const chunks = [];
      for await (const chunk of socket) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(data)).toBe(true);
    });

    test('the stream is as that of a new connection', async () => {
      const server = await listen(net, { proxyProtocol: true });
      const plain = await listen(net);
      const states = [];
      for (const one of [server, plain]) {
        const accepted = once(one, 'connection');
        await sendTo(net, one, one === server ? V1 : '');
        const [socket] = await accepted;
        states.push({
          flowing: socket.readableFlowing, length: socket.readableLength, push: Object.hasOwn(socket, 'push'),
          listeners: socket.eventNames().map((event) => [event, socket.listenerCount(event)]),
          bytes: socket.bytesWritten, counted: [...one.connections].includes(socket),
        });
      }
      expect(states[0]).toEqual(states[1]);
    });

    test('with pauseOnConnect nothing is read beyond the header', async () => {
      const server = await listen(net, { proxyProtocol: true, pauseOnConnect: true });
      const accepted = once(server, 'connection');
      const client = await sendTo(net, server, V1);
      const [socket] = await accepted;
      client.write('hello');
      expect(socket.isPaused()).toBe(true);
      expect(socket._handle.reading).toBe(false);
      socket.resume();
      expect((await receive(socket, 5)).toString()).toBe('hello');
    });

    test('with pauseOnConnect bytes behind the header stay, and nothing more is read', async () => {
      const server = await listen(net, { proxyProtocol: true, pauseOnConnect: true });
      const accepted = once(server, 'connection');
      const client = await sendTo(net, server, `${V1}hello`);
      const [socket] = await accepted;
      await new Promise((resolve) => { client.write(' world', resolve); });
      for (let i = 0; i < 5; i++) await turn();
      expect(socket._handle.reading).toBe(false);
      expect(socket.bytesRead).toBe(V1.length + 'hello'.length);
      expect(socket.readableLength).toBe('hello'.length);
      socket.resume();
      expect((await receive(socket, 11)).toString()).toBe('hello world');
    });

    test('a server on a path reads headers, too', async () => {
      const server = await listen(net, { proxyProtocol: true, listen: tempPath() });
      const accepted = once(server, 'connection');
      await sendTo(net, server, V1);
      const [socket] = await accepted;
      expect(endsOf(socket)).toEqual(ends.IPv4);
    });

    test('listen() takes the option, and may take it back', async () => {
      const server = await listen(net, { listen: { port: 0, host: '127.0.0.1', proxyProtocol: true } });
      const accepted = once(server, 'connection');
      await sendTo(net, server, V1);
      const [socket] = await accepted;
      expect(socket.remoteAddress).toBe('10.1.2.3');
      const other = await listen(net, {
        proxyProtocol: true, listen: { port: 0, host: '127.0.0.1', proxyProtocol: false },
      });
      const plain = once(other, 'connection');
      await sendTo(net, other);
      expect((await plain)[0].proxy).toBe(undefined);
    });

    test.each([
      ['ERR_PROXY_PROTOCOL_MISSING', 'GET / HTTP/1.1\r\n\r\n', {}],
      ['ERR_PROXY_PROTOCOL_INVALID', 'PROXY TCP4 10.1.2.3\r\n', {}],
      ['ERR_PROXY_PROTOCOL_TOO_LARGE', binary(0x21, 0x11, IPV4, tlv(0xea, Buffer.alloc(200))), { maxLength: 200 }],
      ['ERR_PROXY_PROTOCOL_TIMEOUT', '', { timeout: 20 }],
      ['ERR_PROXY_PROTOCOL_TIMEOUT', 'PROXY TCP4', { timeout: 20 }],
    ])('%s (%#): the connection is destroyed, and proxyError tells', async (code, text, options) => {
      const server = await listen(net, { proxyProtocol: options });
      const seen = [];
      server.on('connection', () => seen.push('connection'));
      const failed = once(server, 'proxyError');
      const client = await sendTo(net, server, text);
      const [error, socket] = await failed;
      expect(error.code).toBe(code);
      expect([socket.destroyed, socket.remoteAddress, seen]).toEqual([true, '127.0.0.1', []]);
      await closed(client.resume());
      expect([...server.connections]).toEqual([]);
    });

    test('a connection that ends too early is an error, and one that is reset', async () => {
      const server = await listen(net, { proxyProtocol: true });
      let failed = once(server, 'proxyError');
      (await sendTo(net, server, V1.subarray(0, 10))).end();
      expect((await failed)[0].code).toBe('ERR_PROXY_PROTOCOL_ENDED');
      failed = once(server, 'proxyError');
      const client = await sendTo(net, server, V1.subarray(0, 10));
      // A reset before the bytes are read may pass for an end.
      while (!([...server.connections][0]?.bytesRead > 0)) await turn();
      client.resetAndDestroy();
      expect((await failed)[0].code).toBe('ECONNRESET');
    });

    test('without a listener of proxyError nothing else happens', async () => {
      const server = await listen(net, { proxyProtocol: true });
      const client = await sendTo(net, server, 'GET / HTTP/1.1\r\n\r\n');
      await closed(client.resume());
      const accepted = once(server, 'connection');
      await sendTo(net, server, V1);
      expect((await accepted)[0].remoteAddress).toBe('10.1.2.3');
    });

    test('closeAllConnections() closes those that wait', async () => {
      const server = await listen(net, { proxyProtocol: { timeout: NEVER } });
      const waiting = await sendTo(net, server, V1.subarray(0, 5));
      while (server.connections.size === 0) await turn();
      const [held] = server.connections;
      expect(held.proxy).toBe(undefined);
      server.closeAllConnections();
      await closed(waiting.resume());
      expect(server.connections.size).toBe(0);
    });

    test('connections that wait count for maxConnections, and close() waits for them', async () => {
      const server = await listen(net, { proxyProtocol: { timeout: NEVER } });
      server.maxConnections = 1;
      const first = await sendTo(net, server, V1.subarray(0, 5));
      while (server.connections.size === 0) await turn();
      const dropped = once(server, 'drop');
      const second = await sendTo(net, server);
      await dropped;
      await closed(second.resume());
      let isClosed = false;
      server.close(() => { isClosed = true; });
      await turn(3);
      expect(isClosed).toBe(false);
      const accepted = once(server, 'connection');
      first.write(V1.subarray(5));
      const [socket] = await accepted;
      const ended = once(server, 'close');
      socket.destroy();
      await ended;
    });

    test('shutdown() ends those that wait', async () => {
      const server = await listen(net, { proxyProtocol: { timeout: NEVER } });
      const client = await sendTo(net, server, V1.subarray(0, 5));
      while (server.connections.size === 0) await turn();
      expect(await server.shutdown()).toBe(0);
      await closed(client.resume());
    });

    test('beyond maxWaiting, the connection that has waited the longest goes', async () => {
      const server = await listen(net, { proxyProtocol: { timeout: NEVER, maxWaiting: 2 } });
      const clients = [];
      for (let i = 1; i <= 2; i++) {
        clients.push(await sendTo(net, server, V1.subarray(0, 5)));
        while (server.connections.size < i) await turn();
      }
      const failed = once(server, 'proxyError');
      const accepted = once(server, 'connection');
      const third = await sendTo(net, server, V1);
      expect((await failed)[0].code).toBe('ERR_PROXY_PROTOCOL_OVERLOAD');
      await closed(clients[0].resume());
      expect((await accepted)[0].proxy.peer.port).toBe(third.localPort);
      const next = once(server, 'connection');
      clients[1].write(V1.subarray(5));
      expect((await next)[0].proxy.peer.port).toBe(clients[1].localPort);
    });

    describe('optional', () => {
      /** So much silence tells that there is no header. */
      const mode = { mode: 'optional', silence: NEVER };

      test('a header is read', async () => {
        const server = await listen(net, { proxyProtocol: 'optional' });
        const accepted = once(server, 'connection');
        await sendTo(net, server, V1);
        expect((await accepted)[0].remoteAddress).toBe('10.1.2.3');
      });

      test.each([['GET / HTTP/1.1\r\n\r\n'], ['PROX', 'IES'], ['\r\n\r\n\0', '\r\nQUIT\r'], ['\0']])(
        'without a header nothing is lost: %j', async (...pieces) => {
          const server = await listen(net, { proxyProtocol: mode });
          const accepted = once(server, 'connection');
          const client = await sendTo(net, server, ...pieces);
          const [socket] = await accepted;
          expect([socket.proxy, socket.remotePort]).toEqual([undefined, client.localPort]);
          client.end();
          const chunks = [];
          for await (const chunk of socket) chunks.push(chunk);
          expect(Buffer.concat(chunks).toString()).toBe(pieces.join(''));
        });

      test.each(['', 'PROXY', '\r\n\r\n'])('a peer that sends %j and ends is as usual', async (text) => {
        const server = await listen(net, { proxyProtocol: mode });
        const accepted = once(server, 'connection');
        (await sendTo(net, server, text)).end();
        const [socket] = await accepted;
        const chunks = [];
        for await (const chunk of socket) chunks.push(chunk);
        expect(Buffer.concat(chunks).toString()).toBe(text);
      });

      test.each(['', 'PRO'])('a peer that waits after %j is served once the silence is over', async (text) => {
        const server = await listen(net, { proxyProtocol: { mode: 'optional', silence: 20 } }, (socket) => {
          socket.end('hello');
        });
        const accepted = once(server, 'connection');
        const client = await sendTo(net, server, text);
        expect((await receive(client, 5)).toString()).toBe('hello');
        const [socket] = await accepted;
        client.end('body');
        const chunks = [];
        for await (const chunk of socket) chunks.push(chunk);
        expect(Buffer.concat(chunks).toString()).toMatch(new RegExp(`^${text}(body)?$`));
      });

      test('what has begun as a header must be one', async () => {
        const server = await listen(net, { proxyProtocol: { mode: 'optional', silence: NEVER, timeout: 20 } });
        let failed = once(server, 'proxyError');
        await sendTo(net, server, 'PROXY TCP4');
        expect((await failed)[0].code).toBe('ERR_PROXY_PROTOCOL_TIMEOUT');
        failed = once(server, 'proxyError');
        await sendTo(net, server, 'PROXY it is not\r\n');
        expect((await failed)[0].code).toBe('ERR_PROXY_PROTOCOL_INVALID');
      });
    });

    test.each([
      ['yes', 'ERR_INVALID_ARG_VALUE'], [1, 'ERR_INVALID_ARG_TYPE'], [{ mode: 'always' }, 'ERR_INVALID_ARG_VALUE'],
      [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ silence: -1 }, 'ERR_OUT_OF_RANGE'], [{ maxLength: 106 }, 'ERR_OUT_OF_RANGE'],
      [{ maxLength: 65552 }, 'ERR_OUT_OF_RANGE'], [{ maxWaiting: 1.5 }, 'ERR_OUT_OF_RANGE'],
    ])('%j is refused: %s', (proxyProtocol, code) => {
      expect(thrownBy(() => net.createServer({ proxyProtocol })).code).toBe(code);
      expect(thrownBy(() => net.createServer().listen({ port: 0, proxyProtocol })).code).toBe(code);
    });

    test.each([undefined, null, false])('%j reads no header', async (proxyProtocol) => {
      const server = await listen(net, { proxyProtocol });
      const accepted = once(server, 'connection');
      await sendTo(net, server);
      expect((await accepted)[0].proxy).toBe(undefined);
    });
  });
});
