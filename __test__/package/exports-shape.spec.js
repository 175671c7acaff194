'use strict';

const events = require('events');
const stream = require('stream');
const net = require('net');
const { describeRsnet, implementations, traceTest } = require('../helpers');

/**
 * Public and underscored members of a prototype, with what they are. Symbols are Node's own affair, and where the
 * handle is kept as well.
 *
 * @param {object} prototype
 * @returns {object} 'function', 'accessor' or 'value' by name
 */
function members(prototype) {
  return Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([key]) => key !== '_handle')
    .map(([key, { get, set, value }]) => {
      return [key, get || set ? 'accessor' : typeof value === 'function' ? 'function' : 'value'];
    }));
}

/** What the host exports. */
const exported = Object.entries(net);

describeRsnet('the exports', (rsnet) => {
  test('everything that the host\'s net exports', () => {
    for (const [name, value] of exported) {
      expect([name, typeof rsnet[name]]).toEqual([name, typeof value]);
    }
  });

  test('what the newest documentation has besides', () => {
    expect(typeof rsnet.BoundSocket).toBe('function');
    expect(typeof rsnet.Socket.prototype.getTypeOfService).toBe('function');
    expect(typeof rsnet.Socket.prototype.setTypeOfService).toBe('function');
    expect(typeof rsnet.Server.prototype[Symbol.asyncDispose]).toBe('function');
    expect(typeof rsnet.Socket.prototype[Symbol.asyncDispose]).toBe('function');
  });

  test('BlockList and SocketAddress are the host\'s own', () => {
    expect(rsnet.BlockList).toBe(net.BlockList);
    expect(rsnet.SocketAddress).toBe(net.SocketAddress);
  });

  test.each(['Socket', 'Server'])('%s has the members of the built-in', (name) => {
    expect(members(rsnet[name].prototype)).toMatchObject(members(net[name].prototype));
    expect(rsnet[name].name).toBe(net[name].name);
    expect(rsnet[name].length).toBe(net[name].length);
  });

  test.each(['Socket', 'Server'])('methods of %s take at least what the built-in\'s take', (name) => {
    for (const [key, kind] of Object.entries(members(net[name].prototype))) {
      if (kind !== 'function') continue;
      expect([key, rsnet[name].prototype[key].length >= net[name].prototype[key].length]).toEqual([key, true]);
    }
  });

  test('functions have the names and the arity of the built-in\'s', () => {
    for (const [key, value] of exported) {
      // What Node's messaging looks up by its name among the exports need not have that name itself.
      if (typeof value !== 'function' || key.startsWith('_Transferred')) continue;
      expect([key, rsnet[key].name, rsnet[key].length]).toEqual([key, value.name, value.length]);
    }
  });
});

