'use strict';

// Changes of the host's objects. A program may have frozen them, or have made a member final: then the object stays as
// it is, and a capability (capabilities.js) is missing.

const { builtin } = require('./builtin');

/** On functions of the host that rsnet has changed. All copies of rsnet share it. */
const kChanged = Symbol.for('rsnet.changed');

/** What this copy of rsnet keeps for itself, since the built-in's Socket takes no members. */
const ownState = new Map();

/**
 * @param {object} object of the host
 * @param {string|symbol} key
 * @returns {boolean} whether `defineOnHost` can define that member
 */
function canDefineOnHost(object, key) {
  return Object.getOwnPropertyDescriptor(object, key)?.configurable ?? Object.isExtensible(object);
}

/**
 * Defines a member of an object of the host.
 * @param {object} object
 * @param {string|symbol} key
 * @param {PropertyDescriptor} descriptor
 * @returns {boolean} false where the object does not take it
 */
function defineOnHost(object, key, descriptor) {
  return Reflect.defineProperty(object, key, descriptor);
}

/**
 * Gives a member another value. Its flags stay.
 * @param {object} object of the host
 * @param {string|symbol} key
 * @param {*} value
 * @returns {boolean} false where the object does not take it
 */
function setOnHost(object, key, value) {
  const known = Object.getOwnPropertyDescriptor(object, key);
  const { writable = true, configurable = true, enumerable = true } = known ?? {};
  return defineOnHost(object, key, { value, writable, configurable, enumerable });
}

/**
 * @param {object} object of the host
 * @param {string|symbol} key
 * @returns {boolean} whether `replaceMethod` can replace that method
 */
function canReplaceMethod(object, key) {
  const { value, writable, configurable } = Object.getOwnPropertyDescriptor(object, key) ?? {};
  return typeof value === 'function' && (writable === true || configurable === true);
}

/**
 * Replaces a method of the host.
 * @param {object|undefined} object
 * @param {string|symbol} key
 * @param {(method: Function) => Function} wrap gets the host's method
 * @returns {boolean} false where there is no such method, or it cannot be replaced
 */
function replaceMethod(object, key, wrap) {
  return object !== undefined && canReplaceMethod(object, key) && setOnHost(object, key, wrap(object[key]));
}

/**
 * What all copies of rsnet share: the first makes it, and leaves it on the built-in's Socket. Where that is frozen,
 * each copy has its own.
 * @template [T=*]
 * @param {symbol} key
 * @param {() => T} [make] makes it where there is none
 * @returns {T} undefined where there is none, and `make` was left out
 */
function sharedState(key, make) {
  if (Object.hasOwn(builtin.Socket, key)) return builtin.Socket[key];
  if (ownState.has(key)) return ownState.get(key);
  if (make === undefined) return /** @type {*} */ (undefined);
  const state = make();
  if (!defineOnHost(builtin.Socket, key, { value: state })) ownState.set(key, state);
  return state;
}

module.exports = {
  canDefineOnHost, canReplaceMethod, defineOnHost, kChanged, replaceMethod, setOnHost, sharedState,
};
