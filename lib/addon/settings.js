'use strict';

// Settings of the environment with a value that rsnet does not know. The first socket or server throws.

const { variable } = require('../node/switches');

/** What they may be, but for those that the addon reads. Empty ones are as if not set. */
const ALLOWED = { RSNET_AUTO_SELECT_FAMILY: ['sequential'] };

/** How the addon's own message about such a setting begins. */
const ABOUT_SETTING = /^RSNET_[A-Z]+ must be /;

/**
 * @template {Error} Refusal
 * @param {Refusal} error
 * @returns {Refusal} with the code `ERR_RSNET_SETTING`
 */
function asRefusal(error) {
  return Object.assign(error, { code: 'ERR_RSNET_SETTING' });
}

/**
 * @template Made
 * @param {() => Made} make reads what the addon reads
 * @returns {Made} the result of `make`
 * @throws {Error} `ERR_RSNET_SETTING`
 */
function withSettings(make) {
  for (const [name, allowed] of Object.entries(ALLOWED)) {
    const value = variable(name);
    if (value && !allowed.includes(value)) {
      throw asRefusal(new Error(`${name} must be ${allowed.join(' or ')}, got ${JSON.stringify(value)}`));
    }
  }
  try {
    return make();
  } catch (caught) {
    const error = /** @type {Error} */ (caught);
    throw ABOUT_SETTING.test(error.message) ? asRefusal(error) : error;
  }
}

module.exports = { withSettings };
