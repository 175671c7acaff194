'use strict';

// Switches in the environment, such as RSNET_DEBUG=1.

/** Values with which a switch is off. */
const OFF = new Set(['', '0', 'false', 'no', 'off']);

/**
 * @param {string} name
 * @returns {string|undefined} the value; none where the process may not read its environment: Deno throws then
 */
function variable(name) {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}

/**
 * @param {string} name of the variable
 */
function isOn(name) {
  return !OFF.has((variable(name) ?? '').toLowerCase());
}

module.exports = { isOn, variable };
