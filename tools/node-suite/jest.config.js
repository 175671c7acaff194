'use strict';

module.exports = {
  rootDir: __dirname,
  testMatch: ['<rootDir>/suite.spec.js'],
  testEnvironment: 'node',
  // Each test process has its own time limit; jest's would only cut a full queue short.
  testTimeout: 2 ** 31 - 1,
  reporters: ['<rootDir>/reporter.js'],
};
