'use strict';

// Performance entries of type 'net' (perf_hooks): one for each TCP connection made, while somebody observes them.
//
// Only the host can make entries of that type, and it makes one for each connection of its own Socket. So while they
// are observed, a socket of the host without a descriptor goes along with each connection: it is told to connect when
// ours is, and that it has connected when ours has.

const { builtin } = require('./builtin');
const { probe } = require('./capabilities');
const { nameLike } = require('./mirror-members');
const { watchLoading } = require('./loaded-modules');

/** Where the state stands on the method that keeps it, found again when rsnet is loaded twice. */
const kState = Symbol.for('rsnet.netEntries');

const isLoaded = watchLoading('perf_hooks');

let state;

/**
 * @returns {boolean} whether entries of type 'net' are observed; not, as long as nobody has loaded perf_hooks
 */
function areObserved() {
  if (state === undefined) {
    if (!isLoaded()) return false;
    state = watchObservers(require('perf_hooks').PerformanceObserver);
  }
  return state.observed;
}

/**
 * Learns when entries of type 'net' begin to be observed; nothing public tells it otherwise.
 *
 * @param {Function} PerformanceObserver the host's
 * @returns {{observed: boolean}}
 */
function watchObservers(PerformanceObserver) {
  const { observe } = PerformanceObserver.prototype;
  if (observe?.[kState]) return observe[kState];
  const isBegun = probe('netEntries', () => ({ now: isEntryBegun() }));
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
  Object.defineProperty(PerformanceObserver.prototype, 'observe', {
    ...Object.getOwnPropertyDescriptor(PerformanceObserver.prototype, 'observe'), value: watch,
  });
  return shared;
}

/**
 * Whether entries of type 'net' are observed already: a socket of the host that connects carries one then.
 *
 * @returns {boolean}
 */
function isEntryBegun() {
  const { companion } = beginEntry({ address: '127.0.0.1', port: 1, addressType: 4 });
  return Object.getOwnPropertySymbols(companion).some(({ description }) => description?.startsWith('kPerfHooks'));
}

/**
 * Begins the entry of a connection.
 *
 * @param {{address: string, port: number, addressType: number}} req the connect request
 * @returns {(function(): void)|undefined} to be called when it is connected; undefined while nobody observes
 */
function startEntry(req) {
  if (!areObserved()) return undefined;
  return beginEntry(req).finish;
}

/**
 * @param {object} req as for `startEntry`
 * @returns {{companion: object, finish: function(): void}} a socket of the host without a descriptor, which connects,
 *   and what tells it that it has
 */
function beginEntry({ address, port, addressType }) {
  let request;
  const start = (req) => {
    request = req;
    return 0;
  };
  const handle = { connect: start, connect6: start, readStart: () => 0, getAsyncId: () => 0, close() {} };
  const companion = new builtin.Socket({ handle, manualStart: true });
  const lookup = (host, options, callback) => {
    if (options.all) callback(null, [{ address, family: addressType }]);
    else callback(null, address, addressType);
  };
  companion.connect({ host: 'rsnet', port, lookup });
  return { companion, finish: () => request?.oncomplete(0, handle, request, true, true) };
}

module.exports = { startEntry };
