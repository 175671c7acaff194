'use strict';

/**
 * `node -r rsnet/register`, `node --import rsnet/register` or `require('rsnet/register')` loads this file. From then on
 * `net` and `node:net` are rsnet in this thread, and in processes and threads that inherit the option.
 *
 * RSNET_DISABLE=1 turns it off; RSNET_DEBUG=1 writes the active backend to stderr. Where rsnet's engine cannot run,
 * `net` stays the host's own.
 */

const { isOn } = require('../node/switches');

/**
 * Puts rsnet's exports into the built-in module's exports object. `require`, the default import and
 * process.getBuiltinModule return that object; http, tls, cluster and child_process use it.
 * @returns {boolean} false where `net` stays the host's own, since rsnet cannot run in its place
 */
function register() {
  const { syncBuiltinESMExports } = require('node:module');
  const net = require('node:net');
  const { BUILTIN, builtin } = require('../node/builtin');
  const { canRegister, isMissing } = require('../addon/engine');
  const rsnet = require('../../index.js');

  if (isMissing || !canRegister()) {
    Object.defineProperty(net, 'engine', { value: 'node', configurable: true });
    return false;
  }
  if (net[BUILTIN] === undefined) Object.defineProperty(net, BUILTIN, { value: builtin });
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(rsnet))) {
    Object.defineProperty(net, name, { ...descriptor, configurable: true });
  }
  // Where the host has this, `net/promises` is the same object.
  if (builtin.promises) Object.assign(builtin.promises, rsnet.promises);
  // A program may take it from `process` before anything is written.
  require('../node/process-ends').hookExecve(require('../addon/native').sendWaiting);
  syncBuiltinESMExports();
  require('./rebase-classes').rebaseClasses(builtin, rsnet);
  require('./handle-passing').install();
  // The substitute for TLS changes the module's exports.
  if (process.versions.openssl && !require('./tls').install()) syncBuiltinESMExports();
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
  if (!isActive) {
    process.stderr.write(`rsnet ${version}: cannot run, the host's own net\n`);
    return;
  }
  const bridge = require('../addon/bridge').getBridge();
  // Only the tokio backend starts them.
  const threads = bridge.backend === 'tokio' ? `, ${bridge.threads} runtime threads` : '';
  const { listed, missing } = require('../node/capabilities');
  const lacks = missing().map((text) => `; ${text}`).join('');
  process.stderr.write(`rsnet ${version}: ${bridge.backend} backend${threads}${lacks}\n`);
  for (const line of listed()) require('../node/debug').trace(line);
}

const isActive = !isOn('RSNET_DISABLE') && register();
if (isOn('RSNET_DEBUG')) announce(isActive);
