'use strict';

/**
 * Runs a job for each file: those of the parallel folder beside each other, then the others one at a time.
 * @template T
 * @param {import('./select').TestFile[]} files
 * @param {number} width how many may run beside each other
 * @param {(file: import('./select').TestFile) => Promise<T>} job
 * @returns {Map<string, Promise<T>>} by the file's name, in the order in which the jobs start
 */
function schedule(files, width, job) {
  const results = new Map();
  const beside = [];
  const alone = [];
  for (const file of files) {
    const { promise, resolve, reject } = deferred();
    // A caller that fails earlier may leave a result unwatched.
    promise.catch(() => {});
    results.set(file.name, promise);
    (file.parallel ? beside : alone).push(() => job(file).then(resolve, reject));
  }
  const drain = async (queue) => {
    while (queue.length > 0) await queue.shift()();
  };
  Promise.all(Array.from({ length: width }, () => drain(beside))).then(() => drain(alone));
  return results;
}

/**
 * A promise with its two ends.
 * @returns {{promise: Promise<any>, resolve: (value: any) => void, reject: (error: Error) => void}}
 */
function deferred() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}

module.exports = { schedule };
