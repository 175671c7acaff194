'use strict';

// Puts rsnet in the place of the host's `net`.

const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');
const { canRegister, isMissing } = require('../addon/engine');
const { BUILTIN, builtin } = require('../node/builtin');
const { record } = require('../node/capabilities');
const { onFirstUse, onceLoaded } = require('../node/first-use');
const { canDefineOnHost, defineOnHost, setOnHost } = require('../node/host-objects');
const { onLoad, restoreEntries } = require('../node/load-trap');
const rsnet = require('../../index.js');

/** The module that has TLSSocket. Node 22 renamed it. */
const TLS = ['_tls_wrap', 'internal/tls/wrap'];

/**
 * Puts rsnet's exports into the built-in module's exports object. `require`, the default import and
 * process.getBuiltinModule return that object; http, tls, cluster and child_process use it.
 * @returns {boolean} whether all that has to change could change; if not, nothing has
 */
function replaceExports() {
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
  if (!require('./tls').install()) syncBuiltinESMExports();
}

/** Lets TLS take connections of rsnet, once it is loaded. */
function prepareTls() {
  const { canHandOver } = require('../node/builtin-handles');
  // Where the substitute is needed, it must be there before a program takes functions from `tls`.
  onLoad('tls', () => {
    if (!canHandOver()) installTls();
  });
  onceLoaded(TLS, installTls);
}

/**
 * Puts rsnet in the place of the host's `net`, if it can run there.
 * @returns {boolean} false where `net` stays the host's own
 */
function activate() {
  if (isMissing || !canRegister() || !record('exports', replaceExports())) {
    defineOnHost(net, 'engine', { value: 'node', configurable: true });
    return false;
  }
  onFirstUse(restoreEntries);
  // A program may take it from `process` before anything is written.
  require('../node/process-ends').hookExecve(require('../addon/native').sendWaiting);
  require('./handle-passing').install();
  if (process.versions.openssl) prepareTls();
  return true;
}

module.exports = { activate };
