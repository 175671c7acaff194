'use strict';

const dns = require('dns');
const {
  closed,
  closedPort,
  connect,
  describeRsnet,
  implementations,
  listen,
  once,
  traceTest,
  track,
} = require('../helpers');

/**
 * A lookup function that answers on the next turn with fixed addresses.
 *
 * @param {...[string, number]} addresses address and family
 * @returns {Function} as the `lookup` option takes it
 */
function answering(...addresses) {
  return (host, options, callback) =>
    setImmediate(() => {
      if (options.all)
        callback(
          null,
          addresses.map(([address, family]) => ({ address, family })),
        );
      else callback(null, ...addresses[0]);
    });
}

describeRsnet('a lookup that answers without an address', (net) => {
  // Node's own ends the process.
  test.each([['[]', []], ['nothing', undefined], ['null', null], ['[null]', [null]]])('%s', async (title, answer) => {
    const lookup = (host, options, callback) => setImmediate(callback, null, answer);
    const socket = track(net.connect({ host: 'somewhere.invalid', port: 1, lookup, autoSelectFamily: true }));
    expect(await once(socket, 'error')).toEqual([expect.objectContaining({
      name: 'TypeError', code: 'ERR_INVALID_IP_ADDRESS', message: 'Invalid IP address: undefined',
    })]);
    await closed(socket);
  });
});

describe.each(implementations)('%s: lookup', (name, net) => {
  test('a custom function resolves the host', async () => {
    const server = await listen(net);
    const lookup = jest.fn(answering(['127.0.0.1', 4]));
    const socket = connect(net, { host: 'somewhere.invalid', port: server.at.port, lookup });
    await once(socket, 'connect');
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(lookup.mock.calls[0][0]).toBe('somewhere.invalid');
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });

  test('is not asked for a numeric host', async () => {
    const server = await listen(net);
    const lookup = jest.fn();
    await once(connect(net, { ...server.at, lookup }), 'connect');
    expect(lookup).not.toHaveBeenCalled();
  });

  test('gets family, hints and all', async () => {
    const server = await listen(net);
    const seen = [];
    for (const options of [
      { family: 4 },
      { hints: dns.ADDRCONFIG },
      { autoSelectFamily: false },
      { family: 0 },
    ]) {
      const lookup = (host, given, callback) => {
        seen.push({ ...given });
        answering(['127.0.0.1', 4])(host, given, callback);
      };
      await once(connect(net, { host: 'a.invalid', port: server.at.port, lookup, ...options }), 'connect');
    }
    expect(seen[0]).toMatchObject({ family: 4 });
    expect(seen[1]).toMatchObject({ hints: dns.ADDRCONFIG });
    expect(seen[2].all).not.toBe(true);
    expect(seen[3]).toMatchObject({ all: true });
  });

  test('may answer synchronously', async () => {
    const server = await listen(net);
    const lookup = (host, options, callback) =>
      options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);
    const socket = connect(net, { host: 'a.invalid', port: server.at.port, lookup });
    expect(socket.connecting).toBe(true);
    await once(socket, 'connect');
  });

  test('an answer after destroy() is ignored', async () => {
    let answer;
    const lookup = (host, options, callback) => {
      answer = callback;
    };
    const socket = track(net.connect({ host: 'a.invalid', port: 1, lookup }));
    const events = [];
    for (const event of ['lookup', 'connect', 'error']) socket.on(event, () => events.push(event));
    socket.destroy();
    await closed(socket);
    answer(null, [{ address: '127.0.0.1', family: 4 }]);
    expect(events.filter((event) => event !== 'lookup')).toEqual([]);
    expect(socket.destroyed).toBe(true);
  });
});

