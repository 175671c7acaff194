'use strict';

// What rsnet itself leaves for the check phase of the event loop. It is counted, since `process` lists immediates, and
// these are not the program's.

const { setImmediate } = require('./captured');

let waiting = 0;

/**
 * @param {function(*): void} callback
 * @param {*} argument
 */
function run(callback, argument) {
  waiting--;
  callback(argument);
}

/**
 * Calls a function in the check phase.
 *
 * @param {function(*): void} callback
 * @param {*} [argument]
 */
function later(callback, argument) {
  waiting++;
  setImmediate(run, callback, argument);
}

/** @returns {number} calls to come */
function countLater() {
  return waiting;
}

module.exports = { countLater, later };
