'use strict';

// `connect({ proxyProtocol })`: the header is the first thing that the peer gets.

const tls = require('tls');
const fs = require('fs');
const path = require('path');
const fallback = require('../../lib/fallback');
const { parseHeader } = require('../../lib/api/proxy-protocol/parse');
const { closed, collect, connect, describeRsnet, listen, once, tempPath, thrownBy, track } = require('../helpers');
const { FIXTURES } = require('../helpers/registered');
const { IPV4, SSL, binary, ends, headers, tlv } = require('./headers');

const cert = fs.readFileSync(path.join(FIXTURES, 'localhost-cert.pem'));
const key = fs.readFileSync(path.join(FIXTURES, 'localhost-key.pem'));

describeRsnet('connect() with proxyProtocol', (rsnet) => {
  describe.each([['with the engine', rsnet], ['without a binary', fallback]])('%s', (title, net) => {
    /**
     * Connects with the option, writes, and ends.
     *
     * @param {*} proxyProtocol
     * @param {object} [options] of the server
     * @returns {Promise<{found: object, rest: string, client: import('../..').Socket, own: object}>} the header that
     *   the server has got, what came after it, and the ends of the connection
     */
    async function send(proxyProtocol, options = {}) {
      const server = await listen(net, options);
      const accepted = once(server, 'connection');
      const client = connect(net, { ...server.at, proxyProtocol });
      client.write('first ');
      client.on('connect', () => client.end('second'));
      const [socket] = await accepted;
      const own = {
        source: { address: socket.remoteAddress, port: socket.remotePort, family: 'IPv4' },
        destination: { address: socket.localAddress, port: socket.localPort, family: 'IPv4' },
      };
      const bytes = await collect(socket);
      const { state, length, header } = parseHeader(bytes, 65551);
      expect(state).toBe('done');
      return { found: header, rest: bytes.toString('utf8', length), length, own, client };
    }

    const VERSIONS = [[true, 2], [{ version: 1 }, 1], [{ version: 2 }, 2]];

    test.each(VERSIONS)('%j: the own ends, before any write', async (option, version) => {
      const { found, rest, own } = await send(option);
      expect(found).toEqual({
        version, command: 'PROXY', family: 'IPv4', transport: 'STREAM', tlvs: new Map(), ...own,
      });
      expect(rest).toBe('first second');
    });

    test.each(headers)('%s: a header that was received is sent on', async (name, bytes, expected) => {
      const { found, rest } = await send(expected);
      expect(found).toEqual(expected);
      expect(rest).toBe('first second');
    });

    test('a header that was received is sent on to the byte, also what is no text, and up to the longest', async () => {
      for (const tlvs of [
        [tlv(0x01, [0x8a, 0x68]), tlv(0x02, [0xff, 0x41]), tlv(0x30, [0x80])],
        [tlv(0xea, Buffer.alloc(65_490))],
      ]) {
        const { header } = parseHeader(binary(0x21, 0x11, IPV4, ...tlvs), 65551);
        expect((await send(header)).found).toEqual(header);
      }
    });

    test('values with names, others, and a checksum', async () => {
      const { found } = await send({
        ...ends.IPv4, alpn: 'h2', authority: 'a.example', uniqueId: Buffer.from('id'), netns: 'ns', crc32c: true,
        tlvs: new Map([[0xea, 'mine'], [0x20, SSL.subarray(3)], [0x02, 'replaced']]),
      });
      const { tlvs, ...named } = found;
      expect(named).toMatchObject({ ...ends.IPv4, alpn: 'h2', authority: 'a.example', netns: 'ns' });
      expect(named.ssl.commonName).toBe('client.example');
      expect([...tlvs.keys()].sort((a, b) => a - b)).toEqual([0x01, 0x02, 0x03, 0x05, 0x20, 0x30, 0xea]);
      expect(tlvs.get(0xea).toString()).toBe('mine');
    });

    test('a header with a checksum is sent on with a checksum of its own', async () => {
      const first = await send({ ...ends.IPv4, crc32c: true });
      const second = await send({ ...first.found, authority: 'other.example' });
      expect(second.found.authority).toBe('other.example');
      expect(second.found.tlvs.get(0x03)).not.toEqual(first.found.tlvs.get(0x03));
    });

    test('an IPv4 end and an IPv6 one go as IPv6', async () => {
      for (const version of [1, 2]) {
        const { found } = await send({ version, source: ends.IPv4.source, destination: ends.IPv6.destination });
        expect(found.source).toEqual({ address: '::ffff:10.1.2.3', port: 51000, family: 'IPv6' });
        expect(found.destination).toEqual(ends.IPv6.destination);
      }
    });

    const LOCAL = [[1, 'PROXY UNKNOWN\r\n'.length], [2, 16]];

    test.each(LOCAL)('version %d: LOCAL has no addresses', async (version, bytes) => {
      const { length } = await send({ version, command: 'LOCAL', ...ends.IPv4, authority: 'a.example' });
      expect(length).toBe(bytes);
    });

    test('on a path without ends given, the family is UNSPEC', async () => {
      const { found, rest } = await send(true, { listen: tempPath() });
      expect(found).toMatchObject({ command: 'PROXY', family: 'UNSPEC' });
      expect(rest).toBe('first second');
    });

    test('the next connect() of the socket sends what it is told to', async () => {
      const server = await listen(net);
      server.once('connection', (socket) => socket.resume());
      const client = connect(net, { ...server.at, proxyProtocol: true });
      client.end();
      await closed(client.resume());
      const accepted = once(server, 'connection');
      client.connect(server.at);
      client.end('plain');
      const [, [socket]] = [await once(client, 'connect'), await accepted];
      expect(await collect(socket, 'utf8')).toBe('plain');
    });

    test('a name with several addresses', async () => {
      const server = await listen(net, { proxyProtocol: true });
      const accepted = once(server, 'connection');
      const lookup = (name, options, callback) => {
        callback(null, [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }]);
      };
      const client = connect(net, {
        port: server.at.port, host: 'two.example', lookup, autoSelectFamily: true, proxyProtocol: true,
      });
      // An end() before an attempt has failed is forgotten, as under Node.
      client.write('hel');
      client.on('connect', () => client.end('lo'));
      const [socket] = await accepted;
      expect(socket.proxy.source).toMatchObject({ address: '127.0.0.1', port: socket.proxy.peer.port });
      expect(await collect(socket, 'utf8')).toBe('hello');
    });

    test.each(['pipe', 'relay'])('a proxy behind a proxy sends the header on, by %s', async (how) => {
      const backend = await listen(net, { proxyProtocol: true, allowHalfOpen: true }, (socket) => socket.pipe(socket));
      const server = await listen(net, { proxyProtocol: true, allowHalfOpen: true }, (socket) => {
        const upstream = connect(net, { ...backend.at, allowHalfOpen: true, proxyProtocol: socket.proxy });
        if (how === 'pipe') socket.pipe(upstream).pipe(socket);
        else net.relay(socket, upstream);
      });
      const accepted = once(backend, 'connection');
      const client = connect(net, { ...server.at, proxyProtocol: { ...ends.IPv4, authority: 'a.example' } });
      const sent = Buffer.from(Array.from({ length: 300000 }, (_, i) => i * 7));
      client.end(sent);
      const answer = collect(client);
      const [socket] = await accepted;
      expect([socket.remoteAddress, socket.localPort, socket.proxy.authority]).toEqual(['10.1.2.3', 443, 'a.example']);
      expect((await answer).equals(sent)).toBe(true);
    });

    test('TLS comes after the header, on both sides', async () => {
      const server = track(tls.createServer({ cert, key }));
      const first = await listen(net, { proxyProtocol: true }, (socket) => server.emit('connection', socket));
      const secured = once(server, 'secureConnection');
      const raw = connect(net, { ...first.at, proxyProtocol: ends.IPv4 });
      const client = track(tls.connect({ socket: raw, ca: cert, servername: 'localhost' }));
      client.end('secret');
      const [socket] = await secured;
      expect([socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort])
        .toEqual(['10.1.2.3', 51000, '10.4.5.6', 443]);
      expect(await collect(socket, 'utf8')).toBe('secret');
      await closed(client);
    });

    test.each([
      ['yes', 'ERR_INVALID_ARG_TYPE'], [{ version: 3 }, 'ERR_INVALID_ARG_VALUE'],
      [{ command: 'local' }, 'ERR_INVALID_ARG_VALUE'], [{ source: '10.1.2.3' }, 'ERR_INVALID_ARG_TYPE'],
      [{ source: { address: 'localhost', port: 1 } }, 'ERR_INVALID_IP_ADDRESS'],
      [{ source: { address: '10.1.2.3' } }, 'ERR_INVALID_ARG_TYPE'],
      [{ source: { address: '10.1.2.3', port: 65536 } }, 'ERR_OUT_OF_RANGE'],
      [{ source: { path: 'x'.repeat(109) } }, 'ERR_INVALID_ARG_VALUE'], [{ tlvs: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ tlvs: [[256, 'x']] }, 'ERR_OUT_OF_RANGE'], [{ tlvs: [[1, 2]] }, 'ERR_INVALID_ARG_TYPE'],
      [{ tlvs: [[0xea, Buffer.alloc(65535)]] }, 'ERR_INVALID_ARG_VALUE'],
      [{ uniqueId: Buffer.alloc(129) }, 'ERR_INVALID_ARG_VALUE'], [{ authority: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ crc32c: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ])('bad option %#', (proxyProtocol, code) => {
      expect(thrownBy(() => net.connect({ port: 1, proxyProtocol })).code).toBe(code);
    });
  });

  test('a peer that has closed at once: an error, and no connect', async () => {
    const server = await listen(rsnet);
    const client = connect(rsnet, { ...server.at, proxyProtocol: true });
    const events = [];
    for (const event of ['connect', 'ready', 'close']) client.on(event, () => events.push(event));
    client.on('error', ({ code }) => events.push(code));
    const error = Object.assign(new Error('broken'), { code: 'EPIPE' });
    client._writeGeneric = (several, data, encoding, callback) => callback(error);
    await closed(client);
    expect(events).toEqual(['EPIPE', 'close']);
  });
});
