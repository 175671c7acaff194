'use strict';

// What rsnet uses of `worker_threads`. It is not in captured.js, since Node takes longer to load that module than
// `rsnet/register` may take, and no fake clock replaces it.

/**
 * @returns {Partial<typeof import('worker_threads')>} the module; empty where Node cannot load it because the program
 *   has frozen `process`
 */
function findWorkerThreads() {
  try {
    return require('worker_threads');
  } catch {
    return {};
  }
}

const { MessagePort, getEnvironmentData, markAsUncloneable, setEnvironmentData } = findWorkerThreads();

module.exports = { MessagePort, getEnvironmentData, markAsUncloneable, setEnvironmentData };
