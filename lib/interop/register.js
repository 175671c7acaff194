'use strict';

/**
 * `node -r rsnet/register`, `node --import rsnet/register` or `require('rsnet/register')` loads this file. From then on
 * `net` and `node:net` are rsnet in this thread, and in processes and threads that inherit the option.
 *
 * RSNET_DISABLE=1 turns it off; RSNET_DEBUG=1 writes the active backend to stderr. Where rsnet's engine cannot run,
 * `net` stays the host's own.
 */

const { isOn } = require('../node/switches');

/** The module that has TLSSocket. Node 22 renamed it. */
const TLS = ['_tls_wrap', 'internal/tls/wrap'];

/**
 * Puts rsnet's exports into the built-in module's exports object. `require`, the default import and
 * process.getBuiltinModule return that object; http, tls, cluster and child_process use it.
 * @param {typeof import('node:net')} net the built-in module's exports
 * @param {typeof import('../..')} rsnet
 * @returns {boolean} whether all that has to change could change; if not, nothing has
 */
function replaceExports(net, rsnet) {
  const { BUILTIN, builtin } = require('../node/builtin');
  const { canDefineOnHost, defineOnHost, setOnHost } = require('../node/host-objects');
  const members = { [BUILTIN]: { value: builtin }, ...Object.getOwnPropertyDescriptors(rsnet) };
  const rebase = require('./rebase-classes').planRebase(builtin, rsnet);
  if (rebase === undefined || !Reflect.ownKeys(members).every((key) => canDefineOnHost(net, key))) return false;
  for (const key of Reflect.ownKeys(members)) defineOnHost(net, key, { ...members[key], configurable: true });
  // Where the host has this, `net/promises` is the same object.
  if (builtin.promises) {
    for (const [name, value] of Object.entries(rsnet.promises)) setOnHost(builtin.promises, name, value);
  }
  rebase();
  return true;
}

/** Lets TLS take connections of rsnet. To load TLS takes Node longer than to load rsnet, so the program does that. */
function installTls() {
  // The substitute for TLS changes the module's exports.
  if (!require('./tls').install()) require('node:module').syncBuiltinESMExports();
}

/** @returns {boolean} false where `net` stays the host's own, since rsnet cannot run in its place */
function register() {
  const { syncBuiltinESMExports } = require('node:module');
  const net = require('node:net');
  const { record } = require('../node/capabilities');
  const { defineOnHost } = require('../node/host-objects');
  const { canRegister, isMissing } = require('../addon/engine');
  const rsnet = require('../../index.js');
  const { onceLoaded } = require('../node/first-use');

  if (isMissing || !canRegister() || !record('exports', replaceExports(net, rsnet))) {
    defineOnHost(net, 'engine', { value: 'node', configurable: true });
    return false;
  }
  // A program may take it from `process` before anything is written.
  require('../node/process-ends').hookExecve(require('../addon/native').sendWaiting);
  syncBuiltinESMExports();
  require('./handle-passing').install();
  if (process.versions.openssl) {
    // Looked for now, so that one warning names all that is missing. Where the substitute is needed, it must be there
    // before a program takes functions from `tls`.
    if (require('../node/builtin-handles').canHandOver()) onceLoaded(TLS, installTls);
    else installTls();
  }
  return true;
}

/**
 * Writes the line that RSNET_DEBUG asks for.
 * @param {boolean} isActive whether rsnet runs in place of the host's `net`
 */
function announce(isActive) {
  const { version } = require('../../package.json');
  if (isOn('RSNET_DISABLE')) {
    process.stderr.write(`rsnet ${version}: off (RSNET_DISABLE)\n`);
    return;
  }
  const { listed, missing } = require('../node/capabilities');
  const lacks = missing().map((text) => `; ${text}`).join('');
  if (!isActive) {
    process.stderr.write(`rsnet ${version}: cannot run, the host's own net${lacks}\n`);
    return;
  }
  const bridge = require('../addon/bridge').getBridge();
  // Only the tokio backend starts them.
  const threads = bridge.backend === 'tokio' ? `, ${bridge.threads} runtime threads` : '';
  process.stderr.write(`rsnet ${version}: ${bridge.backend} backend${threads}${lacks}\n`);
  for (const line of listed()) require('../node/debug').trace(line);
}

const isActive = !isOn('RSNET_DISABLE') && register();
if (isOn('RSNET_DEBUG')) announce(isActive);
