'use strict';

const { StatusLine } = require('../lib/status');

/** Milliseconds between two looks at how far a run is. */
const INTERVAL = 200;

/** Shows on standard error how far a run is. */
class Progress {
  /**
   * @param {() => string} text what to show now
   */
  constructor(text) {
    this.line = new StatusLine();
    this.timer = setInterval(() => this.line.show(text), INTERVAL);
  }

  /**
   * Show no more.
   *
   * @returns {void}
   */
  stop() {
    clearInterval(this.timer);
    this.line.clear();
  }
}

/**
 * @param {number} value
 * @returns {string} with commas
 */
function count(value) {
  return Math.round(value).toLocaleString('en');
}

/**
 * @param {number} bytes
 * @returns {string} in MB
 */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(Math.abs(bytes) < 1e7 ? 1 : 0)} MB`;
}

module.exports = { Progress, count, megabytes };
