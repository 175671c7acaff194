'use strict';

// Node's protocol for objects of JavaScript that `port.postMessage(value, transferList)` transfers.
//
// Node knows such an object by a private mark. It calls kTransferList for what the object is made of, kTransfer for the
// data to send, and kDeserialize on a new object at the other end. `util.transferableAbortSignal` sets the mark on
// anything that looks like an AbortSignal. Up to Node 20 a marked object is a native one, so that returns a copy.

const util = require('util');
const { probe } = require('./capabilities');
const { defineOnHost } = require('./host-objects');

/**
 * The symbols of the protocol; null where Node has none, and then nothing else here is used.
 * @type {NonNullable<ReturnType<typeof findProtocol>>}
 */
const host = probe('transfer', findProtocol) ?? /** @type {*} */ (null);

/**
 * @returns {Record<'aborted'|'transferList'|'transfer'|'deserialize', symbol>|null} the symbols of the protocol; null
 *   where Node has none
 */
function findProtocol() {
  // Not the global AbortController: reading that makes Node load it.
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
  return Object.values(found).includes(undefined) ? null : /** @type {ReturnType<typeof findProtocol>} */ (found);
}

/**
 * Gives a class the methods of the protocol. Each object must be marked, too.
 * @param {object} prototype
 * @param {object} methods
 * @param {() => object[]} [methods.transferList] returns what has to be transferred with it; may throw
 * @param {() => {data: object, deserializeInfo: string}} [methods.transfer] must not fail; `deserializeInfo` is
 *   `module:export` of the class that the receiver constructs
 * @param {(data: object) => void} methods.deserialize called with `data` on the constructed object
 */
function implement(prototype, { transferList, transfer, deserialize }) {
  if (host === null) return;
  hide(prototype, host.aborted, false);
  if (transferList) hide(prototype, host.transferList, transferList);
  if (transfer) hide(prototype, host.transfer, transfer);
  hide(prototype, host.deserialize, deserialize);
}

/**
 * Defines a property that is not enumerable.
 * @param {object} object
 * @param {string|symbol} key
 * @param {*} value
 * @returns {boolean} false where the object does not take it
 */
function hide(object, key, value) {
  return defineOnHost(object, key, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * @param {*} object of a class that implements the protocol
 * @returns {object} the object, marked; where `marksInPlace` is false, a marked copy
 */
function marked(object) {
  return util.transferableAbortSignal(object);
}

/** @returns {boolean} whether `marked` gives back the object itself */
function findMarksInPlace() {
  if (host === null) return false;
  const sample = { [host.aborted]: false };
  return marked(sample) === sample;
}

const marksInPlace = findMarksInPlace();

/**
 * Marks a new object, where `marksInPlace` is true.
 * @type {(object: *) => void}
 */
const markTransferable = marksInPlace ? util.transferableAbortSignal : () => {};

module.exports = { hide, host, implement, marked, marksInPlace, markTransferable };
