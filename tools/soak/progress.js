'use strict';

/** Milliseconds between two lines where there is no terminal, and on one. */
const INTERVAL = 5000;
const INTERVAL_TTY = 200;

/** Shows on standard error how far a run is: one line of a terminal, or a line now and then. */
class Progress {
  /**
   * @param {() => string} text what to show now
   * @param {NodeJS.WriteStream} [out]
   */
  constructor(text, out = process.stderr) {
    this.out = out;
    this.timer = setInterval(() => {
      if (out.isTTY) out.write(`\r\x1b[K${text().slice(0, (out.columns ?? 80) - 1)}`);
      else out.write(`${text()}\n`);
    }, out.isTTY ? INTERVAL_TTY : INTERVAL);
  }

  /**
   * Show no more.
   *
   * @returns {void}
   */
  stop() {
    clearInterval(this.timer);
    if (this.out.isTTY) this.out.write('\r\x1b[K');
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
