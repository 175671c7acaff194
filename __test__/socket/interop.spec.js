'use strict';

const crypto = require('crypto');
const {
  closed,
  collect,
  connect,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  tempPath,
} = require('../helpers');

describe.each(matrix)(
  '%s client, %s server: talking to each other',
  (clientName, serverName, clientNet, serverNet) => {
    for (const [kind, where] of [
      ['TCP', () => ({})],
      ['IPv6', () => ({ listen: { port: 0, host: '::1' } })],
      ['Unix', () => ({ listen: tempPath() })],
    ]) {
      test(`${kind}: random bytes both ways, compared by checksum`, async () => {
        const server = await listen(serverNet, { ...where(), allowHalfOpen: true }, (peer) => {
          const hash = crypto.createHash('sha256');
          peer.on('data', (chunk) => {
            hash.update(chunk);
            if (!peer.write(chunk)) {
              peer.pause();
              peer.once('drain', () => peer.resume());
            }
          });
          peer.on('end', () => peer.end(hash.digest()));
        });
        const client = connect(clientNet, server.at);
        const received = collect(client);
        const hash = crypto.createHash('sha256');
        const expected = [];
        for (let i = 0; i < 60; i++) {
          const part = crypto.randomBytes(1 + ((i * 7919) % 100000));
          hash.update(part);
          expected.push(part);
          if (!client.write(part)) await once(client, 'drain');
        }
        client.end();
        const all = await received;
        expect(all.equals(Buffer.concat([...expected, hash.digest()]))).toBe(true);
      });
    }

    test('a line protocol with many short turns', async () => {
      const server = await listen(serverNet, (peer) => {
        peer.setEncoding('utf8');
        peer.on('data', (line) => peer.write(`got ${line}`));
      });
      const client = connect(clientNet, server.at);
      client.setEncoding('utf8');
      for (let i = 0; i < 300; i++) {
        client.write(`${i}`);
        const [answer] = await once(client, 'data');
        expect(answer).toBe(`got ${i}`);
      }
    });

    test('thirty connections at once keep their data apart', async () => {
      const server = await listen(serverNet, { allowHalfOpen: true }, (peer) => peer.pipe(peer));
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          const client = connect(clientNet, server.at);
          const sent = Buffer.alloc(50000 + index, `connection ${index} `);
          client.end(sent);
          expect((await collect(client)).equals(sent)).toBe(true);
        }),
      );
    });

    test('pipelined small writes arrive in order', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const count = 2000;
      const received = receive(peer, count * 4);
      for (let i = 0; i < count; i++) client.write(Buffer.from([i >> 24, i >> 16, i >> 8, i]));
      const all = await received;
      for (let i = 0; i < count; i++) expect(all.readUInt32BE(i * 4)).toBe(i);
    });

    test('a connection handed to http', async () => {
      const http = require('http');
      const httpServer = http.createServer((request, response) => {
        request.pipe(response);
      });
      const server = await listen(serverNet, (peer) => httpServer.emit('connection', peer));
      const answer = await new Promise((resolve, reject) => {
        const request = http.request(
          {
            method: 'POST',
            host: '127.0.0.1',
            port: server.at.port,
            createConnection: () => connect(clientNet, server.at),
          },
          (response) => collect(response, 'utf8').then(resolve, reject),
        );
        request.on('error', reject);
        request.end('an http body');
      });
      expect(answer).toBe('an http body');
    });
  },
);

describe.each(implementations)('%s: with a built-in peer', (name, net) => {
  test('a peer that shuts down its writing side', async () => {
    // `shutdown(SHUT_WR)` by the peer is an end here, and what is written afterwards still arrives there.
    const { client, peer } = await pair(net, require('net'), {
      client: { allowHalfOpen: true },
      server: { allowHalfOpen: true },
    });
    peer.end();
    client.resume();
    await once(client, 'end');
    client.end('after the end');
    expect(await collect(peer, 'utf8')).toBe('after the end');
    await closed(client);
  });
});
