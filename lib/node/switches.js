'use strict';

/** What a switch in the environment may be set to without being on. */
const OFF = new Set(['', '0', 'false', 'no', 'off']);

/**
 * Tells whether a switch in the environment is on.
 * @param {string} name the variable's
 * @returns {boolean}
 */
function isOn(name) {
  return !OFF.has((process.env[name] ?? '').toLowerCase());
}

module.exports = { isOn };
