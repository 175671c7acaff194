'use strict';

// Performance entries of type 'net' (perf_hooks): one for each TCP connection made, while somebody observes them.
//
// Only the host can make entries of that type, and it makes one for each connection of its own Socket. So while they
// are observed, a socket of the host without a descriptor goes along with each connection: it is told to connect when
// ours is, and that it has connected when ours has.

const { PerformanceObserver } = require('perf_hooks');
const { builtin } = require('./builtin');

/** Where the state stands on the method that keeps it, found again when rsnet is loaded twice. */
const kState = Symbol.for('rsnet.netEntries');

const state = watchObservers();

/**
 * Learns when entries of type 'net' begin to be observed; nothing public tells it otherwise.
 *
 * @returns {{observed: boolean}}
 */
function watchObservers() {
  const { observe } = PerformanceObserver.prototype;
  if (observe[kState]) return observe[kState];
  const shared = { observed: false };
  const watch = {
    observe(options) {
      if (options?.type === 'net' || options?.entryTypes?.includes?.('net')) shared.observed = true;
      return observe.call(this, options);
    },
  }.observe;
  watch[kState] = shared;
  Object.defineProperty(PerformanceObserver.prototype, 'observe', {
    ...Object.getOwnPropertyDescriptor(PerformanceObserver.prototype, 'observe'), value: watch,
  });
  return shared;
}

/**
 * Begins the entry of a connection.
 *
 * @param {{address: string, port: number, addressType: number}} req the connect request
 * @returns {(function(): void)|undefined} to be called when it is connected; undefined while nobody observes
 */
function startEntry({ address, port, addressType }) {
  if (!state.observed) return undefined;
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
  return () => request?.oncomplete(0, handle, request, true, true);
}

module.exports = { startEntry };
