'use strict';

// Which of its modules Node has loaded. rsnet changes a module only when the program has loaded it.

const { probe } = require('./capabilities');

/** Node's list. In a test runner's sandbox, the global `process` has an outdated copy of it. */
const moduleLoadList = probe('loadedModules', () => {
  const list = (process.getBuiltinModule?.('process') ?? process).moduleLoadList;
  // `net` is loaded, so its entry shows whether the list still has the form that is expected here.
  return list.includes(entryOf('net')) && list;
});

/**
 * @param {string} name of a module of Node
 * @returns {string} its entry in the list
 */
function entryOf(name) {
  return `NativeModule ${name}`;
}

/**
 * @param {string} name of a module of Node
 * @returns {boolean} whether it is loaded; true where there is no list
 */
function isLoaded(name) {
  return moduleLoadList === undefined || moduleLoadList.includes(entryOf(name));
}

/**
 * @param {string} name of a module of Node
 * @returns {() => boolean} the same as `isLoaded(name)`, but fast when called often
 */
function watchLoading(name) {
  const list = moduleLoadList ?? [];
  let wasLoaded = moduleLoadList === undefined;
  let seen = 0;
  return () => {
    if (!wasLoaded && list.length !== seen) {
      seen = list.length;
      wasLoaded = isLoaded(name);
    }
    return wasLoaded;
  };
}

module.exports = { isLoaded, watchLoading };
