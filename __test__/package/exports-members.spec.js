'use strict';

// Each member of the classes and of the exports: name, number of parameters, flags, and the order of enumeration.

const net = require('net');
const { describeRsnet } = require('../helpers');

/**
 * @param {Function} [member]
 * @returns {object|undefined}
 */
function signature(member) {
  return typeof member === 'function' ? { name: member.name, length: member.length } : undefined;
}

/**
 * @param {object} object
 * @param {string|symbol} key
 * @returns {object} all that a program can find out about a property without its value
 */
function shape(object, key) {
  const { enumerable, configurable, writable, value, get, set } = Object.getOwnPropertyDescriptor(object, key) ?? {};
  return {
    key: String(key), enumerable, configurable, writable, value: signature(value), get: signature(get),
    set: signature(set),
  };
}

/** Symbols are each implementation's own affair, and so is what rsnet puts on the built-in for other threads. */
const isCommon = (key) => typeof key === 'string' && !key.startsWith('_Transferred');

describeRsnet('the members', (rsnet) => {
  test.each([
    ['net.Socket.prototype', net.Socket.prototype, rsnet.Socket.prototype],
    ['net.Server.prototype', net.Server.prototype, rsnet.Server.prototype],
    ['net', net, rsnet],
  ])('of %s are like the built-in\'s', (_name, host, own) => {
    const keys = Reflect.ownKeys(host).filter(isCommon);
    expect(keys.map((key) => shape(own, key))).toEqual(keys.map((key) => shape(host, key)));
  });

  test.each([
    ['Socket', net.Socket.prototype, rsnet.Socket.prototype],
    ['Server', net.Server.prototype, rsnet.Server.prototype],
  ])('that a for-in loop over the prototype of %s comes by are the built-in\'s', (_name, host, own) => {
    const enumerate = (object) => {
      const keys = [];
      for (const key in object) keys.push(key);
      return keys;
    };
    expect(enumerate(own)).toEqual(enumerate(host));
  });

  test('rsnet has no other underscored members on its prototypes', () => {
    for (const name of ['Socket', 'Server']) {
      const extra = Object.getOwnPropertyNames(rsnet[name].prototype)
        .filter((key) => key.startsWith('_') && !Object.hasOwn(net[name].prototype, key));
      expect(extra).toEqual([]);
    }
  });

  test('what only newer hosts have is there all the same', () => {
    for (const key of ['setTypeOfService', 'getTypeOfService']) {
      expect(typeof rsnet.Socket.prototype[key]).toBe('function');
    }
  });
});
