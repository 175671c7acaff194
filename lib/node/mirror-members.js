'use strict';

// Gives members of rsnet's classes the order, names, lengths and flags of the built-in's, for programs that list them.

/**
 * @param {Function} [own]
 * @param {Function} [host] the built-in's
 */
function nameLike(own, host) {
  if (typeof own !== 'function' || typeof host !== 'function') return;
  for (const key of ['name', 'length']) {
    if (own[key] !== host[key]) Object.defineProperty(own, key, { value: host[key] });
  }
}

/**
 * @param {object} object of the host
 * @returns {PropertyDescriptorMap} its members, with flags as before a program has frozen the object
 */
function membersOf(object) {
  /** @type {PropertyDescriptorMap} */
  const members = Object.getOwnPropertyDescriptors(object);
  const isSealed = Object.isSealed(object);
  const isFrozen = Object.isFrozen(object);
  for (const key of isSealed ? Reflect.ownKeys(members) : []) {
    members[key].configurable = true;
    if (isFrozen && 'value' in members[key]) members[key].writable = true;
  }
  return members;
}

/**
 * Defines the members of a class. Those that this version of the built-in lacks are not enumerable.
 * @param {object} prototype
 * @param {object} model the built-in's prototype
 * @param {PropertyDescriptorMap} members
 */
function defineLike(prototype, model, members) {
  const models = membersOf(model);
  for (const key of new Set([...Reflect.ownKeys(models), ...Reflect.ownKeys(members)])) {
    if (!Object.hasOwn(members, key)) continue;
    const known = models[key];
    const descriptor = { ...members[key], enumerable: known?.enumerable ?? false };
    descriptor.configurable = known?.configurable ?? true;
    for (const part of ['value', 'get', 'set']) nameLike(descriptor[part], known?.[part]);
    Object.defineProperty(prototype, key, descriptor);
  }
}

module.exports = { defineLike, membersOf, nameLike };
