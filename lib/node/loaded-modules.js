'use strict';

// Which of its modules Node has loaded. rsnet changes a module only when the program has loaded it.

const { probe } = require('./capabilities');
const { entryOf, hostList } = require('./load-trap');

/** Node's list. */
const moduleLoadList = probe('loadedModules', () => {
  const list = hostList();
  // `net` is loaded, so its entry shows whether the list still has the form that is expected here.
  return list.includes(entryOf('net')) && list;
});

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
