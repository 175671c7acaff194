'use strict';

// Adds rsnet's handles to what `process` lists: `getActiveResourcesInfo()`, `_getActiveHandles()`,
// `_getActiveRequests()` and `report.getReport()`. Metrics, and tools that look for what keeps a process alive, call
// them.
//
// The functions of `process` are replaced once, and there may be several copies of rsnet (jest loads one for each
// file). So the replacements must not refer to the copy that made them: each copy leaves a weak reference to a function
// that lists its own handles.

const { defineOnHost, setOnHost, sharedState } = require('./host-objects');

/** On a Socket that only connects for another one, which programs see in its place. */
const kStandsIn = Symbol('kStandsIn');

/** For `sharedState`: the functions of all copies. */
const kSources = Symbol.for('rsnet.activeHandles');

/** On a replacement. */
const kReplaced = Symbol.for('rsnet.listsHandles');

/**
 * @typedef {object} Listed
 * @property {Array<{shown: object, name: string}>} handles open, and keeping the process alive
 * @property {Array<{shown: object, name: string}>} requests under way
 * @property {() => object[]} reported makes entries of the diagnostic report for all open handles
 * @property {object[]} hidden what Node lists for the same connections
 * @property {number} immediates how many of Node's immediates are rsnet's own
 */

/**
 * The functions of all copies. The first copy makes this, and all references in it: an object made by a later copy
 * would keep that copy's context alive.
 */
class Sources extends Set {
  /** @param {() => Listed} source */
  note(source) {
    for (const reference of this) {
      if (reference.deref() === undefined) this.delete(reference);
    }
    this.add(new WeakRef(source));
  }
}

/**
 * @param {Sources} sources
 * @returns {Omit<Listed, 'reported'> & {reported: Array<Listed['reported']>}} of all copies
 */
function listAll(sources) {
  /** @type {ReturnType<typeof listAll>} */
  const all = { handles: [], requests: [], hidden: [], reported: [], immediates: 0 };
  for (const reference of sources) {
    const source = reference.deref();
    if (source === undefined) {
      sources.delete(reference);
      continue;
    }
    const listed = source();
    for (const key of ['handles', 'requests', 'hidden']) all[key].push(...listed[key]);
    all.reported.push(listed.reported);
    all.immediates += listed.immediates;
  }
  return all;
}

/**
 * @param {Array<{shown: object, name: string}>} entries
 * @param {string} key
 * @returns {Array} the values of that key
 */
function pick(entries, key) {
  return entries.map((entry) => entry[key]);
}

/**
 * Splits what Node lists. `getActiveResourcesInfo()` has the requests first, then the handles, both in the order of the
 * other two functions.
 * @param {{handles: Function, requests: Function, names: Function}} host Node's functions
 * @param {object[]} hidden handles to leave out
 * @returns {{handles: object[], requests: string[], names: string[], rest: string[]}}
 */
function listHost(host, hidden) {
  const names = host.names();
  const first = host.requests().length;
  const handles = host.handles();
  const kept = [];
  const unseen = [...hidden];
  handles.forEach((handle, i) => {
    const at = unseen.indexOf(handle);
    if (at === -1) kept.push(i);
    else unseen.splice(at, 1);
  });
  return {
    handles: kept.map((i) => handles[i]),
    names: kept.map((i) => names[first + i]),
    requests: names.slice(0, first),
    rest: names.slice(first + handles.length),
  };
}

/**
 * @param {{handles: Function, requests: Function, names: Function}} host Node's functions
 * @param {Sources} sources
 * @returns {{[name: string]: Function}}
 */
function replacements(host, sources) {
  return {
    _getActiveHandles() {
      const { handles, hidden } = listAll(sources);
      return [...listHost(host, hidden).handles, ...pick(handles, 'shown')];
    },

    _getActiveRequests() {
      return [...host.requests(), ...pick(listAll(sources).requests, 'shown')];
    },

    getActiveResourcesInfo() {
      const { handles, requests, hidden, immediates } = listAll(sources);
      const { requests: hostRequests, names, rest } = listHost(host, hidden);
      for (let i = 0; i < immediates; i++) {
        const at = rest.indexOf('Immediate');
        if (at !== -1) rest.splice(at, 1);
      }
      return [...hostRequests, ...pick(requests, 'name'), ...names, ...pick(handles, 'name'), ...rest];
    },
  };
}

/**
 * Replaces the functions of one `process`. A test runner may give the program a copy of the real one.
 * @param {NodeJS.Process} process
 * @param {Sources} sources
 */
function replaceIn(process, sources) {
  const { _getActiveHandles: handles, _getActiveRequests: requests, getActiveResourcesInfo: names } = process;
  if (![handles, requests, names].every((method) => typeof method === 'function' && !method[kReplaced])) return;
  for (const [name, value] of Object.entries(replacements({ handles, requests, names }, sources))) {
    Object.defineProperty(value, kReplaced, { value: true });
    setOnHost(process, name, value);
  }
}

/**
 * Replaces `process.report`, a getter that makes the object on first use.
 * @param {NodeJS.Process} process
 * @param {Sources} sources
 */
function replaceReport(process, sources) {
  const descriptor = Object.getOwnPropertyDescriptor(process, 'report');
  if (descriptor?.get === undefined || descriptor.get[kReplaced]) return;
  const accessor = {
    get report() {
      const report = /** @type {Function} */ (descriptor.get).call(process);
      const { getReport } = report;
      if (typeof getReport === 'function' && !getReport[kReplaced]) {
        const method = {
          getReport(...args) {
            const result = getReport.apply(this, args);
            result.libuv?.push(...listAll(sources).reported.flatMap((entries) => entries()));
            return result;
          },
        };
        Object.defineProperty(method.getReport, kReplaced, { value: true });
        setOnHost(report, 'getReport', method.getReport);
      }
      return report;
    },
  };
  const { get } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(accessor, 'report'));
  Object.defineProperty(get, kReplaced, { value: true });
  defineOnHost(process, 'report', { ...descriptor, get });
}

/**
 * Lets `process` list the handles of one copy of rsnet.
 * @param {() => Listed} source which that copy has to keep alive
 * @param {NodeJS.Process} process as the program sees it
 */
function listActive(source, process) {
  const sources = sharedState(kSources, () => new Sources());
  sources.note(source);
  replaceIn(process, sources);
  replaceReport(process, sources);
  const real = process.getBuiltinModule?.('process');
  if (real === undefined || real === process) return;
  replaceIn(real, sources);
  replaceReport(real, sources);
}

module.exports = { kStandsIn, listActive };
