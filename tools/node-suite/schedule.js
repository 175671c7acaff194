'use strict';

/**
 * @template T
 * @typedef {object} Done what a job gives
 * @property {T} [result] missing if there is to be another try
 * @property {() => Promise<T>} [again] the other try, made when everything else has ended
 */

/**
 * Runs a job for each file: those of the parallel folder beside each other, then the others one at a time, and
 * then, one at a time as well, what is to be tried again.
 * @template T
 * @param {import('./select').TestFile[]} files
 * @param {number} width how many may run beside each other
 * @param {(file: import('./select').TestFile) => Promise<Done<T>>} job
 * @returns {Map<string, Promise<T>>} by the file's name, in the order in which the jobs start
 */
function schedule(files, width, job) {
  const results = new Map();
  const beside = [];
  const alone = [];
  const again = [];
  for (const file of files) {
    const { promise, resolve, reject } = deferred();
    // A caller that fails earlier may leave a result unwatched.
    promise.catch(() => {});
    results.set(file.name, promise);
    (file.parallel ? beside : alone).push(() => job(file).then((done) => {
      if (done.again) again.push(() => done.again().then(resolve, reject));
      else resolve(done.result);
    }, reject));
  }
  const drain = async (queue) => {
    while (queue.length > 0) await queue.shift()();
  };
  Promise.all(Array.from({ length: width }, () => drain(beside))).then(() => drain(alone)).then(() => drain(again));
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
