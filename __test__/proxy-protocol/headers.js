'use strict';

// Headers of the PROXY protocol that the specs send, made by hand from the text of its specification.

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/**
 * A header of version 2.
 *
 * @param {number} command the byte with version and command
 * @param {number} family the byte with family and transport
 * @param {...(Buffer|number[])} parts what follows the length
 * @returns {Buffer}
 */
function binary(command, family, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = Buffer.from([body.length >> 8, body.length & 0xff]);
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, body]);
}

/**
 * @param {number} type
 * @param {Buffer|string|number[]} value
 * @returns {Buffer} a TLV
 */
function tlv(type, value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** 10.1.2.3:51000 to 10.4.5.6:443. */
const IPV4 = Buffer.from([10, 1, 2, 3, 10, 4, 5, 6, 51000 >> 8, 51000 & 0xff, 443 >> 8, 443 & 0xff]);

/** [fd00::1]:51000 to [fd00::2:0:0:3]:443. */
const IPV6 = Buffer.from('fd000000000000000000000000000001fd000000000000000002000000000003c73801bb', 'hex');

/**
 * @param {string} path
 * @returns {Buffer} its field of 108 bytes
 */
function field(path) {
  return Buffer.concat([Buffer.from(path), Buffer.alloc(108)]).subarray(0, 108);
}

/** The ends that IPV4 and IPV6 say. */
const ends = {
  IPv4: {
    source: { address: '10.1.2.3', port: 51000, family: 'IPv4' },
    destination: { address: '10.4.5.6', port: 443, family: 'IPv4' },
  },
  IPv6: {
    source: { address: 'fd00::1', port: 51000, family: 'IPv6' },
    destination: { address: 'fd00::2:0:0:3', port: 443, family: 'IPv6' },
  },
  UNIX: {
    source: { path: '/run/client', family: 'UNIX' },
    destination: { path: '\0abstract', family: 'UNIX' },
  },
  UNSPEC: { source: undefined, destination: undefined },
};

/** An SSL TLV of a client with TLS and a verified certificate. */
const SSL = tlv(0x20, Buffer.concat([
  Buffer.from([7, 0, 0, 0, 0]), tlv(0x21, 'TLSv1.3'), tlv(0x22, 'client.example'), tlv(0x23, 'TLS_AES_128_GCM_SHA256'),
]));

/** Whole headers: `[title, bytes, what the parser finds]`. */
const headers = [
  ['version 1, TCP4', Buffer.from('PROXY TCP4 10.1.2.3 10.4.5.6 51000 443\r\n'),
    { version: 1, command: 'PROXY', family: 'IPv4', transport: 'STREAM', ...ends.IPv4 }],
  ['version 1, TCP6', Buffer.from('PROXY TCP6 fd00::1 FD00:0:0:0:2::3 51000 443\r\n'),
    { version: 1, command: 'PROXY', family: 'IPv6', transport: 'STREAM', ...ends.IPv6 }],
  ['version 1, the longest addresses', Buffer.from(
    `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`), {
    version: 1, command: 'PROXY', family: 'IPv6', transport: 'STREAM',
    source: { address: `${'ffff:'.repeat(7)}ffff`, port: 65535, family: 'IPv6' },
    destination: { address: `${'ffff:'.repeat(7)}ffff`, port: 65535, family: 'IPv6' },
  }],
  ['version 1, UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'),
    { version: 1, command: 'PROXY', family: 'UNSPEC', transport: 'UNSPEC', ...ends.UNSPEC }],
  ['version 1, UNKNOWN with addresses', Buffer.from(
    `PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`),
  { version: 1, command: 'PROXY', family: 'UNSPEC', transport: 'UNSPEC', ...ends.UNSPEC }],
  ['version 2, IPv4', binary(0x21, 0x11, IPV4),
    { version: 2, command: 'PROXY', family: 'IPv4', transport: 'STREAM', ...ends.IPv4 }],
  ['version 2, UDP over IPv6', binary(0x21, 0x22, IPV6),
    { version: 2, command: 'PROXY', family: 'IPv6', transport: 'DGRAM', ...ends.IPv6 }],
  ['version 2, UNIX', binary(0x21, 0x31, field('/run/client'), field('\0abstract')),
    { version: 2, command: 'PROXY', family: 'UNIX', transport: 'STREAM', ...ends.UNIX }],
  ['version 2, UNSPEC', binary(0x21, 0x00),
    { version: 2, command: 'PROXY', family: 'UNSPEC', transport: 'UNSPEC', ...ends.UNSPEC }],
  ['version 2, LOCAL', binary(0x20, 0x00),
    { version: 2, command: 'LOCAL', family: 'UNSPEC', transport: 'UNSPEC', ...ends.UNSPEC }],
  ['version 2, LOCAL with what has no meaning', binary(0x20, 0xff, Buffer.alloc(5, 0xff)),
    { version: 2, command: 'LOCAL', family: 'UNSPEC', transport: 'UNSPEC', ...ends.UNSPEC }],
  ['version 2, with values', binary(0x21, 0x21, IPV6,
    tlv(0x01, 'h2'), tlv(0x02, 'a.example'), tlv(0x04, 'padding'), tlv(0x05, 'id-1'), SSL, tlv(0x30, 'ns'),
    tlv(0xea, [1])), {
    version: 2, command: 'PROXY', family: 'IPv6', transport: 'STREAM', ...ends.IPv6,
    alpn: 'h2', authority: 'a.example', uniqueId: Buffer.from('id-1'), netns: 'ns',
    ssl: {
      tls: true, certificate: true, certificateOfSession: true, verified: true, version: 'TLSv1.3',
      commonName: 'client.example', cipher: 'TLS_AES_128_GCM_SHA256',
    },
    tlvs: new Map([
      [0x01, Buffer.from('h2')], [0x02, Buffer.from('a.example')], [0x05, Buffer.from('id-1')],
      [0x20, SSL.subarray(3)], [0x30, Buffer.from('ns')], [0xea, Buffer.from([1])],
    ]),
  }],
].map(([title, bytes, found]) => [title, bytes, { tlvs: new Map(), ...found }]);

module.exports = { IPV4, IPV6, SSL, binary, ends, field, headers, tlv };
