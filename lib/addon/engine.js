'use strict';

// Whether rsnet's engine can run here. Where it cannot, the host's own `net` stands in, and a warning says so;
// RSNET_STRICT=1 makes an error of that.

const { builtin } = require('../node/builtin');
const { trace } = require('../node/debug');
const { isOn } = require('../node/switches');

const { bun, deno } = process.versions;

/** The host, where it is another than Node. */
const otherHost = (bun && `Bun ${bun}`) ?? (deno && `Deno ${deno}`);

/**
 * Says that the host's own `net` is used; an error where RSNET_STRICT is on. Once: threads inherit what is set here, as
 * other processes do not, and several copies of rsnet find it.
 * @param {Error} problem why: a sentence, which may be followed by lines with more
 * @throws {Error} the same, if RSNET_STRICT is on
 */
function standIn(problem) {
  if (isOn('RSNET_STRICT')) throw problem;
  trace('no engine: %s', problem.message);
  const { getEnvironmentData, setEnvironmentData } = require('../node/captured');
  const code = problem.code.replace(/^ERR_/, '');
  if (getEnvironmentData?.(code)) return;
  setEnvironmentData?.(code, true);
  const [sentence, ...lines] = problem.message.split('\n');
  if (lines.length > 0) lines.push('With RSNET_STRICT=1 this is an error.');
  const detail = lines.length > 0 ? { detail: lines.join('\n') } : {};
  process.emitWarning(`${sentence} The host's own net is used instead.`, { code, ...detail });
}

/**
 * @param {string} message
 * @returns {Error} which says what rsnet cannot do on this host
 */
function hostError(message) {
  return Object.assign(new Error(message), { code: 'ERR_RSNET_HOST' });
}

/**
 * Loads the addon.
 * @returns {Error|undefined} why the engine cannot run
 */
function load() {
  // Sockets that the host has to run go on with that of its own: terminals, and those of TLS and HTTP/2.
  if (typeof builtin.Socket.prototype._writeGeneric !== 'function') {
    return hostError(`rsnet's engine does not run on ${otherHost ?? 'this host'}.`);
  }
  try {
    require('./native');
    return undefined;
  } catch (error) {
    if (error.code !== 'ERR_RSNET_NO_BINARY') throw error;
    return error;
  }
}

/**
 * Tells whether Node's modules can be put on rsnet here, once it runs.
 * @returns {boolean} false where `net` has to stay the host's own, as a warning has said
 * @throws {Error} the same as an error, if RSNET_STRICT is on
 */
function canRegister() {
  if (!otherHost) return true;
  standIn(hostError(`rsnet/register cannot put the modules of ${otherHost} on rsnet; require('rsnet') works.`));
  return false;
}

const problem = load();
if (problem) standIn(problem);

module.exports = { canRegister, isMissing: problem !== undefined };
