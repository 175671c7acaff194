'use strict';

// The protocol by which objects of JavaScript cross between threads (`port.postMessage(value, transferList)`).
//
// Node knows an object that it can transfer by a private mark, and asks it by three methods: what it is made of
// (kTransferList), to give that away (kTransfer), and, at the other end, to become what it was (kDeserialize).
// `util.transferableAbortSignal` sets the mark on anything that looks like an AbortSignal; up to Node 20 the mark is
// a native object, so that it gives back a marked copy instead.

const util = require('util');
const { probe } = require('./capabilities');

const host = probe('transfer', findProtocol) ?? null;

/**
 * @returns {object|null} the symbols of the host's protocol; null on hosts without it
 */
function findProtocol() {
  // Not the global of that name: to read it is to make it, where the host does that on demand.
  const { transferableAbortController, transferableAbortSignal } = util;
  if (typeof transferableAbortSignal !== 'function') return null;
  const { signal } = transferableAbortController();
  const symbols = [
    ...Object.getOwnPropertySymbols(signal),
    ...Object.getOwnPropertySymbols(Object.getPrototypeOf(signal)),
  ];
  const find = (description) => symbols.find((symbol) => symbol.description === description);
  const found = {
    aborted: find('kAborted'),
    transferList: find('messaging_transfer_list_symbol'),
    transfer: find('messaging_transfer_symbol'),
    deserialize: find('messaging_deserialize_symbol'),
  };
  return Object.values(found).includes(undefined) ? null : found;
}

/**
 * Lets the objects of a class take part in the protocol; each must be marked, too.
 *
 * @param {object} prototype
 * @param {object} methods
 * @param {function(): object[]} [methods.transferList] what it is made of that must be transferred as well;
 *   called first, may throw
 * @param {function(): {data: object, deserializeInfo: string}} [methods.transfer] called when nothing can fail any
 *   more; `deserializeInfo` is `module:export` of the class that the receiver makes
 * @param {function(object): void} methods.deserialize called with `data` on what `new` of that class gave
 */
function implement(prototype, { transferList, transfer, deserialize }) {
  if (host === null) return;
  hide(prototype, host.aborted, false);
  if (transferList) hide(prototype, host.transferList, transferList);
  if (transfer) hide(prototype, host.transfer, transfer);
  hide(prototype, host.deserialize, deserialize);
}

/**
 * @param {object} object
 * @param {string|symbol} key
 * @param {*} value of a property that nobody sees by accident
 */
function hide(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * @param {object} object of a class that implements the protocol
 * @returns {object} the object with the mark; where `marksInPlace` is false, a copy
 */
function marked(object) {
  return util.transferableAbortSignal(object);
}

/**
 * @returns {boolean} whether `marked` gives back the object itself
 */
function findMarksInPlace() {
  if (host === null) return false;
  const sample = { [host.aborted]: false };
  return marked(sample) === sample;
}

const marksInPlace = findMarksInPlace();

/**
 * Marks a new object, where that can be done in place; for the constructors.
 *
 * @type {function(object): void}
 */
const markTransferable = marksInPlace ? util.transferableAbortSignal : () => {};

module.exports = { hide, host, implement, marked, marksInPlace, markTransferable };
