'use strict';

// Numbers that Rust and JavaScript share. src/addon/constants.rs defines and explains them.

module.exports = require('./native').constants();
