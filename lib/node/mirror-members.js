'use strict';

// The members of rsnet's classes as a program sees them that lists them: with the order, the names, the lengths and the
// flags that the host's have, whatever its version.

/**
 * @param {Function} [own]
 * @param {Function} [host] the host's counterpart
 */
function nameLike(own, host) {
  if (typeof own !== 'function' || typeof host !== 'function') return;
  for (const key of ['name', 'length']) {
    if (own[key] !== host[key]) Object.defineProperty(own, key, { value: host[key] });
  }
}

/**
 * Defines the members of a class. Those that the host does not have, since it is older, are not enumerated.
 *
 * @param {object} prototype
 * @param {object} model the host's
 * @param {{[name: string]: PropertyDescriptor}} members
 */
function defineLike(prototype, model, members) {
  for (const key of new Set([...Reflect.ownKeys(model), ...Reflect.ownKeys(members)])) {
    if (!Object.hasOwn(members, key)) continue;
    const known = Object.getOwnPropertyDescriptor(model, key);
    const descriptor = { ...members[key], enumerable: known?.enumerable ?? false };
    descriptor.configurable = known?.configurable ?? true;
    for (const part of ['value', 'get', 'set']) nameLike(descriptor[part], known?.[part]);
    Object.defineProperty(prototype, key, descriptor);
  }
}

module.exports = { defineLike, nameLike };
