'use strict';

// CRC-32C (RFC 3720, appendix B.4), by which a PROXY header of version 2 is checked.

/** The polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** The remainder of each byte; made with the first checksum. */
let table;

/** @returns {Uint32Array} as `table` */
function makeTable() {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >>> 1 ^ POLYNOMIAL : rest >>> 1;
    return rest;
  });
}

/**
 * @param {Uint8Array} bytes
 * @param {number} [hole] offset of four bytes that count as zeros
 */
function crc32c(bytes, hole = -4) {
  table ??= makeTable();
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i >= hole && i < hole + 4 ? 0 : bytes[i];
    sum = table[(sum ^ byte) & 0xff] ^ sum >>> 8;
  }
  return ~sum >>> 0;
}

module.exports = { crc32c };
