'use strict';

/**
 * Node's modules derive their classes from `net` at load. One that was loaded before `rsnet/register` would keep the
 * built-in's prototypes under rsnet's constructors. Where the host does not list its loaded modules, rsnet loads them
 * here.
 */

const { canDefineOnHost, setOnHost } = require('../node/host-objects');
const { isLoaded } = require('../node/loaded-modules');

/** @returns {Function[]} classes of modules that are already loaded */
function loadedClasses() {
  const classes = [];
  if (isLoaded('_http_server')) classes.push(require('node:http').Server);
  const { openssl } = process.versions;
  // Node 22 renamed the module.
  if (openssl && (isLoaded('_tls_wrap') || isLoaded('internal/tls/wrap'))) {
    const { Server, TLSSocket } = require('node:tls');
    classes.push(Server, TLSSocket);
  }
  if (isLoaded('tty')) {
    const { ReadStream, WriteStream } = require('node:tty');
    classes.push(ReadStream, WriteStream);
  }
  if (openssl && isLoaded('internal/http2/core')) classes.push(require('node:http2').createServer().constructor);
  return classes;
}

/**
 * Plans what lets the classes of modules that are already loaded derive from rsnet's.
 * @param {typeof import('node:net')} builtin the host's own net
 * @param {typeof import('../..')} rsnet what takes its place
 * @returns {(() => void)|undefined} does that; undefined where a class is frozen
 */
function planRebase(builtin, rsnet) {
  const bases = new Map();
  for (const name of ['Socket', 'Server']) {
    bases.set(builtin[name], rsnet[name]).set(builtin[name].prototype, rsnet[name].prototype);
  }
  const derived = loadedClasses().flatMap((Class) => [Class, Class.prototype])
    .filter((object) => bases.has(Object.getPrototypeOf(object)));
  const agents = [];
  if (isLoaded('_http_agent')) {
    const { prototype } = require('node:http').Agent;
    if (prototype.createConnection === builtin.createConnection) agents.push(prototype);
  }
  const isPossible = derived.every(Object.isExtensible) &&
    agents.every((agent) => canDefineOnHost(agent, 'createConnection'));
  if (!isPossible) return undefined;
  return () => {
    for (const object of derived) Object.setPrototypeOf(object, bases.get(Object.getPrototypeOf(object)));
    for (const agent of agents) setOnHost(agent, 'createConnection', rsnet.createConnection);
  };
}

module.exports = { planRebase };
