'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { CACHE } = require('./paths');

/**
 * Unpacks the folders test and benchmark of Node's source into the cache. The folder appears under its final
 * name only when complete, so that an interrupted run leaves no half suite behind.
 * @param {string} archive a .tar.gz or .tar.xz with one folder at its top
 * @param {string} version names the folder in the cache
 * @returns {string} the suite's folder
 * @throws {Error} if tar fails (xz-utils missing, for instance)
 */
function unpack(archive, version) {
  const target = path.join(CACHE, version);
  const partial = `${target}.partial-${process.pid}`;
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { recursive: true });
  const into = ['-C', partial, '--strip-components=1', '--no-same-owner'];
  const wanted = ['--wildcards', '--no-wildcards-match-slash', '*/test', '*/benchmark'];
  const settings = { timeout: 300_000, stdio: ['ignore', 'ignore', 'pipe'] };
  execFileSync('tar', ['-xf', archive, ...into, ...wanted], settings);
  fs.rmSync(target, { recursive: true, force: true });
  fs.renameSync(partial, target);
  return target;
}

module.exports = { unpack };
