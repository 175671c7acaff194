'use strict';

// Loads the addon: the one that RSNET_BINARY_PATH names, or the one built in this folder, or the
// one of the platform's package.

const { existsSync } = require('node:fs');
const path = require('node:path');
const { trace } = require('../node/debug');
const { withoutResource } = require('../node/private-symbols');
const { TARGETS, hostId, binaryName, packageName } = require('./platform');

const ROOT = path.join(__dirname, '..', '..');

/**
 * Thrown when no binary for this machine can be loaded.
 * @param {string} message what is missing and what to do
 * @param {Error[]} causes why each binary that is there could not be loaded
 * @returns {Error} with code `ERR_RSNET_NO_BINARY`, and the first cause as `cause`
 */
function noBinary(message, causes) {
  const error = causes.length === 0 ? new Error(message) : new Error(message, { cause: causes[0] });
  error.code = 'ERR_RSNET_NO_BINARY';
  return error;
}

/**
 * Explain why there is nothing to load on this machine.
 * @param {Error[]} causes why each binary that is there could not be loaded
 * @returns {Error} ready to be thrown
 */
function explain(causes) {
  if (causes.some(({ code }) => code === 'ERR_DLOPEN_DISABLED')) {
    return noBinary('rsnet is a native addon, and this process may not load any: it was started with --no-addons, or ' +
      'with the permission model and without --allow-addons.', causes);
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
 * The short names under which a binary for this machine may be found. Which C library runs is not asked: a
 * binary for the other one is not installed, and would not load.
 * @returns {string[]} for example `['linux-x64-gnu', 'linux-x64-musl']`
 */
function candidates() {
  return process.platform === 'linux' ? [hostId('gnu'), hostId('musl')] : [hostId(null)];
}

/**
 * @param {string} id a path, or a package
 * @returns {object} what the addon exports
 */
function loadFrom(id) {
  // napi-rs makes a threadsafe function for Buffers that are dropped on other threads. There are none here; tools that
  // look for what keeps a process alive would list it.
  const addon = withoutResource(() => require(id));
  if (typeof addon.Bridge !== 'function') throw new Error(`${id} is not the addon of rsnet`);
  trace('addon %s', id);
  return addon;
}

/**
 * The addon that the environment names.
 * @param {string} file its path
 * @returns {object} what the addon exports
 * @throws {Error} `ERR_RSNET_NO_BINARY` when it does not load
 */
function loadChosen(file) {
  try {
    if (!existsSync(file)) throw new Error(`${file} does not exist`);
    return loadFrom(file);
  } catch (error) {
    if (error.code === 'ERR_DLOPEN_DISABLED') throw explain([error]);
    throw noBinary(`The binary that RSNET_BINARY_PATH names cannot be loaded.\n- ${reason(error)}\n` +
      'Leave the variable out, and rsnet looks for the binary of its package for this platform.', [error]);
  }
}

/**
 * @param {Error} error of the loader
 * @returns {string} its message, without the stack of the modules that asked
 */
function reason({ message }) {
  return message.split('\nRequire stack:')[0];
}

/**
 * Load the addon.
 * @returns {object} what the addon exports
 * @throws {Error} `ERR_RSNET_NO_BINARY` when none loads
 */
function load() {
  const chosen = process.env.RSNET_BINARY_PATH;
  if (chosen) return loadChosen(path.resolve(chosen));
  const causes = [];
  for (const id of candidates()) {
    const file = path.join(ROOT, binaryName(id));
    if (!existsSync(file)) continue;
    try {
      return loadFrom(file);
    } catch (error) {
      causes.push(error);
    }
  }
  for (const id of candidates()) {
    const name = packageName(id);
    try {
      return loadFrom(name);
    } catch (error) {
      const absent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(`'${name}'`);
      if (!absent) causes.push(error);
    }
  }
  throw explain(causes);
}

module.exports = load();
