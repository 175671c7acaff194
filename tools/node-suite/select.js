'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** The folders of the suite that are run, and whether their files may run beside others. */
const FOLDERS = { parallel: true, sequential: false, pummel: false };

const DEFAULT_GROUP = /^test-net-/;
const ANY = /^/;

/**
 * @typedef {object} TestFile
 * @property {string} name such as 'parallel/test-net-bind-twice.js'
 * @property {string} path
 * @property {boolean} parallel whether it may run beside others
 */

/**
 * Lists the suite's files.
 * @param {string} folder the suite's folder
 * @returns {TestFile[]}
 */
function listFiles(folder) {
  const files = [];
  for (const [kind, parallel] of Object.entries(FOLDERS)) {
    for (const file of fs.readdirSync(path.join(folder, 'test', kind)).sort()) {
      if (!/^test-.*\.[cm]?js$/.test(file)) continue;
      const name = `${kind}/${file}`;
      files.push({ name, path: path.join(folder, 'test', name), parallel });
    }
  }
  return files;
}

/**
 * Chooses the files to run.
 * @param {TestFile[]} files all of the suite
 * @param {object} wanted
 * @param {RegExp} [wanted.group] looks at the files' names without their folder; test-net-* when left out, or
 *   everything if there is a sample
 * @param {string[]} [wanted.sample] names; those that this version of the suite does not have are left out
 * @param {RegExp} [wanted.filter] looks at the names with the folder
 * @returns {TestFile[]}
 */
function selectFiles(files, { group, sample, filter }) {
  const wantedGroup = group ?? (sample ? ANY : DEFAULT_GROUP);
  return files.filter(({ name }) => (
    wantedGroup.test(path.basename(name)) && (!sample || sample.includes(name)) && (!filter || filter.test(name))));
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

module.exports = { listFiles, selectFiles, readDirectives };
