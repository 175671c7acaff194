'use strict';

// A progress bar for a terminal; where the output is no terminal, a line now and then.

const WIDTH = 20;
/** Milliseconds between two drawings on a terminal, and between two lines elsewhere. */
const EVERY = process.stdout.isTTY ? 80 : 2000;

/**
 * Bytes as megabytes.
 * @param {number} bytes how many
 * @returns {string} with one decimal
 */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/** How far one transfer is. */
class Progress {
  /**
   * @param {string} title what is going on
   * @param {number} total bytes to be moved, both ways together
   */
  constructor(title, total) {
    this.title = title.padEnd(26);
    this.total = total;
    this.drawn = Date.now();
    if (process.stdout.isTTY) this.draw(0);
  }

  /**
   * Show how much has been moved, unless that was shown a moment ago.
   * @param {number} moved bytes
   */
  update(moved) {
    const now = Date.now();
    if (now - this.drawn < EVERY) return;
    this.drawn = now;
    this.draw(moved);
  }

  /**
   * Draw the bar.
   * @param {number} moved bytes
   */
  draw(moved) {
    const part = this.total === 0 ? 1 : moved / this.total;
    const filled = Math.floor(part * WIDTH);
    const bar = '#'.repeat(filled).padEnd(WIDTH, '.');
    const percent = String(Math.floor(part * 100)).padStart(3);
    const line = `${this.title} [${bar}] ${percent}%  ${megabytes(moved)} MB`;
    process.stdout.write(process.stdout.isTTY ? `\r${line}\x1b[K` : `${line}\n`);
  }

  /**
   * Show that everything has arrived. There is no rate, since hashing takes most of the time.
   * @param {number} bytes that were moved, both ways together
   */
  end(bytes) {
    const bar = '#'.repeat(WIDTH);
    const line = `${this.title} [${bar}] 100%  ${megabytes(bytes)} MB, SHA-256 equal`;
    process.stdout.write(process.stdout.isTTY ? `\r${line}\x1b[K\n` : `${line}\n`);
  }

  /** Leave the bar as it is, so that a message can follow on a line of its own. */
  abandon() {
    if (process.stdout.isTTY) process.stdout.write('\n');
  }
}

module.exports = { Progress, megabytes };
