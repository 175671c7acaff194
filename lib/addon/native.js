'use strict';

// Loads the addon: the file that RSNET_BINARY_PATH names, else the one built in this folder or beside this file, else
// the one of the platform's package.

const { existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { trace } = require('../node/debug');
const { withoutResource } = require('../node/private-symbols');
const { variable } = require('../node/switches');
const { ROOT, candidates, places } = require('./binary-places');
const { TARGETS, hostId, packageName } = require('./platform');

/** Bundlers leave what it loads outside, and do not warn of a name that they cannot know. */
const requireLate = createRequire(__filename);

/** The platforms' packages by literal names, by which programs that collect a program's files find those installed. */
const PACKAGES = {
  'rsnet-linux-x64-gnu': () => requireLate('rsnet-linux-x64-gnu'),
  'rsnet-linux-x64-musl': () => requireLate('rsnet-linux-x64-musl'),
  'rsnet-linux-arm64-gnu': () => requireLate('rsnet-linux-arm64-gnu'),
  'rsnet-linux-arm64-musl': () => requireLate('rsnet-linux-arm64-musl'),
  'rsnet-darwin-x64': () => requireLate('rsnet-darwin-x64'),
  'rsnet-darwin-arm64': () => requireLate('rsnet-darwin-arm64'),
};

/** The name of Deno's errors for what a flag of Deno would allow. */
const NOT_CAPABLE = 'NotCapable';

/**
 * @param {string} message what is missing and what to do
 * @param {Error[]} causes why each file that exists could not be loaded
 * @returns {Error} `ERR_RSNET_NO_BINARY`, with the first cause as `cause`
 */
function noBinary(message, causes) {
  const error = causes.length === 0 ? new Error(message) : new Error(message, { cause: causes[0] });
  error.code = 'ERR_RSNET_NO_BINARY';
  return error;
}

/**
 * @param {Error[]} causes why each file that exists could not be loaded
 * @returns {Error} which says what to install or to build
 */
function explain(causes) {
  if (causes.some(({ code }) => code === 'ERR_DLOPEN_DISABLED')) {
    return noBinary('rsnet is a native addon, and this process may not load any: it was started with --no-addons, or ' +
      'with the permission model and without --allow-addons.', causes);
  }
  const refused = causes.findLast(({ name }) => name === NOT_CAPABLE);
  if (refused) {
    const { message } = refused;
    return noBinary(`rsnet is a native addon, and Deno does not let this process load it: ${message}.`, [refused]);
  }
  const id = hostId();
  const name = packageName(id);
  const { version } = require('../../package.json');
  const lines = [`rsnet has no binary that runs on this machine (${id}).`];
  for (const cause of causes) lines.push(`- ${reason(cause)}`);
  if (TARGETS.some((target) => target.id === id)) {
    lines.push(`The package ${name} is missing or cannot be loaded: install it with "npm install ${name}@${version}" ` +
      '(npm leaves it out with --omit=optional, and when node_modules was made on another platform).');
  } else {
    lines.push(`No package ${name} is published.`);
  }
  if (process.platform === 'win32') {
    lines.push('The addon cannot be built for Windows yet.');
  } else {
    lines.push('To build the addon here, with a Rust toolchain and a C linker: ' +
      `node ${path.join(ROOT, 'scripts', 'build.js')}`);
  }
  return noBinary(lines.join('\n'), causes);
}

/**
 * @param {string} id a path, or the name of a package
 * @returns {Addon}
 */
function loadFrom(id) {
  // napi-rs makes a threadsafe function, an async resource that rsnet never uses. Tools that list what is open would
  // show it.
  const addon = withoutResource(PACKAGES[id] ?? (() => requireLate(id)));
  if (typeof addon.Bridge !== 'function') throw new Error(`${id} is not the addon of rsnet`);
  trace('addon %s', id);
  return addon;
}

/**
 * @param {string} file the path in RSNET_BINARY_PATH
 * @returns {Addon}
 * @throws {Error} `ERR_RSNET_NO_BINARY`
 */
function loadChosen(file) {
  try {
    if (!existsSync(file)) throw new Error(`${file} does not exist`);
    return loadFrom(file);
  } catch (caught) {
    const error = /** @type {NodeJS.ErrnoException} */ (caught);
    if (error.code === 'ERR_DLOPEN_DISABLED') throw explain([error]);
    throw noBinary(`The binary that RSNET_BINARY_PATH names cannot be loaded.\n- ${reason(error)}\n` +
      'Leave the variable out, and rsnet looks for the binary of its package for this platform.', [error]);
  }
}

/**
 * @param {Error} error of the loader
 * @returns {string} its message without the "Require stack"
 */
function reason({ message }) {
  return message.split('\nRequire stack:')[0];
}

/**
 * @returns {Addon}
 * @throws {Error} `ERR_RSNET_NO_BINARY`
 */
function load() {
  const chosen = variable('RSNET_BINARY_PATH');
  if (chosen) return loadChosen(path.resolve(chosen));
  const causes = [];
  for (const file of places()) {
    try {
      if (existsSync(file)) return loadFrom(file);
    } catch (error) {
      causes.push(error);
    }
  }
  for (const id of candidates()) {
    const name = packageName(id);
    try {
      return loadFrom(name);
    } catch (caught) {
      const error = /** @type {NodeJS.ErrnoException} */ (caught);
      const absent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(`'${name}'`);
      if (!absent) causes.push(error);
    }
  }
  throw explain(causes);
}

module.exports = load();
