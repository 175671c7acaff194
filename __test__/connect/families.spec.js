'use strict';

const {
  closed,
  closedPort,
  connect,
  implementations,
  listen,
  once,
  thrownBy,
  traceTest,
  turn,
} = require('../helpers');

/**
 * A lookup that never answers.
 *
 * @returns {void}
 */
function noLookup() {}

/** The events of connection attempts, with everything that surrounds them. */
const only = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
  'connect',
  'ready',
  'error',
  'close',
];

/**
 * A lookup function that gives a list of addresses, as `dns.lookup` with `all` does.
 *
 * @param {...string} addresses
 * @returns {Function}
 */
function listing(...addresses) {
  const list = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (host, options, callback) =>
    setImmediate(() =>
      options.all ? callback(null, list) : callback(null, list[0].address, list[0].family),
    );
}

describe.each(implementations)('%s: autoSelectFamily', (name, net) => {
  test('falls back from IPv6 to IPv4', async () => {
    const server = await listen(net);
    const socket = connect(net, {
      host: 'a.invalid',
      port: server.at.port,
      autoSelectFamily: true,
      lookup: listing('::1', '127.0.0.1'),
    });
    await once(socket, 'connect');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([
      `::1:${server.at.port}`,
      `127.0.0.1:${server.at.port}`,
    ]);
  });

  test('falls back from IPv4 to IPv6', async () => {
    const server = await listen(net, { listen: { port: 0, host: '::1' } });
    const socket = connect(net, {
      host: 'a.invalid',
      port: server.at.port,
      autoSelectFamily: true,
      lookup: listing('127.0.0.1', '::1'),
    });
    await once(socket, 'connect');
    expect(socket.remoteAddress).toBe('::1');
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([
      `127.0.0.1:${server.at.port}`,
      `::1:${server.at.port}`,
    ]);
  });

  test('all refused: AggregateError with one error for each address', async () => {
    const port = await closedPort();
    const socket = connect(net, {
      host: 'a.invalid',
      port,
      autoSelectFamily: true,
      lookup: listing('::1', '127.0.0.1', '127.0.0.2'),
    });
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ name: 'AggregateError', code: 'ECONNREFUSED' });
    expect(error.errors.map(({ address }) => address)).toEqual(['::1', '127.0.0.1', '127.0.0.2']);
    expect(error.errors.map(({ message }) => message)).toEqual([
      `connect ECONNREFUSED ::1:${port}`,
      `connect ECONNREFUSED 127.0.0.1:${port}`,
      `connect ECONNREFUSED 127.0.0.2:${port}`,
    ]);
    await closed(socket);
  });

  test('the data of a fallen-back connection flows both ways', async () => {
    const server = await listen(net, (peer) => peer.pipe(peer));
    const socket = connect(net, {
      host: 'a.invalid',
      port: server.at.port,
      autoSelectFamily: true,
      lookup: listing('::1', '127.0.0.1'),
    });
    socket.setEncoding('utf8');
    socket.write('written early');
    const [text] = await once(socket, 'data');
    expect(text).toBe('written early');
  });

  test('the default can be read and changed', async () => {
    const before = net.getDefaultAutoSelectFamily();
    const timeout = net.getDefaultAutoSelectFamilyAttemptTimeout();
    expect(typeof before).toBe('boolean');
    expect(timeout).toBeGreaterThanOrEqual(10);
    try {
      net.setDefaultAutoSelectFamily(false);
      expect(net.getDefaultAutoSelectFamily()).toBe(false);
      net.setDefaultAutoSelectFamilyAttemptTimeout(5);
      expect(net.getDefaultAutoSelectFamilyAttemptTimeout()).toBe(10);
      net.setDefaultAutoSelectFamilyAttemptTimeout(1234);
      expect(net.getDefaultAutoSelectFamilyAttemptTimeout()).toBe(1234);
      const server = await listen(net);
      const lookup = jest.fn((host, options, callback) => callback(null, '127.0.0.1', 4));
      const socket = connect(net, { host: 'a.invalid', port: server.at.port, lookup });
      await once(socket, 'connect');
      expect(lookup.mock.calls[0][1].all).not.toBe(true);
      expect(socket.autoSelectFamilyAttemptedAddresses).toBeUndefined();
    } finally {
      net.setDefaultAutoSelectFamily(before);
      net.setDefaultAutoSelectFamilyAttemptTimeout(timeout);
    }
  });

  test('no attempt is made after destroy()', async () => {
    const port = await closedPort();
    const socket = connect(net, {
      host: 'a.invalid',
      port,
      autoSelectFamily: true,
      lookup: listing('::1', '127.0.0.1'),
    });
    const attempts = [];
    socket.on('connectionAttempt', (address) => attempts.push(address));
    socket.on('connectionAttemptFailed', (address) => {
      attempts.push(`failed ${address}`);
      socket.destroy();
    });
    await closed(socket);
    expect(attempts).toEqual(['::1', 'failed ::1']);
  });

  test('setters refuse wrong values', () => {
    expect(thrownBy(() => net.setDefaultAutoSelectFamily('yes'))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
    expect(thrownBy(() => net.setDefaultAutoSelectFamilyAttemptTimeout(0))).toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    });
  });
});