describe.each(implementations)('%s the classes', (_name, implementation) => {
  test('Stream is Socket', () => {
    expect(implementation.Stream).toBe(implementation.Socket);
  });

  test('connect is createConnection', () => {
    expect(implementation.connect).toBe(implementation.createConnection);
  });

  test('Socket is a stream.Duplex, Server an EventEmitter', () => {
    const socket = new implementation.Socket();
    expect(socket instanceof stream.Duplex).toBe(true);
    expect(socket instanceof stream.Readable).toBe(true);
    expect(socket instanceof stream.Writable).toBe(true);
    expect(socket instanceof stream).toBe(true);
    expect(Object.getPrototypeOf(implementation.Socket.prototype)).toBe(stream.Duplex.prototype);
    expect(Object.getPrototypeOf(implementation.Socket)).toBe(stream.Duplex);
    const server = new implementation.Server();
    expect(server instanceof events.EventEmitter).toBe(true);
    expect(Object.getPrototypeOf(implementation.Server.prototype)).toBe(events.EventEmitter.prototype);
  });

  test('constructors work without new', () => {
    expect(implementation.Socket() instanceof implementation.Socket).toBe(true);
    expect(implementation.Server() instanceof implementation.Server).toBe(true);
    expect(implementation.Socket().constructor).toBe(implementation.Socket);
  });

  test('isIP, isIPv4, isIPv6', () => {
    const rows = [
      ['127.0.0.1', 4], ['0.0.0.0', 4], ['255.255.255.255', 4], ['256.0.0.1', 0], ['1.2.3', 0], ['1.2.3.4.5', 0],
      ['01.2.3.4', 0], ['1.2.3.4 ', 0], ['', 0], ['x', 0], ['::', 6], ['::1', 6], ['fe80::1%lo', 6], ['1::2::3', 0],
      ['::ffff:127.0.0.1', 6], ['::ffff:256.0.0.1', 0], ['2001:db8:0:0:0:0:0:1', 6], ['2001:db8::g', 0], ['::1%', 0],
      [undefined, 0], [null, 0], [1, 0], [true, 0], [{}, 0], [{ toString: () => '::1' }, 6],
      [{ toString: () => '127.0.0.1' }, 4], ['0:0:0:0:0:0:0:0:0', 0], ['[::1]', 0], ['1'.repeat(100), 0],
    ];
    for (const [text, family] of rows) {
      expect([text, implementation.isIP(text)]).toEqual([text, family]);
      expect([text, implementation.isIPv4(text)]).toEqual([text, family === 4]);
      expect([text, implementation.isIPv6(text)]).toEqual([text, family === 6]);
    }
  });
});

describe('traces of the functions', () => {
  traceTest('isIP with what can\'t be made a string', (t) => {
    for (const value of [Symbol('s'), Object.create(null), { toString() { throw new Error('from toString'); } }]) {
      for (const name of ['isIP', 'isIPv4', 'isIPv6']) t.call(name, 'call', () => t.net[name](value));
    }
  });

  traceTest('defaults of the selection of a family', (t) => {
    const automatic = t.net.getDefaultAutoSelectFamily();
    const timeout = t.net.getDefaultAutoSelectFamilyAttemptTimeout();
    t.note('defaults', automatic, timeout);
    try {
      for (const value of [false, true, 1, 0, 'x', null, undefined]) {
        t.call('family', String(value), () => t.net.setDefaultAutoSelectFamily(value));
        t.note('family', t.net.getDefaultAutoSelectFamily());
      }
      for (const value of [1, 5, 9, 10, 11, 1000, 0, -1, 1.5, NaN, 2 ** 31, 2 ** 32, '10', null, undefined]) {
        t.call('timeout', String(value), () => t.net.setDefaultAutoSelectFamilyAttemptTimeout(value));
        t.note('timeout', t.net.getDefaultAutoSelectFamilyAttemptTimeout());
      }
    } finally {
      t.net.setDefaultAutoSelectFamily(automatic);
      t.net.setDefaultAutoSelectFamilyAttemptTimeout(timeout);
    }
  });

  traceTest('_normalizeArgs', (t) => {
    const callback = () => {};
    const rows = [
      [], [80], ['80'], ['/path'], [80, 'host'], [80, 'host', callback], [80, callback], ['/path', callback], [{}],
      [{ port: 80 }], [{ port: 80 }, callback], [callback], [null], [undefined, callback], [80, 'host', 5, callback],
      [true], ['x', 'y', 'z'], [80, null, callback],
    ];
    for (const args of rows) {
      const normalized = t.call('normalized', args.map(String).join(), () => t.net._normalizeArgs(args));
      t.note('marked', Object.getOwnPropertySymbols(normalized).map(String));
    }
  });

  traceTest('_createServerHandle', (t) => {
    const rows = [
      ['127.0.0.1', 0, 4], ['127.0.0.1', 0, undefined], ['192.0.2.1', 0, 4], ['x', 0, 4], ['::1', 0, 6],
      ['127.0.0.1', 70000, 4], [null, 0, 4],
    ];
    for (const args of rows) {
      const handle = t.call('handle', args.join(), () => {
        const made = t.net._createServerHandle(...args);
        return typeof made === 'number' ? made : { class: made.constructor.name, close: made.close() };
      });
      t.note('handle', typeof handle);
    }
  });
});
