'use strict';

// The bytes of what is written: strings in an encoding, several chunks as one.

/** Encodings of the addon's `writeString`. */
const UTF8 = 0;
const LATIN1 = 1;
const UTF16LE = 2;

/** The most bytes that a UTF-16 unit takes in each encoding, and the Buffer's methods that write them. */
const MAX_CHAR_BYTES = [3, 1, 2];
const WRITERS = ['utf8Write', 'latin1Write', 'ucs2Write'];

/** A longer string is encoded as UTF-8 in pieces of so many UTF-16 units, in memory that is used again. */
const PIECE = 64 * 1024 - 2;

/** The Buffer's methods that write strings, by the names of encodings; data in others is decoded first. */
const STRING_WRITERS = {
  'utf8': 'utf8Write', 'utf-8': 'utf8Write', 'latin1': 'latin1Write', 'binary': 'latin1Write', 'ascii': 'latin1Write',
};

/**
 * @param {string} string
 * @returns {string[]} its parts, none of which ends in the middle of a pair of surrogates
 */
function piecesOf(string) {
  const pieces = [];
  let from = 0;
  while (from < string.length) {
    const splitsPair = (string.charCodeAt(from + PIECE - 1) & 0xFC00) === 0xD800;
    const to = from + PIECE + (splitsPair ? 1 : 0);
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
 * Copies the chunks of a write together.
 *
 * @param {Buffer} memory with room for them
 * @param {number} start where in it
 * @param {Array} chunks Buffers, or chunk and encoding by turns
 * @param {number} step 1 or 2
 * @returns {number} how many bytes they are
 */
function pack(memory, start, chunks, step) {
  let at = start;
  for (let i = 0; i < chunks.length; i += step) {
    let chunk = chunks[i];
    // One that was detached is empty, and cannot be copied.
    if (chunk.length === 0) continue;
    if (typeof chunk === 'string') {
      const writer = STRING_WRITERS[chunks[i + 1]];
      if (writer !== undefined) {
        at += memory[writer](chunk, at, memory.length - at);
        continue;
      }
      chunk = Buffer.from(chunk, chunks[i + 1]);
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
    buffers.push(typeof chunk === 'string' ? Buffer.from(chunk, chunks[i + 1]) : chunk);
  }
  return buffers;
}

module.exports = {
  LATIN1, MAX_CHAR_BYTES, PIECE, UTF16LE, UTF8, WRITERS, mostBytes, pack, piecesOf, toBuffers,
};
