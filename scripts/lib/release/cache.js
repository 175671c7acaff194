'use strict';

// What the release and the tests of platforms keep between two runs: .cache/release, which may be removed at any time.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../addon');

const CACHE = path.join(ROOT, '.cache', 'release');

/**
 * Makes a folder of the cache, unless the one that is there was made of the same.
 * @param {string} name of the folder
 * @param {string} content what it is made of, such as the versions of packages
 * @param {(folder: string) => void} fill fills the empty folder; one that fails is filled again the next time
 * @returns {string} its path
 */
function cached(name, content, fill) {
  const folder = path.join(CACHE, name);
  const stamp = path.join(CACHE, `${name}.stamp`);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === content) return folder;
  fs.rmSync(stamp, { force: true });
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fill(folder);
  fs.writeFileSync(stamp, content);
  return folder;
}

module.exports = { CACHE, cached };
