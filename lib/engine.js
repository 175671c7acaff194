'use strict';

// Whether rsnet's engine can run here. Where no binary of it loads, the host's own `net` stands in, and a warning says
// so; RSNET_STRICT=1 makes an error of that.

const { trace } = require('./debug');
const { isOn } = require('./switches');

/** Where the threads that a thread starts find that it has warned: not in `process.env`, which programs hand on. */
const WARNED = 'rsnet.noBinary';

/**
 * Warns that the host's own `net` is used. Once: threads inherit what is set here, and so do several copies of rsnet.
 * @param {Error} problem why there is no engine: a sentence, then lines with more
 */
function warn(problem) {
  const { getEnvironmentData, setEnvironmentData } = require('./captured');
  if (getEnvironmentData?.(WARNED)) return;
  setEnvironmentData?.(WARNED, true);
  const [sentence, ...lines] = problem.message.split('\n');
  process.emitWarning(`${sentence} The host's own net is used instead.`, {
    code: 'RSNET_NO_BINARY', detail: [...lines, 'With RSNET_STRICT=1 this is an error.'].join('\n'),
  });
}

/**
 * Loads the addon.
 * @returns {Error|undefined} why there is none that loads
 * @throws {Error} the same, if RSNET_STRICT is on
 */
function load() {
  try {
    require('./native');
    return undefined;
  } catch (error) {
    if (error.code !== 'ERR_RSNET_NO_BINARY' || isOn('RSNET_STRICT')) throw error;
    return error;
  }
}

const problem = load();
if (problem) {
  trace('no addon: %s', problem.message);
  warn(problem);
}

module.exports = { isMissing: problem !== undefined };
