'use strict';

const fs = require('node:fs');

/** Remembers what the built-in passed: with one binary and one suite, a pass need not be shown twice. */
class Baseline {
  /**
   * @param {string} file where the passes are kept
   * @param {boolean} refresh whether to begin anew
   */
  constructor(file, refresh) {
    this.file = file;
    this.passes = refresh ? {} : this.read();
    this.added = {};
  }

  /**
   * Reads the passes that are kept.
   * @returns {Record<string, {skipped: boolean, seconds: number}>} by the files' names
   */
  read() {
    return fs.existsSync(this.file) ? JSON.parse(fs.readFileSync(this.file, 'utf8')) : {};
  }

  /**
   * The outcome on the built-in that is kept.
   * @param {string} name the test file's
   * @returns {import('./run-file').Outcome|undefined}
   */
  kept(name) {
    return Object.hasOwn(this.passes, name) ? { ok: true, reason: '', output: '', ...this.passes[name] } : undefined;
  }

  /**
   * Keeps the outcome of a run, if it is a pass.
   * @param {string} name the test file's
   * @param {import('./run-file').Outcome} outcome
   */
  note(name, { ok, skipped, seconds }) {
    if (ok) this.passes[name] = this.added[name] = { skipped, seconds };
  }

  /** Writes the passes down, beside those that other runs have added meanwhile. */
  save() {
    if (Object.keys(this.added).length === 0) return;
    const partial = `${this.file}.partial-${process.pid}`;
    fs.writeFileSync(partial, `${JSON.stringify({ ...this.read(), ...this.added }, null, 1)}\n`);
    fs.renameSync(partial, this.file);
  }
}

module.exports = { Baseline };
