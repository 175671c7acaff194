'use strict';

// A program that lists or prints a handle sees what the built-in's has, and nothing of rsnet's own.

const { inspect } = require('util');
const { builtin } = require('../node/builtin');
const symbols = require('./symbols');
const host = require('../node/versions');
const { async_id_symbol, context_frame, owner_symbol, trigger_async_id_symbol } = require('../node/private-symbols');

/** The enumerable members of the built-in's handles, own and inherited. */
const ENUMERABLE = [
  'open', 'bind', 'listen', 'connect', 'bind6', 'connect6', 'getsockname', 'getpeername', 'setNoDelay', 'setKeepAlive',
  ...('setTypeOfService' in builtin.Socket.prototype ? ['setTypeOfService', 'getTypeOfService'] : []),
  'reset', 'fchmod', ...(host.listsOnread ? ['onread'] : []), 'writeQueueSize', 'setBlocking',
  ...(host.hasPendingRead ? ['hasPendingRead'] : []), 'readStart', 'readStop', 'shutdown', 'useUserBuffer',
  'writev', 'writeBuffer', 'writeAsciiString', 'writeUtf8String', 'writeUcs2String', 'writeLatin1String', 'close',
  'hasRef', 'ref', 'unref', 'getAsyncId', 'asyncReset',
  ...(host.hasContextFrames ? ['getAsyncContextFrameForDebuggingOnly'] : []), 'getProviderType',
];

/**
 * rsnet's own state, which the built-in's handles keep in C++.
 * @type {Set<string|symbol>}
 */
const hidden = new Set([...Object.values(symbols), async_id_symbol, context_frame, trigger_async_id_symbol]);

/** The object that is printed for each handle. It is always the same one, so that `inspect` detects circles. */
const views = new WeakMap();

/**
 * The `util.inspect.custom` of handles. `inspect` calls it on the result again.
 * @this {object}
 * @returns {object} what to print
 */
function inspectView() {
  let shown = views.get(this);
  if (shown === undefined) {
    shown = Object.create(Object.getPrototypeOf(this));
    views.set(this, shown).set(shown, shown);
  }
  if (shown === this) return shown;
  for (const key of Reflect.ownKeys(shown)) delete shown[key];
  for (const key of [...Object.keys(this), owner_symbol, ...Reflect.ownKeys(this)]) {
    if (hidden.has(key)) continue;
    // Configurable, so that the next call can delete it.
    Object.defineProperty(shown, key, { ...Object.getOwnPropertyDescriptor(this, key), configurable: true });
  }
  return shown;
}

/** @param {Function} type TCP or Pipe */
function showAsBuiltin(type) {
  Object.defineProperty(type.prototype, inspect.custom, { value: inspectView, configurable: true });
  for (const name of ENUMERABLE) {
    let { prototype } = type;
    while (prototype !== null && !Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype);
    if (prototype !== null) Object.defineProperty(prototype, name, { enumerable: true });
  }
}

module.exports = { showAsBuiltin };
