'use strict';

/** Milliseconds between two states on a terminal, and where there is none. */
const INTERVAL_TTY = 200;
const INTERVAL = 5000;

/** How far a run is, on standard error: one line of a terminal that changes, or a line now and then. */
class StatusLine {
  #last = 0;

  /**
   * @param {object} [options]
   * @param {NodeJS.WriteStream} [options.out]
   * @param {number} [options.interval] milliseconds between two lines where there is no terminal; Infinity: none
   */
  constructor({ out = process.stderr, interval = INTERVAL } = {}) {
    this.out = out;
    this.interval = out.isTTY ? INTERVAL_TTY : interval;
  }

  /**
   * Shows a state, unless another has just been shown.
   * @param {() => string} text
   */
  show(text) {
    const now = Date.now();
    if (now - this.#last < this.interval) return;
    this.#last = now;
    if (this.out.isTTY) this.out.write(`\r\x1b[K${text().slice(0, (this.out.columns ?? 80) - 1)}`);
    else this.out.write(`${text()}\n`);
  }

  /** Takes the state away from a terminal. */
  clear() {
    this.#last = 0;
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }

  /**
   * Writes a line that stays.
   * @param {string} text
   */
  notice(text) {
    this.clear();
    this.out.write(`${text}\n`);
  }
}

module.exports = { StatusLine };
