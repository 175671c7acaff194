'use strict';

// IP addresses and paths as the bytes of a PROXY header, and back.

const { isUtf8 } = require('buffer');
const { builtin } = require('../../node/builtin');

const { isIPv4, isIPv6 } = builtin;

/** Bytes of an address, by its family. */
const LENGTHS = { IPv4: 4, IPv6: 16 };

/** Bytes of a path: `sun_path` of unix(7). */
const PATH_LENGTH = 108;

/** The 16-bit words of an IPv6 address. */
const IPV6_WORDS = 8;

/** Where the words of an IPv6 address hold an IPv4 address: this one before it, all others 0. */
const MAPPED = 0xffff;

/**
 * @param {*} text
 * @returns {'IPv4'|'IPv6'|undefined} the family of a numeric address without a zone
 */
function familyOf(text) {
  if (isIPv4(text)) return 'IPv4';
  return isIPv6(text) && !String(text).includes('%') ? 'IPv6' : undefined;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} offset
 */
function formatIPv4(bytes, offset) {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/**
 * @param {number[]} words
 * @returns {{start: number, end: number}} the first of the longest runs of at least two zeros; empty without one
 */
function longestZeros(words) {
  let best = { start: 0, end: 0 };
  let start = 0;
  for (let i = 0; i <= IPV6_WORDS; i++) {
    if (words[i] === 0) continue;
    if (i - start > best.end - best.start) best = { start, end: i };
    start = i + 1;
  }
  return best.end - best.start > 1 ? best : { start: 0, end: 0 };
}

/**
 * Writes an address as inet_ntop(3) does, which is how Node writes those of its sockets.
 *
 * @param {Buffer} bytes
 * @param {number} offset
 */
function formatIPv6(bytes, offset) {
  const words = Array.from({ length: IPV6_WORDS }, (_, i) => bytes.readUInt16BE(offset + 2 * i));
  const { start, end } = longestZeros(words);
  if (start === 0 && (end === 6 || (end === 5 && words[5] === MAPPED))) {
    return `::${end === 5 ? 'ffff:' : ''}${formatIPv4(bytes, offset + 12)}`;
  }
  const join = (from, to) => words.slice(from, to).map((word) => word.toString(16)).join(':');
  return end === 0 ? join(0, IPV6_WORDS) : `${join(0, start)}::${join(end, IPV6_WORDS)}`;
}

/**
 * @param {string} text a valid address or a part of one
 * @returns {number[]} its 16-bit words
 */
function wordsOf(text) {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a, b, c, d] = part.split('.').map(Number);
    return [a << 8 | b, c << 8 | d];
  });
}

/**
 * @param {string} text a valid address
 * @returns {number[]} its eight words
 */
function parseIPv6(text) {
  const [head, tail] = text.split('::');
  const first = wordsOf(head);
  if (tail === undefined) return first;
  const last = wordsOf(tail);
  return [...first, ...new Array(IPV6_WORDS - first.length - last.length).fill(0), ...last];
}

/**
 * @param {string} text a valid address
 * @param {string} family that it is to have; an IPv4 address can be had as an IPv6 one
 * @returns {Buffer} its bytes
 */
function addressBytes(text, family) {
  const bytes = Buffer.alloc(LENGTHS[family]);
  if (family === 'IPv4') {
    text.split('.').forEach((part, i) => { bytes[i] = Number(part); });
  } else {
    parseIPv6(familyOf(text) === 'IPv4' ? `::ffff:${text}` : text)
      .forEach((word, i) => bytes.writeUInt16BE(word, 2 * i));
  }
  return bytes;
}

/**
 * @param {Buffer} bytes
 * @param {number} offset
 * @param {string} family
 * @returns {string} the address that stands there
 */
function addressAt(bytes, offset, family) {
  return family === 'IPv4' ? formatIPv4(bytes, offset) : formatIPv6(bytes, offset);
}

/**
 * @param {string} text a valid address
 * @returns {string} as Node writes those of its sockets
 */
function canonical(text) {
  return familyOf(text) === 'IPv6' ? formatIPv6(addressBytes(text, 'IPv6'), 0) : text;
}

/**
 * @param {Buffer} bytes
 * @param {number} offset
 * @returns {string|undefined} the path that stands there; an abstract name starts with '\0'. undefined: it is no UTF-8,
 *   so that no text stands for it
 */
function pathAt(bytes, offset) {
  const field = bytes.subarray(offset, offset + PATH_LENGTH);
  let end = field.indexOf(0);
  if (end === -1) end = PATH_LENGTH;
  if (end === 0) {
    end = PATH_LENGTH;
    while (end > 0 && field[end - 1] === 0) end--;
  }
  const path = field.subarray(0, end);
  return isUtf8(path) ? path.toString() : undefined;
}

/**
 * @param {string} path
 * @returns {Buffer} its field
 */
function pathBytes(path) {
  const field = Buffer.alloc(PATH_LENGTH);
  field.write(path);
  return field;
}

module.exports = { LENGTHS, PATH_LENGTH, addressAt, addressBytes, canonical, familyOf, pathAt, pathBytes };
