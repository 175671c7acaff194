'use strict';

/* global net -- given to the code of a child */

// With rsnet/register TLS is loaded by the program, and not sooner. Connections that are there already can go under it.

const fs = require('fs');
const path = require('path');
const { describeRsnet, root, spawnNode } = require('../helpers');

const FIXTURES = path.join(__dirname, '..', 'fixtures');
const REGISTER = path.join(root, 'register.js');

/** The key and the certificate of localhost, for a child. */
const CERTIFICATE = ['key', 'cert']
  .map((name) => fs.readFileSync(path.join(FIXTURES, `localhost-${name}.pem`), 'utf8'));

/**
 * @param {Function} code that runs registered, and finds key and certificate in `process.argv`
 * @returns {Promise<string>} what it has printed
 */
async function registered(code) {
  const { stdout, stderr, code: status } = await spawnNode('net', code, {
    flags: ['-r', REGISTER], args: CERTIFICATE, env: { RSNET_STRICT: '1' },
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

describeRsnet('TLS, registered', () => {
  test('is not loaded for a program that only uses net', async () => {
    expect(await registered(() => {
      const server = net.createServer((peer) => peer.end('hello')).listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1').resume();
        client.on('close', () => server.close());
      });
      server.on('close', () => {
        console.log(client instanceof net.Socket, process.moduleLoadList.filter((name) => /tls/.test(name)));
      });
      const client = new net.Socket();
    })).toBe('true []\n');
  });

  test.each(['tls', 'https', 'http2'])('loaded as %s takes a connection of before, on both ends', async (name) => {
    expect(await registered(`
      const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1', () => {
        const client = net.connect({ port: server.address().port, host: '127.0.0.1' });
        server.once('connection', (peer) => client.once('connect', () => secure(client, peer)));
      });
      function secure(client, peer) {
        require('${name}');
        const tls = require('tls');
        const [, key, cert] = process.argv;
        const before = [client._handle, peer._handle];
        const inner = new tls.TLSSocket(peer, { isServer: true, key, cert });
        inner.on('data', (data) => inner.end('got ' + data));
        const outer = tls.connect({ socket: client, ca: cert, servername: 'localhost' }, () => outer.write('hello'));
        outer.setEncoding('utf8').on('data', (text) => {
          const isHost = [client, peer].map(({ _handle }, i) => !before.includes(_handle) && _handle.isStreamBase);
          console.log(text, isHost.join());
        });
        outer.on('close', () => server.close());
      }
    `)).toBe('got hello true,true\n');
  });

  test('loaded before is changed at once', async () => {
    const { stdout, stderr } = await spawnNode('net', () => {
      console.log(String(require('tls').TLSSocket.prototype._wrapHandle).includes('kTlsStream'));
    }, { flags: ['-r', 'tls', '-r', REGISTER] });
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
  });
});
