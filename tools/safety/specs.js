'use strict';

// Which specs run under a sanitizer: every way in which bytes, handles and environments cross the boundary.

const fs = require('node:fs');
const path = require('node:path');

const FOLDER = path.join(__dirname, '..', '..', '__test__');

/** Run by `npm run sanitize`. */
const REPRESENTATIVE = [
  'errors/peer', 'handle/', 'interop/transfer', 'load/connections', 'load/stream', 'load/traffic', 'process/exit',
  'process/faults', 'process/threads', 'process/workers', 'read/', 'server/adopt', 'server/connections',
  'server/limits', 'server/path', 'socket/destroy', 'socket/end', 'socket/onread', 'socket/reentry', 'write/',
];

/** Run with `--short`: bytes in both directions, closing in callbacks, buffers that go away, threads that end. */
const SHORT = [
  'handle/', 'process/workers', 'read/memory', 'socket/onread', 'socket/reentry', 'write/kinds', 'write/memory',
];

/**
 * The spec files to run.
 * @param {object} [options] which
 * @param {boolean} [options.all] every spec there is
 * @param {string} [options.only] a regular expression that their names match
 * @param {boolean} [options.short] the short list
 * @returns {string[]} names in `__test__`, in alphabetical order
 */
function chooseSpecs({ all = false, only, short = false } = {}) {
  const names = fs.readdirSync(FOLDER, { recursive: true }).filter((name) => name.endsWith('.spec.js')).sort();
  if (only) {
    const pattern = new RegExp(only);
    return names.filter((name) => pattern.test(name));
  }
  if (all) return names;
  const prefixes = short ? SHORT : REPRESENTATIVE;
  return names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
}

module.exports = { chooseSpecs };
