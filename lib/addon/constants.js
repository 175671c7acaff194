'use strict';

// Numbers that Rust and JavaScript share. src/addon/constants.rs defines and explains them.

const constants = require('./native').constants();

/**
 * @param {number} kind one of `events`
 * @returns {string|undefined} for NODE_DEBUG=rsnet
 */
function eventName(kind) {
  return Object.keys(constants.events).find((name) => constants.events[name] === kind);
}

module.exports = { ...constants, eventName };
