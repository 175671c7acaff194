'use strict';

const { createHash } = require('node:crypto');
const { setImmediate: nextTurn } = require('node:timers/promises');

/**
 * Does the same thing many times, a limited number at a time.
 * @template T
 * @param {number} count how often
 * @param {number} limit how many at once
 * @param {(n: number) => Promise<T>} task gets 0 to count - 1
 * @returns {Promise<T[]>} the results in the order of their numbers
 */
async function parallel(count, limit, task) {
  const results = new Array(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      results[n] = await task(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  return results;
}

/**
 * Counts equal values.
 * @param {Array<string | number | boolean>} values
 * @returns {Record<string, number>} how often each came, sorted by value
 */
function tally(values) {
  const counts = {};
  for (const value of [...values].sort()) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/**
 * Reads a stream to its end.
 * @param {AsyncIterable<Buffer>} stream
 * @returns {Promise<{ length: number, sha256: string }>} of what it gave
 */
async function hash(stream) {
  const sha = createHash('sha256');
  let length = 0;
  for await (const chunk of stream) {
    sha.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: sha.digest('hex') };
}

/**
 * Compares what came with what was expected.
 * @param {{ length: number, sha256: string }} got
 * @param {{ length: number, sha256: string }} expected
 * @returns {string} `intact`, or what is wrong
 */
function intact(got, expected) {
  if (got.sha256 === expected.sha256) return 'intact';
  return `${got.length} bytes of ${expected.length}, SHA-256 ${got.sha256}`;
}

/**
 * Tells how something failed.
 * @param {Promise<unknown>} promise
 * @returns {Promise<string>} the error's name, codes and message without ports, or `did not fail`
 */
async function failure(promise) {
  try {
    await promise;
    return 'did not fail';
  } catch (error) {
    const message = error.message.replace(/:\d+/g, ':PORT');
    return [error.name, error.code, error.cause?.code, message].filter(Boolean).join(' ');
  }
}

/**
 * Waits for one event; an `error` before it is not awaited and fails as anywhere.
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} event
 * @returns {Promise<unknown[]>} the event's arguments
 */
function emitted(emitter, event) {
  return new Promise((resolve) => { emitter.once(event, (...args) => resolve(args)); });
}

/**
 * Waits until something holds, which no event tells.
 * @param {() => boolean} condition looked at in each turn of the event loop
 */
async function until(condition) {
  while (!condition()) await nextTurn();
}

module.exports = { parallel, tally, hash, intact, failure, emitted, until };
