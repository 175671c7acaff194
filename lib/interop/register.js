'use strict';

/**
 * `node -r rsnet/register`, `node --import rsnet/register` or `require('rsnet/register')` loads this file. From then on
 * `net` and `node:net` are rsnet in this thread, and in processes and threads that inherit the option.
 *
 * RSNET_DISABLE=1 turns it off; RSNET_DEBUG=1 writes the active backend to stderr. Where rsnet's engine cannot run,
 * `net` stays the host's own.
 *
 * Most processes that inherit the option never use `net`. So rsnet is loaded when Node has loaded its own `net`.
 */

// Timers, ticks and the clock as they are now.
require('../node/captured');
const { hasBinary } = require('../addon/binary-places');
const { setTrap } = require('../node/load-trap');
const { isOn, variable } = require('../node/switches');

/** What a program or a user wants to know at once. */
const AT_ONCE = ['RSNET_DEBUG', 'RSNET_STRICT'];

/** @returns {boolean} whether rsnet can be loaded later without anybody missing something until then */
function canWait() {
  const { bun, deno } = process.versions;
  // With NODE_DEBUG, loading prints, and a stream that is being made cannot print. A process whose rights are
  // restricted may not be allowed to load the addon later.
  return !bun && !deno && !AT_ONCE.some(isOn) && !variable('NODE_DEBUG') && process.permission === undefined &&
    hasBinary();
}

/** Registers while Node loads its `net`. Nothing may be thrown there. */
function registerLate() {
  try {
    require('./activate').activate();
  } catch (caught) {
    const error = /** @type {Error|undefined} */ (caught);
    const text = `rsnet cannot be loaded: ${error?.message}. The host's own net is used instead.`;
    process.emitWarning(text, { code: 'RSNET_LOAD', detail: error?.stack });
    const net = require('node:net');
    if (!('engine' in net)) Reflect.defineProperty(net, 'engine', { value: 'node', configurable: true });
  }
}

/** @returns {boolean} false where `net` stays the host's own, since rsnet cannot run in its place */
function registerNow() {
  const isActive = require('./activate').activate();
  if (isActive) require('node:module').syncBuiltinESMExports();
  return isActive;
}

/**
 * Writes the line that RSNET_DEBUG asks for.
 * @param {boolean} isActive whether rsnet runs in place of the host's `net`
 */
function announce(isActive) {
  const { version } = require('../../package.json');
  if (isOn('RSNET_DISABLE')) {
    process.stderr.write(`rsnet ${version}: off (RSNET_DISABLE)\n`);
    return;
  }
  const { listed, missing } = require('../node/capabilities');
  const lacks = missing().map((text) => `; ${text}`).join('');
  if (!isActive) {
    process.stderr.write(`rsnet ${version}: cannot run, the host's own net${lacks}\n`);
    return;
  }
  const bridge = require('../addon/bridge').getBridge();
  // Only the tokio backend starts them.
  const threads = bridge.backend === 'tokio' ? `, ${bridge.threads} runtime threads` : '';
  process.stderr.write(`rsnet ${version}: ${bridge.backend} backend${threads}${lacks}\n`);
  for (const line of listed()) require('../node/debug').trace(line);
}

const isOff = isOn('RSNET_DISABLE');
if (isOff || !canWait() || !setTrap('net', registerLate)) {
  const isActive = !isOff && registerNow();
  if (isOn('RSNET_DEBUG')) announce(isActive);
}
