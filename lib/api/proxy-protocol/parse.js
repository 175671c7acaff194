'use strict';

// Parses the header of the PROXY protocol. Nothing here reads, writes or throws.

const { LENGTHS, PATH_LENGTH, addressAt, canonical, familyOf, pathAt } = require('./address');
const {
  COMMANDS, FAMILIES, TRANSPORTS, V1_MAX, V1_SIGNATURE, V2_FIXED, V2_SIGNATURE,
} = require('./constants');
const { parseTlvs } = require('./tlv');

const LF = 0x0a;
const CR = 0x0d;

/** A port as version 1 has it. */
const PORT = /^(?:0|[1-9]\d{0,4})$/;
const MAX_PORT = 65535;

/** The families of version 1, by their names there. */
const V1_FAMILIES = { TCP4: 'IPv4', TCP6: 'IPv6' };

/**
 * What the first bytes of a connection are.
 *
 * @typedef {object} Parsed
 * @property {'more'|'absent'|'invalid'|'large'|'done'} state more are needed; there is no header; a malformed one; one
 *   above the limit; a whole one
 * @property {boolean} [isHeader] of `more`: whether a signature is complete
 * @property {number} [needed] of `more`: bytes, those at hand included, before there can be another answer
 * @property {string} [reason] of `invalid`
 * @property {number} [length] of `done`: bytes of the header
 * @property {object} [header] of `done`: what `socket.proxy` has
 */

/**
 * @param {string} reason
 * @returns {Parsed}
 */
function invalid(reason) {
  return { state: 'invalid', reason };
}

/**
 * @param {Buffer} bytes
 * @param {Buffer} signature
 * @returns {boolean} whether the bytes begin with the signature, or are its beginning
 */
function mayBegin(bytes, signature) {
  const length = Math.min(bytes.length, signature.length);
  return length > 0 && bytes.compare(signature, 0, length, 0, length) === 0;
}

/**
 * @param {string} address
 * @param {string} port
 * @param {string} family
 * @returns {{address: string, port: number, family: string}|undefined} undefined if it is none
 */
function endOf(address, port, family) {
  if (familyOf(address) !== family || !PORT.test(port) || Number(port) > MAX_PORT) return undefined;
  return { address: canonical(address), port: Number(port), family };
}

/**
 * @param {string} line of version 1, without CRLF
 * @returns {object|undefined} the header; undefined if the line is malformed
 */
function parseLine(line) {
  const [, protocol, ...fields] = line.split(' ');
  const header = {
    version: 1, command: 'PROXY', family: 'UNSPEC', transport: 'UNSPEC', source: undefined, destination: undefined,
    tlvs: new Map(),
  };
  // The rest of such a line has no meaning.
  if (protocol === 'UNKNOWN') return header;
  if (!Object.hasOwn(V1_FAMILIES, protocol) || fields.length !== 4) return undefined;
  const family = V1_FAMILIES[protocol];
  const source = endOf(fields[0], fields[2], family);
  const destination = endOf(fields[1], fields[3], family);
  return source && destination && { ...header, family, transport: 'STREAM', source, destination };
}

/**
 * @param {Buffer} bytes that begin with the signature of version 1
 * @param {number} limit bytes
 * @returns {Parsed}
 */
function parseV1(bytes, limit) {
  const max = Math.min(V1_MAX, limit);
  const end = bytes.subarray(0, max).indexOf(LF);
  if (end === -1) {
    if (bytes.length < max) return { state: 'more', isHeader: true, needed: bytes.length + 1 };
    return max < V1_MAX ? { state: 'large' } : invalid('its line has no end');
  }
  if (bytes[end - 1] !== CR) return invalid('its line does not end with CRLF');
  const header = parseLine(bytes.latin1Slice(0, end - 1));
  return header ? { state: 'done', length: end + 1, header } : invalid('its line is malformed');
}

/**
 * @param {Buffer} bytes
 * @param {string} family
 * @returns {{length: number, source: *, destination: *}} the addresses of version 2, and
 *   how many bytes they take
 */
