'use strict';

const { isMissing } = require('./lib/engine');

module.exports = isMissing ? require('./lib/fallback') : require('./lib/exports');
