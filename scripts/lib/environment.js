'use strict';

// What processes get as their environment whose behaviour or output is looked at.

/** Set by whoever started this process, for its own output or its own runtime; children would behave by it, too. */
const FOREIGN = /^(NODE_.*|JEST_.*|DEBUG|(FORCE|NO)_COLOR|CLICOLOR(_FORCE)?|COLORTERM|RSNET_(DEBUG|DISABLE|STRICT))$/;

/** What a process needs to reach the network here. */
const NEEDED = new Set(['NODE_EXTRA_CA_CERTS']);

/**
 * The environment for a process that specs and tools start: this process's own, without what belongs to whoever started
 * this one. jest, for example, has its workers write colours if there is a terminal, by FORCE_COLOR.
 * @param {Record<string, string | undefined>} [more] added to it; what is undefined is left out
 * @returns {Record<string, string>} a fresh object
 */
function childEnvironment(more = {}) {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name) || NEEDED.has(name));
  // The host's own net must not pass for rsnet.
  const added = { ...Object.fromEntries(own), RSNET_STRICT: '1', ...more };
  return Object.fromEntries(Object.entries(added).filter(([, value]) => value !== undefined));
}

module.exports = { childEnvironment };
