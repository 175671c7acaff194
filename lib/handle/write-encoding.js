'use strict';

// Turns what is written into bytes: strings in an encoding, and several chunks as one.

const { encodings, sizes } = require('../addon/constants');
const { probe } = require('../node/capabilities');

const { UTF8, LATIN1, UTF16LE } = encodings;

/** By encoding: the most bytes of a UTF-16 unit, Node's name, and the Buffer's method. */
const MAX_CHAR_BYTES = Object.assign([], { [UTF8]: 3, [LATIN1]: 1, [UTF16LE]: 2 });
/** @type {BufferEncoding[]} */
const NAMES = Object.assign([], { [UTF8]: 'utf8', [LATIN1]: 'latin1', [UTF16LE]: 'utf16le' });
/** @type {Array<'utf8Write'|'latin1Write'|'ucs2Write'>} */
const METHODS = Object.assign([], { [UTF8]: 'utf8Write', [LATIN1]: 'latin1Write', [UTF16LE]: 'ucs2Write' });

/** The addon encodes longer strings as UTF-8 in pieces of so many UTF-16 units. */
const { STRING_PIECE } = sizes;

/** Encodings that `pack` writes in place, by Node's names. Strings in others are made into Buffers first. */
const IN_PLACE = { 'utf8': UTF8, 'utf-8': UTF8, 'latin1': LATIN1, 'binary': LATIN1, 'ascii': LATIN1 };

/** All names of those encodings. */
const NAMED = { ...IN_PLACE, 'ucs2': UTF16LE, 'ucs-2': UTF16LE, 'utf16le': UTF16LE, 'utf-16le': UTF16LE };

/** Whether Buffers have those methods. Node does not document them. */
const hasMethods = probe('stringWriters', () => METHODS.every((method, encoding) => {
  const sample = Buffer.alloc(4);
  const length = sample[method]('\xe9', 1, 3);
  return sample.toString(NAMES[encoding], 1, 1 + length) === '\xe9';
}));

/** Made on first use: Node 20 loads the class when the global is read. */
let encoder;

/**
 * @param {Buffer} memory
 * @param {string} string
 * @param {number} start where to write it
 * @param {number} length of the room there, which is large enough
 * @param {number} encoding UTF8, LATIN1 or UTF16LE
 * @returns {number} bytes written
 */
function writeByMethod(memory, string, start, length, encoding) {
  return memory[METHODS[encoding]](string, start, length);
}

/**
 * As `writeByMethod`, where Buffers do not have the methods.
 * @param {Buffer} memory
 * @param {string} string
 * @param {number} start
 * @param {number} length
 * @param {number} encoding
 * @returns {number} bytes written
 */
function writeByUnits(memory, string, start, length, encoding) {
  if (encoding === UTF8) {
    encoder ??= new TextEncoder();
    return encoder.encodeInto(string, memory.subarray(start, start + length)).written;
  }
  let at = start;
  for (let i = 0; i < string.length; i++) {
    const unit = string.charCodeAt(i);
    memory[at++] = unit;
    if (encoding === UTF16LE) memory[at++] = unit >>> 8;
  }
  return at - start;
}

const writeInto = hasMethods ? writeByMethod : writeByUnits;

/**
 * @param {string} string
 * @param {BufferEncoding} name
 */
function toBuffer(string, name) {
  const encoding = NAMED[name];
  // `Buffer.from` calls the methods for some strings.
  if (hasMethods || encoding === undefined) return Buffer.from(string, name);
  const memory = Buffer.allocUnsafeSlow(string.length * MAX_CHAR_BYTES[encoding]);
  return memory.subarray(0, writeInto(memory, string, 0, memory.length, encoding));
}

/**
 * @param {string} string
 * @returns {string[]} pieces that split no surrogate pair
 */
function piecesOf(string) {
  const pieces = [];
  let from = 0;
  while (from < string.length) {
    const splitsPair = (string.charCodeAt(from + STRING_PIECE - 1) & 0xFC00) === 0xD800;
    const to = from + STRING_PIECE + (splitsPair ? 1 : 0);
    pieces.push(string.slice(from, to));
    from = to;
  }
  return pieces;
}

/**
 * @param {Array} chunks Buffers, or chunk and encoding by turns
 * @param {number} step 1 or 2
 * @returns {number} bytes of all of them, at most
 */
function mostBytes(chunks, step) {
  let bytes = 0;
  for (let i = 0; i < chunks.length; i += step) {
    const chunk = chunks[i];
    bytes += typeof chunk === 'string' ? chunk.length * MAX_CHAR_BYTES[UTF8] : chunk.length;
  }
  return bytes;
}

/**
 * Copies chunks behind each other.
 * @param {Buffer} memory with room for them
 * @param {number} start where to copy them to
 * @param {Array} chunks Buffers, or chunk and encoding by turns
 * @param {number} step 1 or 2
 * @returns {number} their bytes
 */
function pack(memory, start, chunks, step) {
  let at = start;
  for (let i = 0; i < chunks.length; i += step) {
    let chunk = chunks[i];
    // A detached Buffer is empty, and `set` would throw.
    if (chunk.length === 0) continue;
    if (typeof chunk === 'string') {
      const encoding = IN_PLACE[chunks[i + 1]];
      if (encoding !== undefined) {
        at += writeInto(memory, chunk, at, memory.length - at, encoding);
        continue;
      }
      chunk = toBuffer(chunk, chunks[i + 1]);
    }
    memory.set(chunk, at);
    at += chunk.length;
  }
  return at - start;
}

/**
 * @param {Array} chunks chunk and encoding by turns
 * @returns {Buffer[]}
 */
function toBuffers(chunks) {
  const buffers = [];
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    buffers.push(typeof chunk === 'string' ? toBuffer(chunk, chunks[i + 1]) : chunk);
  }
  return buffers;
}

module.exports = {
  LATIN1, MAX_CHAR_BYTES, NAMES, STRING_PIECE, UTF16LE, UTF8, mostBytes, pack, piecesOf, toBuffer, toBuffers,
  writeInto,
};
