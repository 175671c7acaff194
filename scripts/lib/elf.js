'use strict';

// Reads what a shared library of Linux needs and offers: elf(5), and the symbol versions of the Linux Standard Base.

const fs = require('node:fs');

const MACHINES = { 0x3E: 'x64', 0xB7: 'arm64' };
const SEGMENT = { load: 1, dynamic: 2 };
const SECTION_DYNSYM = 11;
const TAG = { needed: 1, strtab: 5, flags1: 0x6FFFFFFBn, verneed: 0x6FFFFFFEn, verneednum: 0x6FFFFFFFn };
/** `DF_1_NODELETE`: dlclose(3) keeps the library mapped. */
const NODELETE = 8n;
const SYMBOL_SIZE = 24;
const BINDING_GLOBAL = 1;

/**
 * What a shared library of Linux is.
 * @typedef {object} Elf
 * @property {string} arch as `process.arch`, or the number of another machine
 * @property {string[]} needed names of the libraries that the loader looks for
 * @property {string[]} versions of symbols that they must have: `GLIBC_2.28`
 * @property {string[]} exports names of the symbols that it defines
 * @property {string[]} imports names of the symbols without which no loader takes it: weak ones are not among them
 * @property {boolean} nodelete whether it stays mapped once loaded
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
 * @param {number} at place in the header of a field of 8 bytes
 * @returns {number}
 */
function long(data, at) {
  return Number(data.readBigUInt64LE(at));
}

/**
 * @param {Buffer} data of the file
 * @returns {{type: number, offset: number, address: number, size: number}[]} parts of the file that are mapped
 */
function segments(data) {
  const [start, size, count] = [long(data, 32), data.readUInt16LE(54), data.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return {
      type: data.readUInt32LE(at), offset: long(data, at + 8), address: long(data, at + 16), size: long(data, at + 32),
    };
  });
}

/**
 * @param {Buffer} data of the file
 * @param {(at: number) => string} string a name of the dynamic symbols
 * @returns {{exports: string[], imports: string[]}} the defined ones, and those that others must define
 */
function symbols(data, string) {
  const [start, size, count] = [long(data, 40), data.readUInt16LE(58), data.readUInt16LE(60)];
  const found = { exports: [], imports: [] };
  for (let index = 0; index < count; index++) {
    const header = start + index * size;
    if (data.readUInt32LE(header + 4) !== SECTION_DYNSYM) continue;
    const [offset, length] = [long(data, header + 24), long(data, header + 32)];
    for (let at = offset; at < offset + length; at += SYMBOL_SIZE) {
      const text = string(data.readUInt32LE(at));
      if (data.readUInt16LE(at + 6) !== 0) found.exports.push(text);
      else if (data[at + 4] >>> 4 === BINDING_GLOBAL) found.imports.push(text);
    }
  }
  return found;
}

/**
 * @param {Buffer} data of the file
 * @param {number} start where the first library's versions lie
 * @param {number} count of libraries
 * @param {(at: number) => string} string a name
 * @returns {string[]} the versions
 */
function neededVersions(data, start, count, string) {
  const versions = [];
  for (let library = start, left = count; left > 0; left -= 1, library += data.readUInt32LE(library + 12)) {
    let entry = library + data.readUInt32LE(library + 8);
    for (let more = data.readUInt16LE(library + 2); more > 0; more -= 1, entry += data.readUInt32LE(entry + 12)) {
      versions.push(string(data.readUInt32LE(entry + 8)));
    }
  }
  return versions;
}

/**
 * Reads a shared library.
 * @param {string} file its path
 * @returns {Elf | null} null: it is not one of a 64-bit Linux
 */
function readElf(file) {
  const data = fs.readFileSync(file);
  // 64 bits, little-endian; 3 is a shared object.
  const isElf = data.length > 64 && data.readUInt32BE(0) === 0x7F454C46 && data.readUInt16LE(4) === 0x0102;
  if (!isElf || data.readUInt16LE(16) !== 3) return null;
  const mapped = segments(data);
  const place = (address) => {
    const found = mapped.find((part) => part.type === SEGMENT.load && address >= part.address &&
      address < part.address + part.size);
    return address - found.address + found.offset;
  };
  const dynamic = mapped.find((part) => part.type === SEGMENT.dynamic);
  const entries = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    entries.push([data.readBigUInt64LE(at), data.readBigUInt64LE(at + 8)]);
  }
  const all = (tag) => entries.filter(([kind]) => kind === BigInt(tag)).map(([, value]) => value);
  const names = place(Number(all(TAG.strtab)[0]));
  const string = (at) => name(data, names + at);
  const [versions] = all(TAG.verneed);
  return {
    arch: MACHINES[data.readUInt16LE(18)] ?? String(data.readUInt16LE(18)),
    needed: all(TAG.needed).map((at) => string(Number(at))),
    versions: versions === undefined ?
        [] :
        neededVersions(data, place(Number(versions)), Number(all(TAG.verneednum)[0]), string),
    ...symbols(data, string),
    nodelete: ((all(TAG.flags1)[0] ?? 0n) & NODELETE) !== 0n,
  };
}

/**
 * Says against which C library a shared library is linked.
 * @param {Elf} elf
 * @returns {'gnu' | 'musl' | null} null: against none
 */
function libcOf({ needed }) {
  if (needed.includes('libc.so.6')) return 'gnu';
  return needed.some((library) => /^libc\.(so|musl-.*\.so\.1)$/.test(library)) ? 'musl' : null;
}

module.exports = { readElf, libcOf };
