'use strict';

// Performance entries of type 'net' (perf_hooks), one for each TCP connect while a program observes them.
//
// Only Node can make such entries, and it makes one for each connect of its own Socket. So while they are observed,
// rsnet makes a proxy for each connect: a Socket of the built-in with a handle that does nothing. It connects when
// rsnet's does, and that handle reports success when rsnet's connection is made.

const { debuglog } = require('util');
const { builtin } = require('./builtin');
const { probe, record } = require('./capabilities');
const { connectUnseen } = require('./connect-unseen');
const { setOnHost } = require('./host-objects');
const { nameLike } = require('./mirror-members');
const { watchLoading } = require('./loaded-modules');

/** On the method that keeps the state, so that all copies of rsnet find it. */
const kState = Symbol.for('rsnet.netEntries');

const isLoaded = watchLoading('perf_hooks');

let state;

/** @returns {boolean} whether a program observes, or has observed, entries of type 'net' */
function areObserved() {
  if (state === undefined) {
    if (!isLoaded()) return false;
    state = watchObservers(require('perf_hooks').PerformanceObserver);
  }
  return state.observed;
}

/**
 * Replaces `observe`, to learn when a program begins to observe entries of type 'net'.
 * @param {Function} PerformanceObserver Node's
 * @returns {{observed: boolean}}
 */
function watchObservers(PerformanceObserver) {
  const { observe } = PerformanceObserver.prototype;
  if (observe?.[kState]) return observe[kState];
  // A Socket that connects would print for NODE_DEBUG=net.
  const isBegun = probe('netEntries', () => ({ now: !debuglog('net').enabled && isEntryBegun() }));
  if (isBegun === undefined || typeof observe !== 'function') return { observed: false };
  const shared = { observed: isBegun.now };
  const watch = {
    observe(options) {
      if (options?.type === 'net' || options?.entryTypes?.includes?.('net')) shared.observed = true;
      return observe.call(this, options);
    },
  }.observe;
  watch[kState] = shared;
  nameLike(watch, observe);
  const isWatched = record('netEntries', setOnHost(PerformanceObserver.prototype, 'observe', watch));
  return isWatched ? shared : { observed: false };
}

/**
 * @param {object} socket of the host
 * @returns {symbol|undefined} under which it has an entry that has begun
 */
function entryKeyOf(socket) {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description?.startsWith('kPerfHooks'));
}

/** @returns {boolean} whether entries of type 'net' are observed now: a Socket that connects has a begun entry then */
function isEntryBegun() {
  const { proxy } = beginEntry({ address: '127.0.0.1', port: 1, addressType: 4 });
  return entryKeyOf(proxy) !== undefined;
}

/**
 * Begins the entry of a connection.
 * @param {{address: string, port: number, addressType: number}} req the connect request
 * @returns {(() => void)|undefined} to be called when the connection is made; undefined while nobody observes
 */
function startEntry(req) {
  if (!areObserved()) return undefined;
  return beginEntry(req).finish;
}

/**
 * @param {{address: string, port: number, addressType: number}} req as for `startEntry`
 * @returns {{proxy: object, finish: () => void}} a Socket that connects, and a function that ends the connect
 */
function beginEntry({ address, port, addressType }) {
  let request;
  const start = (req) => {
    request = req;
    return 0;
  };
  /** @type {*} */
  const handle = { connect: start, connect6: start, readStart: () => 0, getAsyncId: () => 0, close() {} };
  const proxy = new builtin.Socket({ handle, manualStart: true });
  const lookup = (host, options, callback) => {
    if (options.all) callback(null, [{ address, family: addressType }]);
    else callback(null, address, addressType);
  };
  connectUnseen(proxy, { host: 'rsnet', port, lookup });
  return { proxy, finish: () => request?.oncomplete(0, handle, request, true, true) };
}

/**
 * Has the entry of a connection that the host makes name another host, where one is begun.
 * @param {object} socket of the host, which connects
 * @param {string} address
 */
function renameEntry(socket, address) {
  const key = entryKeyOf(socket);
  if (key && socket[key]?.detail) socket[key].detail.host = address;
}

module.exports = { renameEntry, startEntry };
