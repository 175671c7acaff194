'use strict';

// The values behind the addresses of a PROXY header of version 2: each a type, a length and bytes (TLV).

const { SSL_CLIENT, SSL_TEXTS, TLV, UNIQUE_ID_MAX } = require('./constants');
const { crc32c } = require('./crc32c');

/** Bytes of a type and a length. */
const HEAD = 3;

/** Bytes of an SSL TLV before the TLVs in it: `client` and `verify`. */
const SSL_HEAD = 5;

/**
 * @param {Buffer} bytes
 * @param {number} from
 * @param {number} to
 * @returns {Array<{type: number, start: number, end: number}>|undefined} where the values stand; undefined if one has
 *   no room for its length, or goes beyond the end
 */
function scan(bytes, from, to) {
  const found = [];
  for (let at = from; at < to;) {
    if (to - at < HEAD) return undefined;
    const start = at + HEAD;
    const end = start + bytes.readUInt16BE(at + 1);
    if (end > to) return undefined;
    found.push({ type: bytes[at], start, end });
    at = end;
  }
  return found;
}

/**
 * @param {Buffer} value of an SSL TLV
 * @returns {object|undefined} what it tells; undefined if it is malformed
 */
function parseSsl(value) {
  const inner = value.length < SSL_HEAD ? undefined : scan(value, SSL_HEAD, value.length);
  if (inner === undefined) return undefined;
  const [client] = value;
  const ssl = {
    tls: Boolean(client & SSL_CLIENT.TLS),
    certificate: Boolean(client & SSL_CLIENT.CERTIFICATE),
    certificateOfSession: Boolean(client & SSL_CLIENT.CERTIFICATE_OF_SESSION),
    verified: value.readUInt32BE(1) === 0,
  };
  for (const [name, type] of Object.entries(SSL_TEXTS)) {
    const entry = inner.find((tlv) => tlv.type === type);
    if (entry) ssl[name] = value.toString('utf8', entry.start, entry.end);
  }
  return ssl;
}

/** Encodings of the texts among them. */
const ENCODINGS = { alpn: 'latin1', authority: 'utf8', netns: 'latin1' };

/**
 * @param {string} name of a text
 * @param {Buffer} value
 */
function textOf(name, value) {
  return value.toString(ENCODINGS[name]);
}

/**
 * @param {Map<number, Buffer>} tlvs
 * @returns {object|undefined} those with a known meaning, by name; undefined if one is malformed
 */
function nameTlvs(tlvs) {
  const named = {};
  const alpn = tlvs.get(TLV.ALPN);
  const authority = tlvs.get(TLV.AUTHORITY);
  const uniqueId = tlvs.get(TLV.UNIQUE_ID);
  const netns = tlvs.get(TLV.NETNS);
  if (alpn) named.alpn = textOf('alpn', alpn);
  if (authority) named.authority = textOf('authority', authority);
  if (uniqueId && uniqueId.length > UNIQUE_ID_MAX) return undefined;
  if (uniqueId) named.uniqueId = uniqueId;
  if (netns) named.netns = textOf('netns', netns);
  const ssl = tlvs.get(TLV.SSL);
  if (ssl !== undefined) {
    named.ssl = parseSsl(ssl);
    if (named.ssl === undefined) return undefined;
  }
  return named;
}

/**
 * @param {Buffer} header the whole
 * @param {number} from where the values begin
 * @returns {{reason?: string, tlvs?: Map<number, Buffer>, named?: object}} what is wrong, or the values: copies, the
 *   last one of each type, without padding
 */
function parseTlvs(header, from) {
  const found = scan(header, from, header.length);
  if (found === undefined) return { reason: 'a value is longer than the header' };
  const tlvs = new Map();
  for (const { type, start, end } of found) {
    if (type === TLV.NOOP) continue;
    // Each one takes a look at the whole header.
    if (type === TLV.CRC32C && tlvs.has(type)) return { reason: 'the checksum is repeated' };
    if (type === TLV.CRC32C && (end - start !== 4 || header.readUInt32BE(start) !== crc32c(header, start))) {
      return { reason: 'the checksum is wrong' };
    }
    tlvs.set(type, Buffer.from(header.subarray(start, end)));
  }
  const named = nameTlvs(tlvs);
  return named === undefined ? { reason: 'a value is malformed' } : { tlvs, named };
}

/**
 * @param {number} type
 * @param {Uint8Array} value
 * @returns {Buffer} the TLV
 */
function tlvBytes(type, value) {
  const head = Buffer.alloc(HEAD);
  head[0] = type;
  head.writeUInt16BE(value.length, 1);
  return Buffer.concat([head, value]);
}

module.exports = { parseTlvs, textOf, tlvBytes };