describe('traces of autoSelectFamily', () => {
  const lists = {
    'one address': ['127.0.0.1'],
    'IPv4 first': ['127.0.0.1', '::1'],
    'IPv6 first, refused': ['::1', '127.0.0.1'],
    'several of one family': ['127.0.0.1', '127.0.0.2', '127.0.0.3'],
    interleaving: ['::1', '127.0.0.1', '127.0.0.2'],
  };
  for (const [title, addresses] of Object.entries(lists)) {
    traceTest(`${title}, a server on 127.0.0.1`, async (t) => {
      const server = await t.listen();
      const socket = t.watch(
        t.net.connect({
          host: 'a.invalid',
          port: server.at.port,
          autoSelectFamily: true,
          lookup: listing(...addresses),
        }),
        'socket',
        { only },
      );
      await once(socket, 'ready');
      t.note('socket', socket.autoSelectFamilyAttemptedAddresses, socket.remoteAddress);
    });

    traceTest(`${title}, no server`, async (t) => {
      const port = t.name(await closedPort(), 'closed');
      const socket = t.watch(
        t.net.connect({
          host: 'a.invalid',
          port,
          autoSelectFamily: true,
          lookup: listing(...addresses),
        }),
        'socket',
        { only },
      );
      await closed(socket);
      t.note('socket', socket.autoSelectFamilyAttemptedAddresses);
    });
  }

  traceTest('a socket that is used again after its signal tries none of several addresses', async (t) => {
    const server = await t.listen();
    const socket = t.watch(new t.net.Socket({ signal: AbortSignal.abort() }), 'socket', { only });
    socket.on('error', () => {});
    await closed(socket);
    const lookup = listing('::1', '127.0.0.1');
    socket.connect({ host: 'a.invalid', port: server.at.port, autoSelectFamily: true, lookup });
    await once(socket, 'lookup');
    await turn(10);
    t.note('socket', socket.connecting, socket.autoSelectFamilyAttemptedAddresses);
    socket.destroy();
    await turn(2);
  });

  traceTest('the addresses that were attempted, as the listeners see them', async (t) => {
    const server = await t.listen();
    const socket = t.watch(
      t.net.connect({ ...server.at, host: 'a.invalid', autoSelectFamily: true, lookup: listing('::1', '127.0.0.1') }),
      'socket',
      { only, props: ['autoSelectFamilyAttemptedAddresses'] },
    );
    await once(socket, 'ready');
  });

  traceTest('a local address given turns the selection off', async (t) => {
    const server = await t.listen();
    const socket = t.watch(
      t.net.connect({
        host: 'a.invalid',
        port: server.at.port,
        autoSelectFamily: true,
        localAddress: '127.0.0.2',
        lookup: listing('127.0.0.1', '::1'),
      }),
      'socket',
      { only },
    );
    await once(socket, 'ready');
    t.note('socket', socket.localAddress, socket.autoSelectFamilyAttemptedAddresses);
  });

  traceTest('invalid addresses and families in the list', async (t) => {
    const server = await t.listen();
    for (const [index, list] of [
      [
        { address: 'text', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
      [
        { address: '127.0.0.1', family: 5 },
        { address: '127.0.0.1', family: 4 },
      ],
      [
        { address: 'text', family: 4 },
        { address: '127.0.0.1', family: 7 },
      ],
    ].entries()) {
      const label = `socket ${index}`;
      const socket = t.watch(
        t.net.connect({
          host: 'a.invalid',
          port: server.at.port,
          autoSelectFamily: true,
          lookup: (host, options, callback) => setImmediate(callback, null, list),
        }),
        label,
        { only },
      );
      await Promise.race([once(socket, 'ready'), closed(socket)]).catch(() => closed(socket));
    }
  });

  traceTest('a family given turns the selection off', async (t) => {
    const server = await t.listen();
    const lookup = (host, options, callback) => {
      t.note('lookup', { ...options });
      setImmediate(() =>
        options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
      );
    };
    const socket = t.watch(
      t.net.connect({
        host: 'a.invalid',
        port: server.at.port,
        autoSelectFamily: true,
        family: 4,
        lookup,
      }),
      'socket',
      { only },
    );
    await once(socket, 'ready');
    t.note('socket', socket.autoSelectFamilyAttemptedAddresses);
  });

  traceTest('wrong option values', (t) => {
    for (const options of [
      { autoSelectFamily: 'yes' },
      { autoSelectFamily: 1 },
      { autoSelectFamilyAttemptTimeout: 'x' },
      { autoSelectFamilyAttemptTimeout: 0 },
      { autoSelectFamilyAttemptTimeout: -1 },
      { autoSelectFamilyAttemptTimeout: 2 ** 32 },
      { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 1.5 },
    ]) {
      t.call('socket', JSON.stringify(options), () =>
        t
          .watch(new t.net.Socket(), 'socket')
          .connect({ host: 'a.test', port: 1, lookup: noLookup, ...options }),
      );
    }
  });

  traceTest('wrong default values', (t) => {
    for (const value of [undefined, null, 'x', 1, {}, true]) {
      const before = t.net.getDefaultAutoSelectFamily();
      t.call('default', String(value), () => t.net.setDefaultAutoSelectFamily(value));
      t.net.setDefaultAutoSelectFamily(before);
    }
    for (const value of [undefined, null, 'x', 0, -1, 1.5, 2 ** 32, 9, 11]) {
      const before = t.net.getDefaultAutoSelectFamilyAttemptTimeout();
      t.call('timeout', String(value), () => t.net.setDefaultAutoSelectFamilyAttemptTimeout(value));
      t.note('timeout', t.net.getDefaultAutoSelectFamilyAttemptTimeout());
      t.net.setDefaultAutoSelectFamilyAttemptTimeout(before);
    }
  });
});
