'use strict';

const { collect, matrix, once, pair, receive, traceTest } = require('../helpers');

const encodings = [
  'utf8',
  'utf-8',
  'ucs2',
  'ucs-2',
  'utf16le',
  'utf-16le',
  'latin1',
  'binary',
  'ascii',
  'hex',
  'base64',
  'base64url',
  'UTF8',
  'Latin1',
  'HEX',
];

/** Strings that each encoding can carry, valid and not quite. */
const strings = {
  plain: 'plain text',
  'beyond latin1': 'snow ☃ and 雪, 😀',
  latin1: 'caf\u00e9 \u00ff\u0080',
  'hex digits': 'cafe00ff',
  'odd hex digits': 'abc',
  base64: 'aGVsbG8gd29ybGQ=',
  base64url: '-_-_',
  'a lone surrogate': 'a\ud800b',
  empty: '',
  'a NUL': 'a\0b',
};

const largeTexts = [
  ['ASCII', 'plain'],
  ['Latin-1', 'é'],
  ['two and three bytes', 'привет 雪'],
  ['pairs of surrogates', '😀'],
  ['halves of pairs', 'a\ud800\udfff\udc00b\ud83d'],
  ['ASCII that ends otherwise', `${'x'.repeat(4096)}é雪😀`],
];

describe.each(matrix)(
  '%s client, %s server: what write takes',
  (clientName, serverName, clientNet, serverNet) => {
    test.each(encodings)('strings as %s', async (encoding) => {
      const { client, peer } = await pair(clientNet, serverNet);
      const expected = Buffer.concat(Object.values(strings).map((text) => Buffer.from(text, encoding)));
      for (const text of Object.values(strings)) client.write(text, encoding);
      client.end();
      expect((await collect(peer)).equals(expected)).toBe(true);
      expect(client.bytesWritten).toBe(expected.length);
    });

    test('the default encoding is UTF-8, and setDefaultEncoding changes it', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      client.write('ü');
      client.setDefaultEncoding('latin1');
      client.write('ü');
      client.setDefaultEncoding('hex');
      client.end('ff');
      expect((await collect(peer)).toString('hex')).toBe('c3bcfcff');
    });

    test('a large string of each stored form', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const oneByte = 'é'.repeat(200000);
      const twoByte = '雪'.repeat(200000);
      const expected = Buffer.concat([
        Buffer.from(oneByte),
        Buffer.from(twoByte),
        Buffer.from(oneByte, 'latin1'),
        Buffer.from(twoByte, 'utf16le'),
      ]);
      client.write(oneByte);
      client.write(twoByte);
      client.write(oneByte, 'latin1');
      client.end(twoByte, 'utf16le');
      expect((await collect(peer)).equals(expected)).toBe(true);
    });

    test.each(largeTexts)('large UTF-8 strings of %s, whose characters lie at every offset', async (_, text) => {
      const { client, peer } = await pair(clientNet, serverNet);
      const texts = [];
      for (const units of [5000, 20000, 65534, 200000]) {
        for (let offset = 0; offset < 4; offset++) {
          texts.push('x'.repeat(offset) + text.repeat(Math.ceil(units / text.length)).slice(offset, units + offset));
        }
      }
      const expected = Buffer.from(texts.map((one) => Buffer.from(one).toString('latin1')).join(''), 'latin1');
      for (const one of texts) client.write(one);
      client.end();
      expect((await collect(peer)).equals(expected)).toBe(true);
      expect(client.bytesWritten).toBe(expected.length);
    });

    test('Buffer, Uint8Array and parts of them', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      client.write(Buffer.from(bytes));
      client.write(bytes);
      client.write(bytes.subarray(10, 20));
      client.write(Buffer.from(bytes).subarray(250));
      client.write(Buffer.from('pooled'));
      client.write(Buffer.alloc(0));
      client.end(new Uint8Array(new SharedArrayBuffer(4)));
      expect(
        (await collect(peer)).equals(
          Buffer.concat([
            bytes,
            bytes,
            bytes.subarray(10, 20),
            bytes.subarray(250),
            Buffer.from('pooled'),
            Buffer.alloc(4),
          ]),
        ),
      ).toBe(true);
    });

    test('Buffers of all sizes arrive complete and in order', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const parts = [0, 1, 2, 100, 4095, 4096, 65535, 65536, 65537, 1 << 20].map((size, index) =>
        Buffer.alloc(size, `${index}-`),
      );
      for (const part of parts) client.write(part);
      client.end();
      expect((await collect(peer)).equals(Buffer.concat(parts))).toBe(true);
    });

    test('both directions at once', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const one = Buffer.alloc(3 << 20, 'one way ');
      const two = Buffer.alloc(3 << 20, 'the other ');
      client.end(one);
      peer.end(two);
      const [there, back] = await Promise.all([collect(peer), collect(client)]);
      expect(there.equals(one)).toBe(true);
      expect(back.equals(two)).toBe(true);
    });

    test('a chunk that was delivered does not change later', async () => {
      const { client, peer } = await pair(clientNet, serverNet);
      const kept = [];
      peer.on('data', (chunk) => kept.push([chunk, Buffer.from(chunk)]));
      for (let i = 0; i < 50; i++) {
        client.write(Buffer.alloc(100 + i * 50, String.fromCharCode(65 + (i % 26))));
        if (i % 5 === 0) await once(peer, 'data');
      }
      client.end();
      await once(peer, 'end');
      for (const [chunk, copy] of kept) expect(chunk.equals(copy)).toBe(true);
    });

    test('a Unix socket carries the same', async () => {
      const { client, peer } = await pair(clientNet, serverNet, { path: true });
      const expected = Buffer.concat([
        Buffer.from('été'),
        Buffer.alloc(500000, 'x'),
        Buffer.from('ff', 'hex'),
      ]);
      client.write('été');
      client.write(Buffer.alloc(500000, 'x'));
      client.end('ff', 'hex');
      expect((await collect(peer)).equals(expected)).toBe(true);
    });
  },
);

