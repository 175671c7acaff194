'use strict';

// Notices at once that Node has loaded one of its own modules.
//
// Node appends an entry to `process.moduleLoadList` when the code of a module has run, and before anybody gets the
// exports of that module. A new element is no own property of the array yet. So the assignment goes to the prototype of
// the array, which is a proxy for as long as anybody waits for a module.

const { defineProperty, getPrototypeOf, setPrototypeOf } = Reflect;

/** A small module that Node has not loaded before the program. The trap is tried with it, and captured.js needs it. */
const SAMPLE = 'vm';

/** What is called for each module, by the module's entry in the list. */
const waiting = new Map();

/** Entries that are not in the list any more: Node sets its length behind a step that has loaded further modules. */
const lost = [];

/** Node's list, once a trap is set. */
let list;

/** Whether rsnet itself loads a module. */
let isOwnLoad = false;

/** Entries of modules that rsnet has loaded, and that somebody waits for. */
const held = [];

/**
 * @param {string} name of a module of Node
 * @returns {string} its entry in the list
 */
function entryOf(name) {
  return `NativeModule ${name}`;
}

/** @returns {*} Node's list. In a test runner's sandbox, the global `process` has an outdated copy of it. */
function hostList() {
  try {
    return (process.getBuiltinModule?.('process') ?? process).moduleLoadList;
  } catch {
    // The program has frozen the list: Node loads no module any more.
    return undefined;
  }
}

/**
 * @param {string} name of a module of Node
 * @param {() => void} step
 */
function wait(name, step) {
  const entry = entryOf(name);
  if (waiting.has(entry)) waiting.get(entry).push(step);
  else waiting.set(entry, [step]);
}

/**
 * Calls what waits for a module. Nothing may be thrown into Node's loader. Once nobody waits any more, the list gets
 * its own prototype back.
 * @param {string} entry of the module
 */
function callWaiting(entry) {
  const steps = waiting.get(entry);
  waiting.delete(entry);
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      warn(/** @type {Error} */ (error));
    }
  }
  if (waiting.size === 0) setPrototypeOf(list, Array.prototype);
}

/** @param {Error} error of a step */
function warn(error) {
  try {
    process.emitWarning(error);
  } catch {
    // The host has no warnings.
  }
}

/** Makes a proxy the prototype of the list. */
function watch() {
  setPrototypeOf(list, new Proxy(Object.create(Array.prototype), {
    set(_target, key, value, receiver) {
      const isSet = defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true });
      if (isSet && receiver === list && waiting.has(value)) {
        if (isOwnLoad) held.push(value);
        else callWaiting(value);
        lost.push(...list.slice(Number(key) + 1));
      }
      return isSet;
    },
  }));
}

/**
 * @param {*} candidate
 * @returns {boolean} whether it looks like Node's list, and can get another prototype
 */
function isUsable(candidate) {
  return Array.isArray(candidate) && Object.isExtensible(candidate) && !Object.hasOwn(candidate, 'push') &&
    getPrototypeOf(candidate) === Array.prototype && candidate.includes(entryOf('events'));
}

/**
 * Calls a function when Node has loaded a module.
 * @param {string} name of the module
 * @param {() => void} step called before anybody has the exports of the module
 * @returns {boolean} false where the module is loaded already, or Node does not tell of modules that it loads
 */
function setTrap(name, step) {
  const candidate = hostList();
  if (!isUsable(candidate) || candidate.includes(entryOf(name))) return false;
  list = candidate;
  let isTold = list.includes(entryOf(SAMPLE));
  wait(name, step);
  if (!isTold) wait(SAMPLE, () => { isTold = true; });
  watch();
  require('vm');
  if (isTold) return true;
  setPrototypeOf(list, Array.prototype);
  waiting.clear();
  list = undefined;
  return false;
}

/**
 * Calls a function at once, or when Node has loaded a module, if a trap was set.
 * @param {string} name of the module
 * @param {() => void} step
 */
function onLoad(name, step) {
  if (list === undefined || list.includes(entryOf(name))) {
    step();
    return;
  }
  if (getPrototypeOf(list) === Array.prototype) watch();
  wait(name, step);
}

/**
 * Loads a module of Node for rsnet itself. What waits for the module may need the modules of rsnet that are half loaded
 * now, so it waits for `endOwnLoads`.
 * @template T
 * @param {() => T} load
 * @returns {T} what it returns
 */
function ownLoad(load) {
  isOwnLoad = true;
  try {
    return load();
  } finally {
    isOwnLoad = false;
  }
}

/** rsnet is loaded. */
function endOwnLoads() {
  for (const entry of held.splice(0)) callWaiting(entry);
}

/** Puts the lost entries back. Nothing must be waiting for Node to set the length of the list. */
function restoreEntries() {
  for (const entry of lost.splice(0)) {
    if (!list.includes(entry)) list.push(entry);
  }
}

module.exports = { endOwnLoads, entryOf, hostList, onLoad, ownLoad, restoreEntries, setTrap };
