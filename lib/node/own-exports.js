'use strict';

// The exports of rsnet that Node's `net` does not have.

/** `index.mjs` and `index.d.ts` have them, too. */
const OWN_EXPORTS = ['engine', 'listenDescriptors', 'relay', 'sendFile', 'stats'];

/**
 * Not enumerable, so that a program which lists the exports finds those of `net`.
 *
 * @param {object} exports
 * @param {Record<string, *>} values one for each name
 */
function defineOwnExports(exports, values) {
  for (const name of OWN_EXPORTS) {
    Object.defineProperty(exports, name, { value: values[name], writable: name !== 'engine', configurable: true });
  }
}

module.exports = { OWN_EXPORTS, defineOwnExports };
