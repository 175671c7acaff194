'use strict';

// Numbers that Rust and JavaScript share. src/addon/constants.rs defines and explains them.

/**
 * @type {{
 *   events: {[kind: string]: number}, entry: {[name: string]: number},
 *   encodings: {[name: string]: number}, sentinels: {[name: string]: number},
 *   sizes: {[name: string]: number},
 * }}
 */
module.exports = require('./native').constants();
