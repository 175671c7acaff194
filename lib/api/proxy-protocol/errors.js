'use strict';

// Errors of connections whose PROXY header is not as it should be.

/** What is wrong, by the code. */
const TEXTS = {
  ERR_PROXY_PROTOCOL_MISSING: 'The connection does not begin with a PROXY header',
  ERR_PROXY_PROTOCOL_INVALID: 'The PROXY header is malformed',
  ERR_PROXY_PROTOCOL_TOO_LARGE: 'The PROXY header is longer than allowed',
  ERR_PROXY_PROTOCOL_TIMEOUT: 'The PROXY header did not come in time',
  ERR_PROXY_PROTOCOL_ENDED: 'The connection ended before its PROXY header did',
  ERR_PROXY_PROTOCOL_OVERLOAD: 'Too many connections wait for their PROXY header',
};

/**
 * @param {string} code
 * @param {string} [reason]
 * @returns {Error}
 */
function proxyError(code, reason) {
  return Object.assign(new Error(reason ? `${TEXTS[code]}: ${reason}` : TEXTS[code]), { code });
}

module.exports = { proxyError };
