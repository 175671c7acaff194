'use strict';

// rsnet's own immediates. They are counted, so that `process.getActiveResourcesInfo()` lists only the program's.

const { setImmediate } = require('./captured');

let waiting = 0;

/**
 * @param {(argument: *) => void} callback
 * @param {*} argument
 */
function run(callback, argument) {
  waiting--;
  callback(argument);
}

/**
 * @param {(argument: *) => void} callback called in the check phase
 * @param {*} [argument]
 */
function later(callback, argument) {
  waiting++;
  setImmediate(run, callback, argument);
}

/** @returns {number} immediates that have not run */
function countLater() {
  return waiting;
}

module.exports = { countLater, later };
