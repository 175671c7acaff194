'use strict';

// Whether rsnet's engine can run here. Where it cannot, rsnet exports the host's own `net` and warns once; with
// RSNET_STRICT=1 it throws. The host is Node, Bun or Deno.

const { builtin } = require('../node/builtin');
const { trace } = require('../node/debug');
const { isOn } = require('../node/switches');

const { bun, deno } = process.versions;

/** The host's name and version, unless it is Node. */
const otherHost = (bun && `Bun ${bun}`) ?? (deno && `Deno ${deno}`);

/**
 * Warns that the host's own `net` is used. Environment data keeps that from being said twice in a process: all threads
 * and all copies of rsnet see it.
 * @param {Error & {code: string}} problem its message is a sentence, and further lines with details
 * @throws {Error} `problem`, if RSNET_STRICT is on
 */
function useHostNet(problem) {
  if (isOn('RSNET_STRICT')) throw problem;
  trace('no engine: %s', problem.message);
  const { getEnvironmentData, setEnvironmentData } = require('../node/worker-threads');
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
 * @returns {Error & {code: string}}
 */
function hostError(message) {
  return Object.assign(new Error(message), { code: 'ERR_RSNET_HOST' });
}

/**
 * Loads the addon.
 * @returns {(Error & {code: string})|undefined} why the engine cannot run
 */
function load() {
  // rsnet needs a Socket written as Node's is: that one runs terminals, and connections under TLS and HTTP/2.
  if (typeof builtin.Socket.prototype._writeGeneric !== 'function') {
    return hostError(`rsnet's engine does not run on ${otherHost ?? 'this host'}.`);
  }
  try {
    require('./native');
    return undefined;
  } catch (caught) {
    const error = /** @type {Error & {code: string}} */ (caught);
    if (error.code !== 'ERR_RSNET_NO_BINARY') throw error;
    return error;
  }
}

/**
 * @returns {boolean} whether `rsnet/register` can put the host's modules on rsnet; it warns where it cannot
 * @throws {Error} in place of the warning, if RSNET_STRICT is on
 */
function canRegister() {
  if (!otherHost) return true;
  useHostNet(hostError(`rsnet/register cannot put the modules of ${otherHost} on rsnet; require('rsnet') works.`));
  return false;
}

const problem = load();
if (problem) useHostNet(problem);

module.exports = { canRegister, isMissing: problem !== undefined };
