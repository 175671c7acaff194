'use strict';

const crypto = require('crypto');
const fs = require('fs');
const { tempPath, turn } = require('../helpers');

/**
 * @param {Buffer} data
 * @returns {string} in hex
 */
function sha256(data) {
  return crypto.createHash('sha256').update(data).digest('hex');
}

/**
 * A file that is removed after the test.
 *
 * @param {number} size
 * @returns {{path: string, data: Buffer}}
 */
function madeFile(size) {
  const data = crypto.randomBytes(size);
  const path = tempPath('file');
  fs.writeFileSync(path, data);
  return { path, data };
}

/**
 * @param {string} path
 * @returns {number} how many descriptors this process has of a file
 */
function descriptorsOf(path) {
  return fs.readdirSync('/proc/self/fd').filter((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`) === path;
    } catch {
      return false;
    }
  }).length;
}

/**
 * Waits until nobody has a file open. `fs.close` takes a thread, and so a while.
 *
 * @param {string} path
 * @returns {Promise<void>}
 */
async function allClosed(path) {
  while (descriptorsOf(path) > 0) await turn();
}

/**
 * Waits until a socket whose peer does not read has sent something, and gets no further for a while. On a busy machine
 * it may get further later.
 *
 * @param {import('net').Socket} socket
 * @returns {Promise<number>} `bytesWritten`
 */
async function stuck(socket) {
  let before = -1;
  for (let same = 0; same < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { bytesWritten } = socket;
    same = bytesWritten > 0 && bytesWritten === before ? same + 1 : 0;
    before = bytesWritten;
  }
  return before;
}

/** @type {[string, {path: boolean}][]} options of `pair` */
const families = [['TCP', { path: false }], ['Unix', { path: true }]];

module.exports = { allClosed, descriptorsOf, families, madeFile, sha256, stuck };
