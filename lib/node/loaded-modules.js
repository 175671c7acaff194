'use strict';

// Which of its modules the host has loaded: what rsnet changes in one of them is left alone until a program has it.

const { probe } = require('./capabilities');

/** The modules that the host has loaded; `process` of a test runner's sandbox has a copy from another moment. */
const moduleLoadList = probe('loadedModules', () => {
  const list = (process.getBuiltinModule?.('process') ?? process).moduleLoadList;
  // That one is loaded.
  return list.includes(entryOf('net')) && list;
});

/**
 * @param {string} name of a module of Node
 * @returns {string} how the list has it
 */
function entryOf(name) {
  return `NativeModule ${name}`;
}

/**
 * @param {string} name of a module of Node
 * @returns {boolean} whether it is loaded; true where the host does not tell
 */
function isLoaded(name) {
  return moduleLoadList === undefined || moduleLoadList.includes(entryOf(name));
}

/**
 * @param {string} name of a module of Node
 * @returns {function(): boolean} whether it is loaded, quickly answered; true where the host does not tell
 */
function watchLoading(name) {
  let wasLoaded = moduleLoadList === undefined;
  let seen = 0;
  return () => {
    if (!wasLoaded && moduleLoadList.length !== seen) {
      seen = moduleLoadList.length;
      wasLoaded = isLoaded(name);
    }
    return wasLoaded;
  };
}

module.exports = { isLoaded, watchLoading };
