'use strict';

const { closed, pair, traceTest } = require('../helpers');

/**
 * A readable name for an argument.
 *
 * @param {any} value
 * @returns {string}
 */
function show(value) {
  if (typeof value === 'symbol' || typeof value === 'function') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return String(value);
  if (value === undefined) return 'undefined';
  return JSON.stringify(value, (key, inner) => (typeof inner === 'number' ? String(inner) : inner));
}

/**
 * Call connect with arguments that are wrong; whatever is made is destroyed at once.
 *
 * @param {object} t trace
 * @param {string} title
 * @param {any[]} args
 * @returns {void}
 */
function tryConnect(t, title, args) {
  t.call('socket', title, () => {
    const socket = t.watch(new t.net.Socket(), 'socket');
    socket.on('error', () => {});
    socket.connect(...args);
    socket.destroy();
    return 'a socket';
  });
  t.call('net', title, () => {
    const socket = t.watch(t.net.connect(...args), 'net');
    socket.on('error', () => {});
    socket.destroy();
    return 'a socket';
  });
}

describe('connect with wrong arguments', () => {
  const ports = [
    -1,
    65536,
    65535.5,
    1e9,
    NaN,
    Infinity,
    '',
    ' ',
    'x1',
    '65536',
    '-1',
    '0x10000',
    null,
    undefined,
    {},
    [],
    true,
    false,
    () => {},
    5n,
  ];

  traceTest('ports in options', (t) => {
    for (const port of ports) tryConnect(t, show(port), [{ port, host: '127.0.0.1' }]);
  });

  traceTest('ports as the first argument', (t) => {
    for (const port of ports.filter((value) => typeof value !== 'object' && typeof value !== 'function')) {
      tryConnect(t, show(port), [port, '127.0.0.1']);
    }
  });

  traceTest('nothing that says where to', (t) => {
    for (const args of [
      [],
      [{}],
      [undefined],
      [null],
      [() => {}],
      [{ host: '127.0.0.1' }],
      [{ path: undefined }],
      [[]],
      [true],
      [{ port: undefined, path: null }],
    ]) {
      tryConnect(t, show(args), args);
    }
  });

  traceTest('hosts', (t) => {
    for (const host of [5, {}, [], true, () => {}, 5n]) tryConnect(t, show(host), [{ port: 1, host }]);
  });

  traceTest('paths', (t) => {
    for (const path of [5, {}, [], true, () => {}, Buffer.from('/x'), NaN])
      tryConnect(t, show(path), [{ path }]);
  });

  traceTest('families and hints', (t) => {
    for (const family of [7, 'six', {}, null])
      tryConnect(t, show(family), [{ port: 1, host: '127.0.0.1', family }]);
    for (const hints of [-1, 'x', 1 << 30])
      tryConnect(t, show(hints), [{ port: 1, host: '127.0.0.1', hints }]);
  });

  traceTest('listeners', (t) => {
    for (const listener of ['x', 5, {}, null, true]) {
      tryConnect(t, show(listener), [{ port: 1, host: '127.0.0.1' }, listener]);
      tryConnect(t, show(listener), [1, '127.0.0.1', listener]);
    }
  });

  traceTest('other options of connect', (t) => {
    for (const options of [
      { timeout: 'x' },
      { timeout: -1 },
      { timeout: NaN },
      { noDelay: 'x' },
      { keepAlive: 'x' },
      { keepAliveInitialDelay: 'x' },
      { keepAliveInitialDelay: -5 },
      { allowHalfOpen: 'x' },
      { highWaterMark: -1 },
      { highWaterMark: 'x' },
      { highWaterMark: NaN },
      { signal: 5 },
      { signal: {} },
      { onread: 'x' },
      { onread: {} },
      { objectMode: true },
      { autoSelectFamily: 'x' },
      { lookup: 'x' },
    ])
      tryConnect(t, show(options), [{ port: 1, host: '127.0.0.1', ...options }]);
  });
});

describe('other calls with wrong arguments', () => {
  traceTest('without a socket as this', (t) => {
    for (const method of [
      'connect',
      'setTimeout',
      'setNoDelay',
      'destroySoon',
      'address',
      'resetAndDestroy',
      'ref',
    ]) {
      t.call('prototype', method, () => {
        try {
          t.net.Socket.prototype[method].call(undefined, 1);
        } catch (error) {
          // The text names a variable of the implementation; the class is what counts.
          throw Object.assign(error, { message: '' });
        }
        return 'nothing thrown';
      });
    }
  });

  traceTest('end with wrong data', async (t) => {
    for (const value of [5, {}, true, Symbol.iterator, []]) {
      const { client } = await pair(t.net);
      t.watch(client, 'client', { only: ['error', 'close'] });
      client.on('error', () => {});
      t.call('client', show(value), () => client.end(value));
      client.destroy();
      await closed(client);
    }
  });

  traceTest('isIP and its kind', (t) => {
    for (const value of [
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      'fe80::1%lo',
      '1.2.3',
      '01.2.3.4',
      '',
      'x',
      '::',
      '1::2::3',
      '256.1.1.1',
      '0.0.0.0',
      ' 127.0.0.1',
      '127.0.0.1 ',
      5,
      null,
      undefined,
      {},
      [],
      { toString: () => '::1' },
    ]) {
      t.call('isIP', show(value), () => [t.net.isIP(value), t.net.isIPv4(value), t.net.isIPv6(value)]);
    }
  });

  traceTest('exports', (t) => {
    for (const key of Object.keys(require('net')).sort()) t.note('exports', key, typeof t.net[key]);
  });
});
