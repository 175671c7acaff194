'use strict';

// `instanceof` of the built-in's classes counts rsnet's objects in: a program, or Node itself, that asks whether
// something is a `net.Socket` means what it can do. Node asks before it takes a socket for TLS or sends it to another
// process; what these need is prepared then.

const { builtin } = require('./builtin');

/**
 * @param {'Socket'|'Server'} name
 * @returns {symbol} what marks rsnet's objects; in the registry, since there may be several copies of rsnet
 */
function kindSymbol(name) {
  return Symbol.for(`rsnet.kind.${name}`);
}

/**
 * @param {'Socket'|'Server'} name
 * @param {Function} rsnetClass
 * @param {function(): void} prepare called when an object of the class has been recognised
 */
function countIn(name, rsnetClass, prepare) {
  const kind = kindSymbol(name);
  const builtinClass = builtin[name];
  Object.defineProperty(rsnetClass.prototype, kind, { value: prepare });
  if (Object.hasOwn(builtinClass, kind)) return;
  Object.defineProperty(builtinClass, kind, { value: true });
  Object.defineProperty(builtinClass, Symbol.hasInstance, {
    configurable: true,
    value(instance) {
      if (Function.prototype[Symbol.hasInstance].call(this, instance)) return true;
      const prepareFor = this === builtinClass ? instance?.[kind] : undefined;
      prepareFor?.();
      return prepareFor !== undefined;
    },
  });
}

/** What Node may do with a socket or server after it has asked. */
function prepareHost() {
  require('./handle-passing').install();
  if (process.versions.openssl) require('./tls-handles').install();
}

/**
 * @param {{Socket: Function, Server: Function}} rsnet
 */
function install(rsnet) {
  countIn('Socket', rsnet.Socket, prepareHost);
  countIn('Server', rsnet.Server, prepareHost);
}

module.exports = { install };
