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
    this.passes = !refresh && fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  }

  /**
   * The outcome on the built-in: the kept one, or that of a run. A file that fails gets a second chance, so
   * that a busy moment of the machine doesn't take it out of the count.
   * @param {string} name the test file's
   * @param {() => Promise<import('./run-file').Outcome>} run
   * @returns {Promise<import('./run-file').Outcome>}
   */
  async outcome(name, run) {
    const kept = this.passes[name];
    if (kept) return { ok: true, reason: '', output: '', ...kept };
    let outcome = await run();
    if (!outcome.ok) outcome = await run();
    if (outcome.ok) this.passes[name] = { skipped: outcome.skipped, seconds: outcome.seconds };
    return outcome;
  }

  /** Writes the passes down. */
  save() {
    fs.writeFileSync(this.file, `${JSON.stringify(this.passes, null, 1)}\n`);
  }
}

module.exports = { Baseline };
