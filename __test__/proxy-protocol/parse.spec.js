'use strict';

// The parser of PROXY headers: what it finds, at each place where a header may be cut, and what it refuses.

const { crc32c } = require('../../lib/api/proxy-protocol/crc32c');
const { parseHeader } = require('../../lib/api/proxy-protocol/parse');
const { IPV4, SSL, binary, field, headers, tlv } = require('./headers');

const LIMIT = 4096;

/** Text that follows a header. */
const NEXT = Buffer.from('PROXY is what the program gets');

/**
 * @param {Buffer} header with a checksum of zeros at its end
 * @returns {Buffer} the same with the right one
 */
function withChecksum(header) {
  const copy = Buffer.from(header);
  copy.writeUInt32BE(crc32c(header), header.length - 4);
  return copy;
}

describe.each(headers)('%s', (title, bytes, expected) => {
  test('the whole is parsed, and what follows is not touched', () => {
    const found = { state: 'done', length: bytes.length, header: expected };
    expect(parseHeader(bytes, LIMIT)).toEqual(found);
    expect(parseHeader(Buffer.concat([bytes, NEXT]), LIMIT)).toEqual(found);
  });

  test('cut at any byte, more is needed, and never more than is to come', () => {
    for (let length = 0; length < bytes.length; length++) {
      const { state, needed } = parseHeader(bytes.subarray(0, length), LIMIT);
      expect({ length, state }).toEqual({ length, state: 'more' });
      expect(needed).toBeGreaterThan(length);
      expect(needed).toBeLessThanOrEqual(bytes.length);
    }
  });

  test('what it found does not share memory with the bytes', () => {
    const copy = Buffer.from(bytes);
    const { header } = parseHeader(copy, LIMIT);
    copy.fill(0xff);
    expect(header).toEqual(expected);
  });
});

