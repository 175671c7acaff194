'use strict';

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__test__/**/*.spec.js'],
  // Copies of the package's manifest must not be taken for further packages of the same name.
  modulePathIgnorePatterns: ['dist', 'target', 'tools/bench/load/target', 'npm', '.cache']
    .map((folder) => `<rootDir>/${folder}/`),
  testTimeout: 30000,
  maxWorkers: 2,
};
