'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { CACHE } = require('./paths');
const { unpack } = require('./unpack');

const ANSWER_LIMIT = 5_000;
const DOWNLOAD_LIMIT = 600_000;

/**
 * Fetches the suite from Node's release tarball. Gives up quickly where the release server can't be reached.
 * @param {string} url the tarball's address, as the binary itself gives it (process.release.sourceUrl)
 * @param {string} version the Node's version
 * @param {(text: string) => void} say told what goes on
 * @returns {Promise<string>} the suite's folder
 * @throws {Error} if it can't be had
 */
async function fetchTarball(url, version, say) {
  const control = new AbortController();
  let timer = setTimeout(() => control.abort(new Error('no answer within 5 s')), ANSWER_LIMIT);
  const archive = path.join(CACHE, `node-${version}-${process.pid}.tar.gz`);
  try {
    const response = await fetch(url, { signal: control.signal });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`status ${response.status}`);
    say(`downloading ${url}`);
    timer = setTimeout(() => control.abort(new Error('download took too long')), DOWNLOAD_LIMIT);
    fs.mkdirSync(CACHE, { recursive: true });
    await pipeline(Readable.fromWeb(response.body), fs.createWriteStream(archive));
    return unpack(archive, version);
  } catch (error) {
    throw new Error(error.cause?.message ?? error.message, { cause: error });
  } finally {
    clearTimeout(timer);
    fs.rmSync(archive, { force: true });
  }
}

module.exports = { fetchTarball };
