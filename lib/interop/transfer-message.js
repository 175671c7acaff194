'use strict';

// Transferring on hosts that can't mark an object in place (up to Node 20). A marked proxy takes the place of each
// transferred object in the message.

const { record } = require('../node/capabilities');
const { setOnHost } = require('../node/host-objects');
const { nameLike } = require('../node/mirror-members');
const { hide, host, implement, marked } = require('../node/transferable');
const { weakMethod } = require('../node/weak');
// A vm context does not have this global.
const { MessagePort } = require('../node/worker-threads');

/** Property of a replaced postMessage: the host's own. Another copy of rsnet may have replaced it. */
const kHostPostMessage = Symbol.for('rsnet.hostPostMessage');

/** A proxy forwards the host's transfer protocol to its `source`. */
class TransferProxy {
  /** @param {object} source */
  constructor(source) {
    hide(this, 'source', source);
  }
}

/**
 * @param {*} value
 * @returns {boolean} whether it is transferable by the host's protocol and not marked
 */
function needsProxy(value) {
  return value !== null && typeof value === 'object' && host.aborted in value && host.transfer in value &&
    !(globalThis.AbortSignal && value instanceof AbortSignal);
}

/**
 * Copies a message with the proxies in their places. Looks into plain objects, arrays, maps and sets.
 *
 * @param {*} value
 * @param {Map<object, object>} copies by original; the proxies are in it from the start
 * @returns {*}
 */
function replace(value, copies) {
  if (value === null || typeof value !== 'object') return value;
  if (copies.has(value)) return copies.get(value);
  if (value instanceof Map) {
    const copy = new Map();
    copies.set(value, copy);
    for (const [key, item] of value) copy.set(replace(key, copies), replace(item, copies));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set();
    copies.set(value, copy);
    for (const item of value) copy.add(replace(item, copies));
    return copy;
  }
  const isArray = Array.isArray(value);
  const prototype = Object.getPrototypeOf(value);
  if (!isArray && prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
  const copy = isArray ? new Array(value.length) : {};
  copies.set(value, copy);
  for (const key of Object.keys(value)) copy[key] = replace(value[key], copies);
  return copy;
}

/**
 * @param {*} list the second argument of postMessage
 * @returns {Array|undefined} the transfer list; undefined where there is none
 */
function transferListOf(list) {
  const items = list?.[Symbol.iterator] ? list : list?.transfer;
  return items?.[Symbol.iterator] ? [...items] : undefined;
}

/** What the ports of this thread call, kept alive here. */
let replacement;

/** Lets the ports of this thread post unmarked objects. */
function install() {
  /** @type {Parameters<typeof implement>[1] & ThisType<*>} */
  const methods = {
    transferList() { return this.source[host.transferList](); },
    transfer() { return this.source[host.transfer](); },
    deserialize() {},
  };
  implement(TransferProxy.prototype, methods);
  if (MessagePort === undefined) return;
  const { prototype } = MessagePort;
  const { postMessage } = prototype;
  const hostPostMessage = postMessage[kHostPostMessage] ?? postMessage;
  replacement = {
    postMessage(value, list, ...rest) {
      const items = transferListOf(list);
      const sources = new Set(items?.filter(needsProxy));
      if (sources.size === 0) return Reflect.apply(hostPostMessage, this, [value, list, ...rest]);
      const copies = new Map();
      for (const source of sources) copies.set(source, marked(new TransferProxy(source)));
      const transferred = items?.map((item) => copies.get(item) ?? item);
      return Reflect.apply(hostPostMessage, this, [replace(value, copies), transferred, ...rest]);
    },
  };
  const method = weakMethod(replacement, 'postMessage', hostPostMessage);
  hide(method, kHostPostMessage, hostPostMessage);
  nameLike(method, hostPostMessage);
  record('transfer', setOnHost(prototype, 'postMessage', method));
}

module.exports = { install };
