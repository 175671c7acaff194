'use strict';

const { matrix, once, pair, traceTest } = require('../helpers');

const text = 'a é ☃ 雪 😀 z';

/**
 * Wait until a socket has read more than so many bytes.
 *
 * @param {import('net').Socket} socket which flows
 * @param {number} bytes
 * @returns {Promise<void>}
 */
async function arrival(socket, bytes) {
  while (socket.bytesRead === bytes) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(matrix)('%s client, %s server: setEncoding', (clientName, serverName, clientNet, serverNet) => {
  test.each([['utf8'], ['utf16le'], ['latin1'], ['hex'], ['base64'], ['base64url'], ['ascii']])(
    '%s, one byte at a time',
    async (encoding) => {
      const { client, peer } = await pair(clientNet, serverNet);
      const bytes = encoding === 'utf16le' ? Buffer.from(text, 'utf16le') : Buffer.from(text);
      client.setEncoding(encoding);
      let got = '';
      client.on('data', (part) => {
        expect(typeof part).toBe('string');
        got += part;
      });
      // Each byte is waited for, so that no two of them can arrive together.
      for (const byte of bytes) {
        const before = client.bytesRead;
        peer.write(Buffer.of(byte));
        await arrival(client, before);
      }
      peer.end();
      await once(client, 'end');
      expect(got).toBe(bytes.toString(encoding));
    },
  );

  test('characters that are cut between chunks of a large text', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    const large = '雪😀é'.repeat(100000);
    client.setEncoding('utf8');
    peer.end(large);
    let got = '';
    client.on('data', (part) => {
      got += part;
    });
    await once(client, 'end');
    expect(got).toBe(large);
  });
});

describe('traces of setEncoding', () => {
  traceTest('an incomplete character at the end', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client');
    t.call('client', 'setEncoding', () => client.setEncoding('utf8'));
    client.on('data', () => {});
    peer.end(Buffer.from('ab☃').subarray(0, 4));
    await once(client, 'close');
    t.note('client', client.readableEncoding, client.bytesRead);
  });

  traceTest('set while data waits', async (t) => {
    const { client, peer } = await pair(t.net);
    t.watch(client, 'client', { only: ['data', 'end'] });
    client.pause();
    peer.end('☃☃☃');
    client.once('readable', () => {});
    await once(client, 'readable');
    client.setEncoding('utf8');
    client.removeAllListeners('readable');
    client.on('data', () => {});
    client.resume();
    await once(client, 'end');
  });

  traceTest('the encoding option of connect', async (t) => {
    const server = await t.listen((peer) => peer.end('text'));
    const socket = t.watch(t.net.connect({ ...server.at, encoding: 'utf8' }), 'client');
    socket.on('data', () => {});
    await once(socket, 'close');
  });

  traceTest('setDefaultEncoding with unknown encodings', async (t) => {
    const socket = t.watch(new t.net.Socket(), 'socket');
    for (const encoding of ['nonsense', 5, null, 'LATIN1']) {
      t.call('socket', String(encoding), () => typeof socket.setDefaultEncoding(encoding));
    }
  });

  traceTest('unknown encodings', async (t) => {
    const socket = t.watch(new t.net.Socket(), 'socket');
    for (const encoding of ['nonsense', 5, null, undefined, '', {}]) {
      t.call('socket', String(encoding), () => typeof socket.setEncoding(encoding));
      t.note('socket', socket.readableEncoding);
    }
  });
});
