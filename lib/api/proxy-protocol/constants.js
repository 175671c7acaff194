'use strict';

// The numbers of the PROXY protocol (haproxy.org, proxy-protocol.txt).

module.exports = {
  /** What a header of version 1 begins with. */
  V1_SIGNATURE: Buffer.from('PROXY '),
  /** What a header of version 2 begins with. */
  V2_SIGNATURE: Buffer.from('\r\n\r\n\0\r\nQUIT\n'),
  /** The longest header of version 1, its CRLF included. */
  V1_MAX: 107,
  /** Bytes of version 2 before the addresses. */
  V2_FIXED: 16,
  COMMANDS: ['LOCAL', 'PROXY'],
  FAMILIES: ['UNSPEC', 'IPv4', 'IPv6', 'UNIX'],
  TRANSPORTS: ['UNSPEC', 'STREAM', 'DGRAM'],
  /** Types of TLVs. */
  TLV: {
    ALPN: 0x01,
    AUTHORITY: 0x02,
    CRC32C: 0x03,
    NOOP: 0x04,
    UNIQUE_ID: 0x05,
    SSL: 0x20,
    NETNS: 0x30,
  },
  /** Types of the TLVs within that of SSL, and what they are called here. */
  SSL_TEXTS: { version: 0x21, commonName: 0x22, cipher: 0x23, signatureAlgorithm: 0x24, keyAlgorithm: 0x25 },
  /** Bits of the first byte of an SSL TLV. */
  SSL_CLIENT: { TLS: 1, CERTIFICATE: 2, CERTIFICATE_OF_SESSION: 4 },
  /** The longest unique id. */
  UNIQUE_ID_MAX: 128,
};