/** Scenarios whose whole trace is compared: options and what the lookup function answers. */
const scenarios = {
  'one address without all': [{ autoSelectFamily: false }, (callback) => callback(null, '127.0.0.1', 4)],
  'all with one address': [{}, (callback) => callback(null, [{ address: '127.0.0.1', family: 4 }])],
  'all with the working address first': [
    {},
    (callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]),
  ],
  'an error': [{}, (callback) => callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))],
  'an error without all': [
    { autoSelectFamily: false },
    (callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })),
  ],
  nothing: [{ autoSelectFamily: false }, (callback) => callback()],
  'something that is no address': [{ autoSelectFamily: false }, (callback) => callback(null, 'not an ip', 4)],
  'a list with something that is no address': [
    {},
    (callback) => callback(null, [{ address: 'no ip', family: 4 }]),
  ],
  'a wrong family': [{ autoSelectFamily: false }, (callback) => callback(null, '127.0.0.1', 100)],
  'a wrong family in a list': [{}, (callback) => callback(null, [{ address: '127.0.0.1', family: 100 }])],
  'a family as text': [{ autoSelectFamily: false }, (callback) => callback(null, '127.0.0.1', 'IPv4')],
  'an address of the other family': [
    { family: 6, autoSelectFamily: false },
    (callback) => callback(null, '127.0.0.1', 4),
  ],
  'IPv4 that is said to be IPv6': [{ autoSelectFamily: false }, (callback) => callback(null, '127.0.0.1', 6)],
  'IPv6 that is said to be IPv4': [{ autoSelectFamily: false }, (callback) => callback(null, '::1', 4)],
  'an IPv4-mapped address that is said to be IPv4': [
    { autoSelectFamily: false },
    (callback) => callback(null, '::ffff:127.0.0.1', 4),
  ],
  'one of the wrong family in a list': [{}, (callback) => callback(null, [{ address: '127.0.0.1', family: 6 }])],
  'one of the wrong family before a good one': [
    {},
    (callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]),
  ],
  'an address without family': [{ autoSelectFamily: false }, (callback) => callback(null, '127.0.0.1')],
};

describe('lookup answers', () => {
  for (const [title, [options, answer]] of Object.entries(scenarios)) {
    traceTest(title, async (t) => {
      const server = await t.listen();
      const lookup = (host, given, callback) => {
        t.note('lookup', host, { ...given });
        setImmediate(() => t.call('lookup', 'callback', () => answer(callback)));
      };
      const socket = t.watch(
        t.net.connect({ host: 'a.invalid', port: server.at.port, lookup, ...options }),
        'socket',
      );
      t.note('socket', socket.connecting, socket.pending, socket.readyState);
      await Promise.race([once(socket, 'ready'), once(socket, 'close')]).catch(() => closed(socket));
      t.note('socket', socket.connecting, socket.remoteAddress, socket.remoteFamily);
    });
  }

  traceTest('a lookup that throws', async (t) => {
    const lookup = () => {
      throw new TypeError('broken lookup');
    };
    t.call('socket', 'connect', () => {
      const socket = t.watch(new t.net.Socket(), 'socket');
      return socket.connect({ host: 'a.invalid', port: 1, lookup });
    });
  });

  traceTest('a lookup that is no function', (t) => {
    for (const lookup of ['dns', 1, {}, true]) {
      t.call('socket', String(lookup), () =>
        t.watch(new t.net.Socket(), 'socket').connect({ host: 'a.invalid', port: 1, lookup }),
      );
    }
  });

  traceTest('hints that are no hints', (t) => {
    for (const hints of [-1, 1 << 20, 'x']) {
      t.call('socket', String(hints), () =>
        t.watch(new t.net.Socket(), 'socket').connect({ host: 'a.invalid', port: 1, hints, lookup() {} }),
      );
    }
  });

  traceTest('families that are none', async (t) => {
    for (const family of [5, 'IPv4', 'IPv6', 'IPv5', -4]) {
      await new Promise((resolve) => {
        t.call('socket', String(family), () =>
          t.watch(new t.net.Socket(), 'socket').connect({
            host: 'a.invalid',
            port: 1,
            family,
            lookup: (host, given) => {
              t.note('lookup', { ...given });
              resolve();
            },
          }),
        );
        setImmediate(resolve);
      });
    }
  });

  traceTest('localhost through the system resolver', async (t) => {
    const server = await t.listen({ listen: { port: 0 } });
    const socket = t.watch(t.net.connect({ host: 'localhost', port: server.at.port, family: 4 }), 'socket');
    await once(socket, 'ready');
    t.note('socket', socket.remoteAddress);
  });

  traceTest('a refused connection after a lookup names the address', async (t) => {
    const port = t.name(await closedPort(), 'closed');
    const socket = t.watch(
      t.net.connect({
        host: 'a.invalid',
        port,
        autoSelectFamily: false,
        lookup: answering(['127.0.0.1', 4]),
      }),
      'socket',
    );
    await closed(socket);
  });

  traceTest('the moment at which lookup is called and the socket connects', async (t) => {
    const server = await t.listen();
    const socket = t.watch(new t.net.Socket(), 'socket');
    const lookup = (host, options, callback) => {
      t.note('socket', 'lookup called');
      t.ticks('socket', 'lookup called');
      callback(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
      t.note('socket', 'lookup answered');
    };
    socket.connect({ host: 'a.invalid', port: server.at.port, lookup });
    t.note('socket', 'connect called');
    t.ticks('socket', 'connect called');
    await once(socket, 'ready');
  });
});
