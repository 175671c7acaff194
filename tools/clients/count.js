'use strict';

/**
 * Preloaded into each program, after rsnet where that is registered: counts the connections that are begun and
 * the servers that listen, on the built-in's handles and on rsnet's, but for TLS clients, and writes the counts as
 * JSON to descriptor 3 when the process ends.
 */

const fs = require('node:fs');

const counts = { builtin: { connect: 0, listen: 0 }, rsnet: { connect: 0, listen: 0 } };

/**
 * Connections that TLS makes itself are the host's, also where rsnet is registered.
 * @param {object} handle
 * @returns {boolean} whether it is below a TLS socket
 */
function isOfTls(handle) {
  const symbol = Object.getOwnPropertySymbols(handle).find(({ description }) => description === 'owner_symbol');
  return symbol !== undefined && handle[symbol]?.encrypted === true;
}

/**
 * Count the calls of a class' methods.
 * @param {{connect: number, listen: number}} count
 * @param {Function} Handle
 */
function watch(count, Handle) {
  for (const [method, kind] of [['connect', 'connect'], ['connect6', 'connect'], ['listen', 'listen']]) {
    const original = Handle.prototype[method];
    if (original === undefined) continue;
    Handle.prototype[method] = function(...args) {
      if (!isOfTls(this)) count[kind]++;
      return Reflect.apply(original, this, args);
    };
  }
}

/** The classes of the built-in's handles; the runner's wish to know them is no reason for a warning. */
function watchBuiltin() {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  watch(counts.builtin, process.binding('tcp_wrap').TCP);
  watch(counts.builtin, process.binding('pipe_wrap').Pipe);
  process.noDeprecation = noDeprecation;
}

watchBuiltin();
if (process.env.CLIENT_IMPLEMENTATION === 'rsnet') {
  const { Pipe, TCP } = require('../../lib/handle');
  watch(counts.rsnet, TCP);
  watch(counts.rsnet, Pipe);
}

process.on('exit', () => fs.writeSync(3, JSON.stringify(counts)));
