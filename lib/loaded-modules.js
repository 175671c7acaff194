'use strict';

// Which of its modules the host has loaded: what rsnet changes in one of them is left alone until a program has it.

/** The modules that the host has loaded; `process` of a test runner's sandbox has a copy from another moment. */
const { moduleLoadList } = process.getBuiltinModule?.('process') ?? process;

/**
 * @param {string} name of a module of Node
 * @returns {function(): boolean} whether it is loaded, quickly answered; true where the host does not tell
 */
function watchLoading(name) {
  let isLoaded = moduleLoadList === undefined;
  let seen = 0;
  return () => {
    if (!isLoaded && moduleLoadList.length !== seen) {
      seen = moduleLoadList.length;
      isLoaded = moduleLoadList.includes(`NativeModule ${name}`);
    }
    return isLoaded;
  };
}

module.exports = { watchLoading };