describe('values that are no bytes', () => {
  const values = {
    Uint16Array: () => new Uint16Array([1, 2]),
    Float64Array: () => new Float64Array(2),
    BigInt64Array: () => new BigInt64Array(1),
    Int8Array: () => new Int8Array(3),
    Uint8ClampedArray: () => new Uint8ClampedArray(3),
    DataView: () => new DataView(new ArrayBuffer(4), 1, 2),
    ArrayBuffer: () => new ArrayBuffer(4),
    null: () => null,
    undefined: () => undefined,
    'a number': () => 5,
    'a boolean': () => true,
    'an object': () => ({}),
    'an array': () => [1, 2],
    'a function': () => () => {},
    'a symbol': () => Symbol('s'),
    'a bigint': () => 5n,
    'a String object': () => Object('text'),
  };
  for (const [title, make] of Object.entries(values)) {
    traceTest(`write(${title})`, async (t) => {
      const { client, peer } = await pair(t.net);
      t.watch(client, 'client', { only: ['error', 'close'] });
      client.on('error', () => {});
      t.call('client', 'write', () => client.write(make(), t.callback('client', 'callback')));
      t.call('client', 'end', () => client.end('.'));
      const received = collect(peer).then(
        (data) => t.note('peer', data),
        () => {},
      );
      await Promise.race([received, new Promise((resolve) => client.once('close', resolve))]);
    });
  }

  for (const encoding of ['utf7', 'nonsense', 5, {}, '', null, true]) {
    traceTest(`write with encoding ${JSON.stringify(encoding)}`, async (t) => {
      const { client, peer } = await pair(t.net);
      t.watch(client, 'client', { only: ['error', 'close'] });
      client.on('error', () => {});
      t.call('client', 'write', () => client.write('text', encoding, t.callback('client', 'callback')));
      t.call('client', 'end', () => client.end('.'));
      const received = receive(peer, 1).then(
        () => t.note('peer', 'received'),
        () => {},
      );
      await Promise.race([received, new Promise((resolve) => client.once('close', resolve))]);
    });
  }

  traceTest('the encoding is ignored for a Buffer', async (t) => {
    const { client, peer } = await pair(t.net);
    t.call('client', 'write', () =>
      client.write(Buffer.from('text'), 'nonsense', t.callback('client', 'callback')),
    );
    client.end();
    t.note('peer', await collect(peer));
  });
});