test('the checksum is that of RFC 3720, appendix B.4', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('a checksum is verified, wherever it stands', () => {
  const right = withChecksum(binary(0x21, 0x11, IPV4, tlv(0x02, 'a.example'), tlv(0x03, [0, 0, 0, 0])));
  expect(parseHeader(right, LIMIT).state).toBe('done');
  // A change of its type makes it another value.
  for (let at = 16; at < right.length; at++) if (at !== right.length - 7) {
    const wrong = Buffer.from(right);
    wrong[at] ^= 1;
    expect(parseHeader(wrong, LIMIT).state).toBe('invalid');
  }
  const first = binary(0x21, 0x11, IPV4, tlv(0x03, [0, 0, 0, 0]), tlv(0x02, 'a.example'));
  first.writeUInt32BE(crc32c(first), 16 + IPV4.length + 3);
  expect(parseHeader(first, LIMIT).state).toBe('done');
});

test('the last value of a type counts', () => {
  const { header } = parseHeader(binary(0x21, 0x11, IPV4, tlv(0x02, 'a'), tlv(0x02, 'b')), LIMIT);
  expect(header.authority).toBe('b');
});

describe.each([
  ['one address missing', 'PROXY TCP4 10.1.2.3 51000 443\r\n'],
  ['one field too many', 'PROXY TCP4 10.1.2.3 10.4.5.6 51000 443 1\r\n'],
  ['two spaces', 'PROXY TCP4  10.1.2.3 10.4.5.6 51000 443\r\n'],
  ['a space at the end', 'PROXY TCP4 10.1.2.3 10.4.5.6 51000 443 \r\n'],
  ['a port beyond 65535', 'PROXY TCP4 10.1.2.3 10.4.5.6 65536 443\r\n'],
  ['a port with a zero before it', 'PROXY TCP4 10.1.2.3 10.4.5.6 051000 443\r\n'],
  ['a port with a sign', 'PROXY TCP4 10.1.2.3 10.4.5.6 -1 443\r\n'],
  ['an address of the other family', 'PROXY TCP4 fd00::1 fd00::2 51000 443\r\n'],
  ['an address with a zone', 'PROXY TCP6 fe80::1%lo fe80::2 51000 443\r\n'],
  ['a name as the address', 'PROXY TCP4 localhost 10.4.5.6 51000 443\r\n'],
  ['a family that there is not', 'PROXY TCP5 10.1.2.3 10.4.5.6 51000 443\r\n'],
  ['the name of a property as the family', 'PROXY toString 10.1.2.3 10.4.5.6 51000 443\r\n'],
  ['no family', 'PROXY \r\n'],
  ['a line feed alone', 'PROXY TCP4 10.1.2.3 10.4.5.6 51000 443\n'],
  ['no end of the line', `PROXY UNKNOWN ${'1'.repeat(107)}`],
  ['an end after 107 bytes', `PROXY UNKNOWN ${'1'.repeat(92)}\r\n`],
  ['version 1 of the binary one', binary(0x11, 0x11, IPV4)],
  ['a command that there is not', binary(0x22, 0x11, IPV4)],
  ['a family that there is not, binary', binary(0x21, 0x41, IPV4)],
  ['a transport that there is not', binary(0x21, 0x13, IPV4)],
  ['a family without transport', binary(0x21, 0x10, IPV4)],
  ['a transport without family', binary(0x21, 0x01, IPV4)],
  ['fewer bytes than the addresses have', binary(0x21, 0x11, IPV4.subarray(1))],
  ['fewer bytes than the paths have', binary(0x21, 0x31, field('/a'), field('/b').subarray(1))],
  ['a path that is no UTF-8', binary(0x21, 0x31, Buffer.alloc(108, 0xff), field('/b'))],
  ['two checksums', binary(0x21, 0x11, IPV4, tlv(0x03, [0, 0, 0, 0]), tlv(0x03, [0, 0, 0, 0]))],
  ['a value without length', binary(0x21, 0x11, IPV4, [0x02, 0])],
  ['a value beyond the end', binary(0x21, 0x11, IPV4, tlv(0x02, 'a').subarray(0, 3))],
  ['a unique id that is too long', binary(0x21, 0x11, IPV4, tlv(0x05, Buffer.alloc(129)))],
  ['a checksum of three bytes', binary(0x21, 0x11, IPV4, tlv(0x03, [0, 0, 0]))],
  ['an SSL value that is too short', binary(0x21, 0x11, IPV4, tlv(0x20, [1, 0, 0, 0]))],
  ['an SSL value cut off', binary(0x21, 0x11, IPV4, tlv(0x20, SSL.subarray(3, -1)))],
])('malformed: %s', (title, text) => {
  test('it is refused with a reason, and after no byte before called absent', () => {
    const bytes = Buffer.from(text);
    const { state, reason } = parseHeader(bytes, LIMIT);
    expect({ state, reason: typeof reason }).toEqual({ state: 'invalid', reason: 'string' });
    for (let length = 0; length < bytes.length; length++) {
      expect(['more', 'invalid']).toContain(parseHeader(bytes.subarray(0, length), LIMIT).state);
    }
  });
});

test.each(['GET / HTTP/1.1\r\n', 'PROX', 'proxy TCP4', '\r\n\r\n', '\r\nx', '\0', '\x16\x03\x01\x02'])('%j', (text) => {
  const bytes = Buffer.from(text);
  const isBeginning = text === 'PROX' || text === '\r\n\r\n';
  expect(parseHeader(bytes, LIMIT)).toEqual(isBeginning
    ? { state: 'more', isHeader: false, needed: bytes.length + 1 }
    : { state: 'absent' });
});

test('a header above the limit is refused as soon as its length is known', () => {
  const header = binary(0x21, 0x11, IPV4, tlv(0xea, Buffer.alloc(500)));
  expect(parseHeader(header, header.length).state).toBe('done');
  expect(parseHeader(header, header.length - 1)).toEqual({ state: 'large' });
  expect(parseHeader(header.subarray(0, 16), header.length - 1)).toEqual({ state: 'large' });
  expect(parseHeader(header.subarray(0, 15), header.length - 1).state).toBe('more');
});
