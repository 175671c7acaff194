'use strict';

/**
 * Derives a class from the host's. The host's own instances (terminals, TLS) count as instances of it, as they do where
 * rsnet's engine runs.
 *
 * @param {Function} Derived
 * @param {Function} Host
 */
function derive(Derived, Host) {
  Object.setPrototypeOf(Derived.prototype, Host.prototype);
  Object.setPrototypeOf(Derived, Host);
  Object.defineProperty(Derived, Symbol.hasInstance, {
    value(instance) {
      return Function.prototype[Symbol.hasInstance].call(this, instance) ||
        (this === Derived && instance instanceof Host);
    },
  });
}

/**
 * @param {Function} Class
 * @param {*} value
 * @returns {boolean} whether the class, or one derived from it, made the value
 */
function isMadeBy(Class, value) {
  return Object.prototype.isPrototypeOf.call(Class.prototype, value);
}

module.exports = { derive, isMadeBy };
