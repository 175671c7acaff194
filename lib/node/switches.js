'use strict';

// Switches in the environment, such as RSNET_DEBUG=1.

/** Values with which a switch is off. */
const OFF = new Set(['', '0', 'false', 'no', 'off']);

/**
 * @param {string} name of the variable
 * @returns {boolean}
 */
function isOn(name) {
  return !OFF.has((process.env[name] ?? '').toLowerCase());
}

module.exports = { isOn };
