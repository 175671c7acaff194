'use strict';

const { isMissing } = require('./lib/addon/engine');

module.exports = isMissing ? require('./lib/fallback') : require('./lib/exports');

// A program that loads this package loads `net` by that, and `rsnet/register` may be waiting for `net`.
require('./lib/node/load-trap').endOwnLoads();
