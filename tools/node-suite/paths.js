'use strict';

const path = require('node:path');

/** The package's root folder. */
const ROOT = path.join(__dirname, '..', '..');

/** Everything the runner fetches or writes; ignored by git. */
const CACHE = path.join(ROOT, '.cache', 'node-suite');

/** The module that a test process loads first in the rsnet column. */
const PRELOAD = path.join(__dirname, 'preload.js');

module.exports = { ROOT, CACHE, PRELOAD };
