'use strict';

const { isMissing } = require('./lib/addon/engine');

module.exports = isMissing ? require('./lib/fallback') : require('./lib/exports');
