'use strict';

/** The table is printed by the spec while the files run; jest itself only adds what failed, and why. */
class FailureReporter {
  /**
   * Called by jest when the spec has ended.
   * @param {object} test
   * @param {object} result jest's results of the spec
   */
  onTestResult(test, result) {
    if (result.testExecError) process.stderr.write(`${result.failureMessage}\n`);
    for (const { failureMessages, status } of result.testResults) {
      if (status !== 'failed') continue;
      // Without the stack of the spec, which says nothing about the test that failed.
      for (const message of failureMessages) {
        process.stderr.write(`${message.replace(/^Error: /, '').replace(/\n\s+at .*\bsuite\.spec\.js[^]*$/, '')}\n`);
      }
    }
  }
}

module.exports = FailureReporter;
