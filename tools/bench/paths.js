'use strict';

const path = require('node:path');

/** The package's root folder. */
const ROOT = path.join(__dirname, '..', '..');

/** What the bench fetches and writes; ignored by git. */
const CACHE = path.join(ROOT, '.cache', 'bench');

/** The Rust program that makes the load. */
const LOAD = path.join(__dirname, 'load', 'target', 'release', 'rsnet-load');

/** The programs under test. */
const PROGRAM = path.join(__dirname, 'peers', 'program.cjs');

/** Programs that run with and without rsnet registered. */
const PROGRAMS = path.join(__dirname, 'programs');

module.exports = { ROOT, CACHE, LOAD, PROGRAM, PROGRAMS };
