'use strict';

const path = require('node:path');
const { ROOT, cacheOf } = require('../lib/paths');

/** Everything the runner fetches or writes. */
const CACHE = cacheOf('node-suite');

/** The module that a test process loads first in the rsnet column. */
const PRELOAD = path.join(__dirname, 'preload.js');

module.exports = { ROOT, CACHE, PRELOAD };