function addressesOf(bytes, family) {
  if (family === 'UNSPEC') return { length: 0, source: undefined, destination: undefined };
  if (family === 'UNIX') {
    const ends = bytes.length < V2_FIXED + 2 * PATH_LENGTH ? [] : [0, PATH_LENGTH].map((offset) => {
      return { path: pathAt(bytes, V2_FIXED + offset), family };
    });
    return { length: 2 * PATH_LENGTH, source: ends[0], destination: ends[1] };
  }
  const size = LENGTHS[family];
  const length = 2 * size + 4;
  if (bytes.length < V2_FIXED + length) return { length, source: undefined, destination: undefined };
  const [source, destination] = [0, 1].map((index) => ({
    address: addressAt(bytes, V2_FIXED + index * size, family),
    port: bytes.readUInt16BE(V2_FIXED + 2 * size + 2 * index),
    family,
  }));
  return { length, source, destination };
}

/**
 * @param {Buffer} bytes of a whole header of version 2
 * @returns {Parsed}
 */
function parseBinary(bytes) {
  const { length } = bytes;
  const command = COMMANDS[bytes[12] & 0xf];
  if (command === 'LOCAL') {
    // The receiver is to ignore all that follows.
    return { state: 'done', length, header: {
      version: 2, command, family: 'UNSPEC', transport: 'UNSPEC', source: undefined, destination: undefined,
      tlvs: new Map(),
    } };
  }
  const family = FAMILIES[bytes[13] >> 4];
  const transport = TRANSPORTS[bytes[13] & 0xf];
  if (family === undefined || transport === undefined || (family === 'UNSPEC') !== (transport === 'UNSPEC')) {
    return invalid('its family is unknown');
  }
  const { length: taken, source, destination } = addressesOf(bytes, family);
  if (length < V2_FIXED + taken) return invalid('it is shorter than its addresses');
  if (family === 'UNIX' && [source, destination].some(({ path }) => path === undefined)) {
    return invalid('a path is no UTF-8');
  }
  const { reason, tlvs, named } = parseTlvs(bytes, V2_FIXED + taken);
  if (reason !== undefined) return invalid(reason);
  return { state: 'done', length, header: {
    version: 2, command, family, transport, source, destination, tlvs, ...named,
  } };
}

/**
 * @param {Buffer} bytes that begin with the signature of version 2
 * @param {number} limit bytes
 * @returns {Parsed}
 */
function parseV2(bytes, limit) {
  if (bytes.length > 12) {
    if (bytes[12] >> 4 !== 2) return invalid('its version is unknown');
    if (COMMANDS[bytes[12] & 0xf] === undefined) return invalid('its command is unknown');
  }
  if (bytes.length < V2_FIXED) return { state: 'more', isHeader: true, needed: V2_FIXED };
  const length = V2_FIXED + bytes.readUInt16BE(14);
  if (length > limit) return { state: 'large' };
  if (bytes.length < length) return { state: 'more', isHeader: true, needed: length };
  return parseBinary(bytes.subarray(0, length));
}

/**
 * Each signature, and what parses a header that begins with it.
 * @type {Array<[signature: Buffer, parse: (bytes: Buffer, limit: number) => Parsed]>}
 */
const SIGNATURES = [[V2_SIGNATURE, parseV2], [V1_SIGNATURE, parseV1]];

/**
 * @param {Buffer} bytes the first of a connection
 * @param {number} limit bytes that a header may have
 * @returns {Parsed}
 */
function parseHeader(bytes, limit) {
  for (const [signature, parse] of SIGNATURES) {
    if (!mayBegin(bytes, signature)) continue;
    if (bytes.length >= signature.length) return parse(bytes, limit);
    return { state: 'more', isHeader: false, needed: bytes.length + 1 };
  }
  return bytes.length === 0 ? { state: 'more', isHeader: false, needed: 1 } : { state: 'absent' };
}

module.exports = { parseHeader };
