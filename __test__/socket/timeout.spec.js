'use strict';

/* global net -- given to the code of a child */

const {
  closed,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  spawnNode,
  thrownBy,
  traceTest,
  track,
  turn,
} = require('../helpers');

describe.each(implementations)('%s: setTimeout', (name, net) => {
  test('emits timeout when nothing happens, and leaves the socket alone', async () => {
    const { client, peer } = await pair(net);
    expect(client.setTimeout(20)).toBe(client);
    expect(client.timeout).toBe(20);
    expect(await once(client, 'timeout')).toEqual([]);
    expect(client.destroyed).toBe(false);
    client.setTimeout(0);
    client.write('still works');
    expect(String(await receive(peer, 11))).toBe('still works');
  });

  test('fires again and again', async () => {
    const { client } = await pair(net);
    client.setTimeout(10);
    client.on('data', () => {});
    await once(client, 'timeout');
    client.write('x');
    await once(client, 'timeout');
  });

  test('the callback is a listener for one time', async () => {
    const { client } = await pair(net);
    const callback = jest.fn();
    client.setTimeout(10, callback);
    expect(client.listenerCount('timeout')).toBe(1);
    await once(client, 'timeout');
    expect(callback.mock.calls).toEqual([[]]);
    expect(client.listenerCount('timeout')).toBe(0);
  });

  test('0 turns it off and removes the callback', async () => {
    const { client } = await pair(net);
    const callback = jest.fn();
    client.setTimeout(10, callback);
    client.setTimeout(0, callback);
    expect(client.timeout).toBe(0);
    expect(client.listenerCount('timeout')).toBe(0);
    // A timer set later for the same time shows that the earlier one is gone.
    const other = await pair(net);
    other.client.setTimeout(10);
    await once(other.client, 'timeout');
    expect(callback).not.toHaveBeenCalled();
  });

  test('has the members that http reads', async () => {
    const { client } = await pair(net);
    expect(typeof client._onTimeout).toBe('function');
    expect(typeof client._unrefTimer).toBe('function');
  });

  test('a timeout before and while connecting', async () => {
    const server = await listen(net);
    const socket = track(new net.Socket());
    socket.setTimeout(15);
    expect(socket.timeout).toBe(15);
    socket.connect(server.at);
    await once(socket, 'timeout');
  });

  test('no timeout after close', async () => {
    const { client } = await pair(net);
    const callback = jest.fn();
    client.setTimeout(10, callback);
    client.destroy();
    await closed(client);
    const other = await pair(net);
    other.client.setTimeout(15);
    await once(other.client, 'timeout');
    expect(callback).not.toHaveBeenCalled();
  });

  test('does not keep the process alive', async () => {
    const { code, timedOut } = await spawnNode(name, () => {
      const socket = new net.Socket();
      socket.setTimeout(1000000);
    });
    expect(timedOut).toBe(false);
    expect(code).toBe(0);
  });
});

describe.each(matrix)('%s client, %s server: timeouts', (clientName, serverName, clientNet, serverNet) => {
  test('both ends time out on their own', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    client.setTimeout(10);
    peer.setTimeout(12);
    await Promise.all([once(client, 'timeout'), once(peer, 'timeout')]);
  });

  test('destroy in the timeout listener', async () => {
    const { client, peer } = await pair(clientNet, serverNet);
    peer.resume();
    client.setTimeout(10, () => client.destroy());
    await Promise.all([closed(client), closed(peer)]);
  });
});

// In a process of its own, as a warning goes to the stderr of its process.
describe.each(implementations)('%s: a delay that is too long', (name) => {
  test('is kept as it was given, with a warning that the timer is shorter', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const warnings = [];
      process.on('warning', (warning) => warnings.push([warning.name, warning.message]));
      const lookup = () => {};
      const ways = [
        (timeout) => new net.Socket().setTimeout(timeout),
        (timeout) => net.connect({ host: 'nowhere', port: 1, lookup, timeout }),
      ];
      const delays = ways.map((way) => [2147483647, 2147483648, 4294967295, 2 ** 40, 2147483648.5].map((delay) => {
        const socket = way(delay);
        const { timeout } = socket;
        socket.destroy();
        return timeout;
      }));
      setImmediate(() => console.log(JSON.stringify({ delays, warnings })));
    }, { flags: ['--no-warnings'] });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const given = [2147483647, 2147483648, 4294967295, 2 ** 40, 2147483648.5];
    const warnings = given.slice(1).map((delay) => [
      'TimeoutOverflowWarning',
      `${delay} does not fit into a 32-bit signed integer.\nTimer duration was truncated to 2147483647.`,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      delays: [given, given],
      warnings: [...warnings, ...warnings],
    });
  });
});

describe('traces of setTimeout', () => {
  traceTest('values', async (t) => {
    const socket = t.watch(new t.net.Socket(), 'socket');
    for (const value of [
      0,
      1,
      1.5,
      2147483647,
      -1,
      NaN,
      Infinity,
      -Infinity,
      '10',
      'x',
      null,
      undefined,
      {},
      [],
      true,
      10n,
    ]) {
      t.call('socket', String(value), () => socket.setTimeout(value));
      t.note('socket', socket.timeout);
      socket.setTimeout(0);
    }
    await turn();
  });

  traceTest('callbacks', (t) => {
    const socket = t.watch(new t.net.Socket(), 'socket');
    for (const callback of [null, 'x', 5, {}, undefined, () => {}]) {
      t.call('socket', `1000, ${String(callback)}`, () => socket.setTimeout(1000, callback));
      t.note('socket', socket.listenerCount('timeout'), socket.timeout);
      t.call('socket', `0, ${String(callback)}`, () => socket.setTimeout(0, callback));
      t.note('socket', socket.listenerCount('timeout'), socket.timeout);
    }
    t.call('socket', 'no arguments', () => socket.setTimeout());
  });

  traceTest('on a destroyed socket', async (t) => {
    const { client } = await pair(t.net);
    t.watch(client, 'client');
    client.destroy();
    t.call('client', 'setTimeout', () => client.setTimeout(10, t.callback('client', 'timeout')));
    t.note('client', client.timeout);
    await closed(client);
    t.note(
      'client',
      thrownBy(() => client.setTimeout(10)),
    );
    const other = await pair(t.net);
    other.client.setTimeout(15);
    await once(other.client, 'timeout');
  });

  traceTest('timeout event among the others', async (t) => {
    const { client } = await pair(t.net);
    t.watch(client, 'client');
    client.setTimeout(
      10,
      t.callback('client', 'callback', () => {
        t.ticks('client', 'callback');
        client.end();
      }),
    );
    await once(client, 'finish');
  });
});
