'use strict';

// Settings of the environment with a value that rsnet does not know. The first socket or server throws.

const { variable } = require('../node/switches');

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
  // The addon does not read this one. An empty setting is as if not set.
  const attempts = variable('RSNET_AUTO_SELECT_FAMILY');
  if (attempts && attempts !== 'sequential') {
    throw asRefusal(new Error(`RSNET_AUTO_SELECT_FAMILY must be sequential, got ${JSON.stringify(attempts)}`));
  }
  try {
    return make();
  } catch (caught) {
    const error = /** @type {Error} */ (caught);
    throw ABOUT_SETTING.test(error.message) ? asRefusal(error) : error;
  }
}

module.exports = { withSettings };
