'use strict';

// What rsnet leaves with the host and must not keep the copy of rsnet alive that left it: test runners load rsnet
// again and again. So nothing here may refer to another file of rsnet.

/**
 * Defines a property that gives an object as long as somebody else keeps it, and undefined after that.
 *
 * @param {object} target
 * @param {string|symbol} name
 * @param {object} object
 */
function weakProperty(target, name, object) {
  const reference = new WeakRef(object);
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    get() { return reference.deref(); },
  });
}

/**
 * Makes the host's `deserialize` hand over what rsnet has sent.
 *
 * @param {object} prototype of the host's class
 * @param {symbol} key of the host's method
 * @param {Function} byHost the host's own method
 * @param {{deserialize: Function}} kind kept by rsnet
 */
function deserializeWeakly(prototype, key, byHost, kind) {
  const reference = new WeakRef(kind);
  Object.defineProperty(prototype, key, {
    ...Object.getOwnPropertyDescriptor(prototype, key),
    value(data) {
      const byRsnet = data?.rsnet === true ? reference.deref() : undefined;
      Reflect.apply(byRsnet === undefined ? byHost : byRsnet.deserialize, this, [data]);
    },
  });
}

module.exports = { deserializeWeakly, weakProperty };
