'use strict';

// Reads what a library of macOS needs and offers: <mach-o/loader.h> of its SDK.

const fs = require('node:fs');

const PROCESSORS = { 0x01000007: 'x64', 0x0100000C: 'arm64' };
const COMMAND = {
  symbols: 0x02, library: 0x0C, weakLibrary: 0x80000018, signature: 0x1D, minimum: 0x24, build: 0x32,
};
const HEADER_SIZE = 32;
const SYMBOL_SIZE = 16;

/**
 * What a library of macOS is.
 * @typedef {object} MachO
 * @property {string} arch as `process.arch`, or the number of another processor
 * @property {string[]} needed paths of the libraries that the loader looks for
 * @property {string} minimum the oldest macOS that it runs on: `11.0`
 * @property {string[]} exports names of the symbols that it defines for others
 * @property {boolean} signed whether it has a signature, without which no arm64 loads it
 */

/**
 * @param {Buffer} data of the file
 * @param {number} at where a name begins
 * @returns {string} the name, which ends at a zero byte
 */
function name(data, at) {
  return data.toString('latin1', at, data.indexOf(0, at));
}

/**
 * @param {Buffer} data of the file
 * @param {number} at where `struct symtab_command` begins
 * @returns {string[]} the symbols that are defined, and seen from outside
 */
function definedSymbols(data, at) {
  const [start, count, names] = [8, 12, 16].map((field) => data.readUInt32LE(at + field));
  const found = [];
  for (let symbol = start; symbol < start + count * SYMBOL_SIZE; symbol += SYMBOL_SIZE) {
    const kind = data[symbol + 4];
    // N_EXT, not N_PEXT, and defined in a section (N_SECT).
    if ((kind & 0x1F) === 0x0F) found.push(name(data, names + data.readUInt32LE(symbol)).replace(/^_/, ''));
  }
  return found;
}

/**
 * @param {number} version 16 bits of the major number, 8 of the minor one, 8 more
 * @returns {string}
 */
function versionText(version) {
  return `${version >>> 16}.${(version >>> 8) & 0xFF}`;
}

/**
 * Reads a library.
 * @param {string} file its path
 * @returns {MachO | null} null: it is not one of a 64-bit macOS
 */
function readMachO(file) {
  const data = fs.readFileSync(file);
  // MH_DYLIB is 6, MH_BUNDLE 8.
  const isLibrary = data.length > HEADER_SIZE && data.readUInt32LE(0) === 0xFEEDFACF &&
    [6, 8].includes(data.readUInt32LE(12));
  if (!isLibrary) return null;
  const processor = data.readUInt32LE(4);
  const found = {
    arch: PROCESSORS[processor] ?? String(processor), needed: [], minimum: '', exports: [], signed: false,
  };
  let at = HEADER_SIZE;
  for (let left = data.readUInt32LE(16); left > 0; left -= 1) {
    const command = data.readUInt32LE(at);
    if (command === COMMAND.library || command === COMMAND.weakLibrary) {
      found.needed.push(name(data, at + data.readUInt32LE(at + 8)));
    }
    if (command === COMMAND.minimum) found.minimum = versionText(data.readUInt32LE(at + 8));
    if (command === COMMAND.build) found.minimum = versionText(data.readUInt32LE(at + 12));
    if (command === COMMAND.symbols) found.exports = definedSymbols(data, at);
    if (command === COMMAND.signature) found.signed = true;
    at += data.readUInt32LE(at + 4);
  }
  return found;
}

module.exports = { readMachO };
