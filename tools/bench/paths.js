'use strict';

const path = require('node:path');
const { ROOT, cacheOf } = require('../lib/paths');

/** What the bench fetches and writes. */
const CACHE = cacheOf('bench');

/** Where rsnet lies as its users install it. */
const INSTALLED = path.join(CACHE, 'installed', 'node_modules');

/** The package under test. What the repository has is larger, with comments, and in many files. */
const PACKAGE = path.join(INSTALLED, 'rsnet');

/** The Rust program that makes the load. */
const LOAD = path.join(__dirname, 'load', 'target', 'release', 'rsnet-load');

/** The programs under test. */
const PROGRAM = path.join(__dirname, 'peers', 'program.cjs');

/** Programs that run with and without rsnet registered. */
const PROGRAMS = path.join(__dirname, 'programs');

module.exports = { ROOT, CACHE, INSTALLED, LOAD, PACKAGE, PROGRAM, PROGRAMS };
