'use strict';

// Properties of Node's objects that refer to rsnet's only weakly. Test runners load rsnet again and again, and such a
// property must not keep the copy that defined it alive. So nothing here may refer to another file of rsnet.

/**
 * Defines a property that is undefined once the object was collected.
 * @param {object} target
 * @param {string|symbol} name
 * @param {object} object
 * @returns {boolean} false where the target does not take it
 */
function weakProperty(target, name, object) {
  const reference = new WeakRef(object);
  return Reflect.defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    get() { return reference.deref(); },
  });
}

/**
 * Lets rsnet deserialize what rsnet has sent, in place of Node's method.
 * @param {object} prototype of Node's class
 * @param {symbol} key of the method
 * @param {Function} byHost Node's method
 * @param {{deserialize: Function}} kind which rsnet has to keep alive
 * @returns {boolean} false where the prototype does not take it
 */
function deserializeWeakly(prototype, key, byHost, kind) {
  const reference = new WeakRef(kind);
  return Reflect.defineProperty(prototype, key, {
    ...Object.getOwnPropertyDescriptor(prototype, key),
    value(data) {
      const byRsnet = data?.rsnet === true ? reference.deref() : undefined;
      Reflect.apply(byRsnet === undefined ? byHost : byRsnet.deserialize, this, [data]);
    },
  });
}

/**
 * @param {{[name: string]: Function}} object which rsnet has to keep alive
 * @param {string} name of a method
 * @param {Function} byHost Node's method
 * @returns {Function} which calls the object's method, or Node's once the object was collected
 */
function weakMethod(object, name, byHost) {
  const reference = new WeakRef(object);
  return {
    /** @param {...*} args */
    method(...args) { return Reflect.apply(reference.deref()?.[name] ?? byHost, this, args); },
  }.method;
}

module.exports = { deserializeWeakly, weakMethod, weakProperty };
