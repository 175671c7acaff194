'use strict';

// What connect() refuses: hosts, answers of lookups, blocked addresses among several; and ends without a connection.

const dns = require('dns');
const {
  closed, connect, describeRsnet, implementations, listen, nodeMajor, once, thrownBy, track,
} = require('../helpers');
const { describeFeature } = require('../helpers/features');

/** Since Node 22 `host` is checked, and so is the type of a lookup's answer. */
const checking = implementations.filter(() => nodeMajor >= 22);

/**
 * Whether a `net` refuses a null byte in `host`, which the first releases of Node 22 do not.
 *
 * @param {typeof import('net')} net
 * @returns {boolean}
 */
function refusesNullBytes(net) {
  const options = { host: 'a\0.invalid', port: 1, lookup: () => {} };
  return thrownBy(() => net.connect(options).destroy()) !== undefined;
}

/**
 * @param {...string} addresses what a name stands for
 * @returns {Function} a `lookup`
 */
function lookupOf(...addresses) {
  return (host, options, callback) => setImmediate(() => {
    if (options.all) callback(null, addresses.map((address) => ({ address, family: 4 })));
    else callback(null, addresses[0], 4);
  });
}

(checking.length > 0 ? describe : describe.skip).each(checking.length > 0 ? checking : [['none', null]])(
  '%s: arguments', (name, net) => {
    test.each([
      [['127.0.0.1'], 'ERR_INVALID_ARG_TYPE', 'The "options.host" property must be of type string. ' +
        'Received an instance of Array'],
      [5, 'ERR_INVALID_ARG_TYPE', 'The "options.host" property must be of type string. Received type number (5)'],
    ])('host %j is refused', (host, code, message) => {
      expect(thrownBy(() => net.connect({ host, port: 1 }))).toMatchObject({ name: 'TypeError', code, message });
    });

    test.each([[['127.0.0.1']], [5], [undefined]])('a lookup that answers %j is refused', async (address) => {
      const socket = track(net.connect({
        host: 'a.invalid', port: 1, family: 4, lookup: (host, options, callback) => callback(null, address, 4),
      }));
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_IP_ADDRESS' });
    });
  });

describeFeature('host with a null byte', refusesNullBytes, (net) => {
  // rsnet is as the built-in was before Node 22.
  (nodeMajor >= 22 ? test : test.skip)('is refused', () => {
    expect(thrownBy(() => net.connect({ host: '127.0.0.1\0.a', port: 1 }))).toMatchObject({
      name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE',
      message: "The property 'options.host' must be a string without null bytes. Received '127.0.0.1\\x00.a'",
    });
  });
});

describeRsnet('a lookup with an array in place of an address', (net) => {
  test('does not end the process', async () => {
    const socket = track(net.connect({
      host: 'a.invalid', port: 1,
      lookup: (host, options, callback) => callback(null, [{ address: ['127.0.0.1'], family: 4 }]),
    }));
    expect((await once(socket, 'error'))[0].code).toBe('ERR_INVALID_IP_ADDRESS');
  });
});

describeFeature('blockList and several addresses', () => nodeMajor >= 24, (net) => {
  const blockList = new net.BlockList();
  blockList.addAddress('127.0.0.1');
  blockList.addAddress('127.0.0.2');

  test('all of them blocked', async () => {
    const lookup = lookupOf('127.0.0.1', '127.0.0.2');
    const socket = track(net.connect({ host: 'a.invalid', port: 1, blockList, autoSelectFamily: true, lookup }));
    const [error] = await once(socket, 'error');
    expect([error.name, error.code]).toEqual(['AggregateError', 'ERR_IP_BLOCKED']);
    expect(error.errors.map(({ message }) => message)).toEqual([
      'IP(127.0.0.1) is blocked by net.BlockList', 'IP(127.0.0.2) is blocked by net.BlockList',
    ]);
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([]);
  });

  test('the next one is tried', async () => {
    const server = await listen(net, { listen: { port: 0, host: '127.0.0.3' } });
    const { port } = server.at;
    const lookup = lookupOf('127.0.0.1', '127.0.0.3');
    const socket = connect(net, { host: 'a.invalid', port, blockList, autoSelectFamily: true, lookup });
    const attempts = [];
    socket.on('connectionAttempt', (address) => attempts.push(address));
    socket.on('connectionAttemptFailed', (address) => attempts.push(`${address} failed`));
    await once(socket, 'connect');
    expect(attempts).toEqual(['127.0.0.1 failed', '127.0.0.3']);
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([`127.0.0.3:${port}`]);
  });

  test('as an option of socket.connect it has no effect', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket());
    await once(socket.connect({ ...server.at, blockList }), 'connect');
  });
});

describeRsnet('a listener that ends what it is told of', (net) => {
  // The built-in throws from its inside here, where nobody can catch it.
  test('destroy() before the attempt leaves it out', async () => {
    const server = await listen(net);
    const socket = track(net.connect(server.at));
    const connected = jest.fn();
    socket.on('connect', connected).once('connectionAttempt', () => socket.destroy());
    await closed(socket);
    expect(connected).not.toHaveBeenCalled();
    expect(socket.connecting).toBe(false);
  });
});

describe.each(implementations)('%s: versions differ', (name, net) => {
  test(`end() without a connection ${nodeMajor >= 22 ? 'finishes' : 'waits'}`, async () => {
    const socket = track(new net.Socket());
    const finished = jest.fn();
    socket.on('finish', finished).end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(finished).toHaveBeenCalledTimes(nodeMajor >= 22 ? 1 : 0);
    socket.destroy();
    await closed(socket);
  });

  (nodeMajor >= 22 ? test : test.skip)('a server passes over link-local addresses', async () => {
    const lookup = jest.spyOn(dns, 'lookup').mockImplementation((host, options, callback) => {
      callback(null, ['fe80::1', 'fe8f::1', 'fea0::1', 'FEBF::1'].map((address) => ({ address, family: 6 }))
        .concat({ address: '127.0.0.1', family: 4 }));
    });
    try {
      const server = track(net.createServer());
      await once(server.listen(0, 'link-local.invalid'), 'listening');
      expect(server.address().address).toBe('127.0.0.1');
    } finally {
      lookup.mockRestore();
    }
  });
});

describeFeature('setTypeOfService', (net) => 'setTypeOfService' in net.Socket.prototype, (net) => {
  test('NaN is no number', () => {
    expect(thrownBy(() => new net.Socket().setTypeOfService(NaN))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'The "tos" argument must be of type number. Received type number (NaN)',
    });
  });
});
