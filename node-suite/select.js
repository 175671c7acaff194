'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** The folders of the suite that are run, and whether their files may run beside others. */
const FOLDERS = { parallel: true, sequential: false, pummel: false };

const DEFAULT_GROUP = /^test-net-/;

/**
 * @typedef {object} TestFile
 * @property {string} name such as 'parallel/test-net-bind-twice.js'
 * @property {string} path
 * @property {boolean} parallel whether it may run beside others
 */

/**
 * Lists the suite's files to run.
 * @param {string} folder the suite's folder
 * @param {{group?: RegExp, filter?: RegExp}} wanted `group` looks at all names of the suite and takes the
 *   place of test-net-*; `filter` leaves of these only some
 * @returns {TestFile[]}
 */
function selectFiles(folder, { group = DEFAULT_GROUP, filter } = {}) {
  const files = [];
  for (const [kind, parallel] of Object.entries(FOLDERS)) {
    for (const file of fs.readdirSync(path.join(folder, 'test', kind)).sort()) {
      if (!/^test-.*\.[cm]?js$/.test(file) || !group.test(file)) continue;
      const name = `${kind}/${file}`;
      if (!filter || filter.test(name)) files.push({ name, path: path.join(folder, 'test', name), parallel });
    }
  }
  return files;
}

/**
 * Reads from a test file how it wants to be run.
 * @param {string} file its path
 * @returns {{flags: string[], env: Record<string, string>}} from the lines `// Flags:` and `// Env:`
 */
function readDirectives(file) {
  const source = fs.readFileSync(file, 'utf8');
  const words = (directive) => new RegExp(`//\\s+${directive}:(.*)`).exec(source)?.[1].trim().split(/\s+/) ?? [];
  const env = {};
  for (const pair of words('Env')) {
    const end = pair.indexOf('=');
    env[pair.slice(0, end)] = pair.slice(end + 1);
  }
  return { flags: words('Flags'), env };
}

module.exports = { selectFiles, readDirectives };
