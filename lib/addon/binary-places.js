'use strict';

// Where the addon may lie.

const { existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { variable } = require('../node/switches');
const { hostId, binaryName, packageName } = require('./platform');

const { dirname, sep } = path;

const ROOT = dirname(dirname(__dirname));

/**
 * Names both C libraries of Linux: a binary for the other one would not load, and asking which one runs is slow.
 * @returns {string[]} for example `['linux-x64-gnu', 'linux-x64-musl']`
 */
function candidates() {
  return process.platform === 'linux' ? [hostId('gnu'), hostId('musl')] : [hostId(null)];
}

/** @returns {string[]} files; a bundle has the code of this file, and the addon beside itself */
function places() {
  return [ROOT, __dirname].flatMap((folder) => candidates().map((id) => folder + sep + binaryName(id)));
}

/**
 * @param {string} id short name of a platform
 * @returns {boolean} whether its package is installed
 */
function isInstalled(id) {
  const name = packageName(id);
  // Package managers put it beside this package, or where only Node's resolution finds it, which takes longer.
  if (existsSync([dirname(ROOT), name, binaryName(id)].join(sep))) return true;
  try {
    createRequire(__filename).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** @returns {boolean} whether there is a file that may be the addon; it may not load */
function hasBinary() {
  const chosen = variable('RSNET_BINARY_PATH');
  if (chosen) return existsSync(path.resolve(chosen));
  return places().some((file) => existsSync(file)) || candidates().some(isInstalled);
}

module.exports = { ROOT, candidates, hasBinary, places };
