'use strict';

/* global net -- given by spawnNode to the code of a child */

// Attempts to connect that race (RFC 8305, section 5). The built-in cuts an attempt off when its time is over; with
// 'sequential' rsnet does the same.

const { stalled } = require('../helpers/stalled');
const async_hooks = require('async_hooks');
const fallback = require('../../lib/fallback');
const {
  closed, closedPort, connect, describeRsnet, implementations, listen, once, socketDescriptors, spawnNode, thrownBy,
  track, turn,
} = require('../helpers');
const { canReadOptions, socketOptions } = require('../helpers/socket-option');

const [A, B, C] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

const ATTEMPTS = ['connectionAttempt', 'connectionAttemptTimeout', 'connectionAttemptFailed'];

/**
 * @param {...string} addresses
 * @returns {Function} a lookup that finds them
 */
function listing(...addresses) {
  const list = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (host, options, callback) => setImmediate(callback, null, list);
}

/**
 * @param {typeof import('net')} net
 * @param {number} port
 * @param {string[]} addresses in the order of the lookup
 * @param {object} [options] of `connect`
 * @returns {import('net').Socket & {seen: Array}} `seen` has its events, with the address or the error's code
 */
function race(net, port, addresses, options) {
  const socket = connect(net, {
    host: 'a.invalid', port, lookup: listing(...addresses), autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 10, ...options,
  });
  socket.seen = [];
  for (const event of ATTEMPTS) {
    socket.on(event, (address, at, family, error) => {
      socket.seen.push([event.slice('connectionAttempt'.length) || 'Attempt', address, ...(error ? [error.code] : [])]);
    });
  }
  for (const event of ['connect', 'ready', 'timeout', 'error', 'close']) {
    socket.on(event, (...args) => socket.seen.push([event, ...args.map((arg) => arg?.code ?? arg)]));
  }
  return socket;
}

/**
 * @param {import('net').Socket} socket
 * @param {string} event of its attempts
 * @param {string} address
 * @returns {Promise<void>}
 */
function seen(socket, event, address) {
  return new Promise((resolve) => {
    socket.on(event, function listener(which) {
      if (which !== address) return;
      socket.off(event, listener);
      resolve();
    });
  });
}

/**
 * @param {import('net').Socket} socket
 * @param {string} text to be sent and to come back
 * @returns {Promise<string>}
 */
async function echo(socket, text) {
  socket.setEncoding('utf8');
  socket.write(text);
  return (await once(socket, 'data'))[0];
}

describeRsnet('attempts that race', (rsnet) => {
  test.each([[[A, B]], [['::1', A]], [[A, '::1']]])('%p: the first wins after its time', async (addresses) => {
    const [first, second] = addresses;
    const there = await stalled(...addresses);
    const before = socketDescriptors().length;
    const socket = race(rsnet, there.port, addresses);
    const written = echo(socket, 'written early');
    await seen(socket, 'connectionAttempt', second);
    await turn();
    expect(socket).toMatchObject({ connecting: true, pending: true, readyState: 'opening', destroyed: false });
    expect(socketDescriptors().length).toBe(before + 2);
    const { _handle: last } = socket;
    there.open(first);
    expect(await written).toBe('written early');
    expect(socketDescriptors().length).toBe(before + 1);
    expect(socket._handle).not.toBe(last);
    expect(socket.seen).toEqual([
      ['Attempt', first], ['Timeout', first], ['Attempt', second], ['connect'], ['ready'],
    ]);
    expect(socket.remoteAddress).toBe(first);
    expect(socket.localAddress).toBe(first);
    expect(socket.address()).toMatchObject({ address: first, port: socket.localPort });
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual(addresses.map((each) => `${each}:${there.port}`));
    expect(await echo(socket, 'later')).toBe('later');
  });

  test('the last wins, and the others are closed', async () => {
    const there = await stalled(A, B, C);
    const before = socketDescriptors().length;
    const socket = race(rsnet, there.port, [A, B, C]);
    await seen(socket, 'connectionAttempt', C);
    await turn();
    const { _handle: last } = socket;
    there.open(C);
    expect(await echo(socket, 'text')).toBe('text');
    expect(socket._handle).toBe(last);
    expect(socket.remoteAddress).toBe(C);
    expect(socketDescriptors().length).toBe(before + 1);
    expect(socket.seen).toEqual([
      ['Attempt', A], ['Timeout', A], ['Attempt', B], ['Timeout', B], ['Attempt', C], ['connect'], ['ready'],
    ]);
  });

  test('two that connect in one turn: one stays, the other is closed without a word', async () => {
    const peers = [];
    const first = await listen(rsnet, (peer) => peers.push(peer));
    const second = await listen(rsnet, { listen: { port: first.at.port, host: B } }, (peer) => peers.push(peer));
    const socket = race(rsnet, first.at.port, [A, B]);
    await seen(socket, 'connectionAttempt', A);
    // The time of the first attempt passes before anybody can hear of its success.
    await new Promise(process.nextTick);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    await once(socket, 'ready');
    while (peers.length < 2) await Promise.race([once(first, 'connection'), once(second, 'connection')]);
    const kept = peers.find(({ remotePort, localAddress }) =>
      remotePort === socket.localPort && localAddress === socket.remoteAddress);
    const other = peers.find((peer) => peer !== kept);
    other.resume();
    await closed(other);
    expect(kept.destroyed).toBe(false);
    kept.end('bye');
    socket.setEncoding('utf8');
    expect(await once(socket, 'data')).toEqual(['bye']);
    await closed(socket);
    expect(socket.seen).toEqual([
      ['Attempt', A], ['Timeout', A], ['Attempt', B], ['connect'], ['ready'], ['close', false],
    ]);
  });

  test('one that fails at once starts the next; an earlier one goes on', async () => {
    const there = await stalled(A);
    // Nobody listens at B and C.
    const socket = race(rsnet, there.port, [A, B, C]);
    await seen(socket, 'connectionAttemptFailed', C);
    await turn();
    expect(socket.connecting).toBe(true);
    there.open(A);
    expect(await echo(socket, 'text')).toBe('text');
    expect(socket.seen).toEqual([
      ['Attempt', A], ['Timeout', A], ['Attempt', B], ['Failed', B, 'ECONNREFUSED'],
      ['Attempt', C], ['Failed', C, 'ECONNREFUSED'], ['connect'], ['ready'],
    ]);
  });

  test('one that the list blocks starts the next; an earlier one goes on', async () => {
    const there = await stalled(A);
    const blockList = new rsnet.BlockList();
    blockList.addAddress(B);
    const socket = race(rsnet, there.port, [A, B], { blockList });
    await seen(socket, 'connectionAttemptFailed', B);
    there.open(A);
    expect(await echo(socket, 'text')).toBe('text');
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([`${A}:${there.port}`]);
    expect(socket.seen.slice(0, 3)).toEqual([['Attempt', A], ['Timeout', A], ['Failed', B, 'ERR_IP_BLOCKED']]);
  });

  test.each(['destroy', 'error', 'signal', 'connectTimeout', 'in the listener'])('%s ends all of them', async (how) => {
    const there = await stalled(A, B, C);
    const before = socketDescriptors().length;
    const controller = new AbortController();
    const socket = race(rsnet, there.port, [A, B, C], {
      signal: controller.signal, connectTimeout: how === 'connectTimeout' ? 2000 : 0,
    });
    socket.on('error', () => {});
    if (how === 'in the listener') socket.on('connectionAttempt', (address) => address === C && socket.destroy());
    await seen(socket, 'connectionAttempt', C);
    if (how !== 'in the listener') {
      await turn();
      expect(socketDescriptors().length).toBe(before + 3);
    }
    if (how === 'destroy') socket.destroy();
    if (how === 'error') socket.destroy(Object.assign(new Error('enough'), { code: 'ENOUGH' }));
    if (how === 'signal') controller.abort();
    await closed(socket);
    expect(socketDescriptors().length).toBe(before);
    for (const address of [A, B, C]) there.open(address);
    await turn(20);
    const code = { error: 'ENOUGH', signal: 'ABORT_ERR', connectTimeout: 'ERR_SOCKET_CONNECTION_TIMEOUT' }[how];
    expect(socket.seen).toEqual([
      ['Attempt', A], ['Timeout', A], ['Attempt', B], ['Timeout', B], ['Attempt', C],
      ...(code ? [['error', code]] : []),
      ...(how === 'in the listener' ? [] : [['Failed', C, 'ECANCELED']]), ['close', code !== undefined],
    ]);
  });

  test('destroy() in a listener of connectionAttemptTimeout ends all of them', async () => {
    const there = await stalled(A, B, C);
    const before = socketDescriptors().length;
    const socket = race(rsnet, there.port, [A, B, C]);
    socket.on('connectionAttemptTimeout', (address) => address === B && socket.destroy());
    await closed(socket);
    expect(socketDescriptors().length).toBe(before);
    expect(socket.seen).toEqual([
      ['Attempt', A], ['Timeout', A], ['Attempt', B], ['Timeout', B], ['Failed', B, 'ECANCELED'], ['close', false],
    ]);
  });

  test('a second connect() in the race fails as it does without one, and ends all of them', async () => {
    const there = await stalled(A, B);
    const before = socketDescriptors().length;
    const single = connect(rsnet, there.port, A);
    const refused = once(single, 'error');
    await seen(single, 'connectionAttempt', A);
    await turn();
    single.connect(there.port, A);
    const [{ code }] = await refused;
    const socket = race(rsnet, there.port, [A, B]);
    await seen(socket, 'connectionAttempt', B);
    await turn();
    const failed = once(socket, 'error');
    socket.connect(there.port, B);
    expect((await failed)[0].code).toBe(code);
    await Promise.all([closed(socket), closed(single)]);
    expect(socketDescriptors().length).toBe(before);
  });

  test('a socket that was destroyed in a race connects again', async () => {
    const there = await stalled(A, B);
    const socket = race(rsnet, there.port, [A, B]);
    await seen(socket, 'connectionAttempt', B);
    await turn();
    socket.destroy();
    await closed(socket);
    there.open(B);
    socket.connect(there.port, B);
    expect(await echo(socket, 'text')).toBe('text');
    expect(socket.remoteAddress).toBe(B);
  });

  test('the idle timeout tells, and the race goes on', async () => {
    const there = await stalled(A, B);
    const socket = race(rsnet, there.port, [A, B], { timeout: 60 });
    await once(socket, 'timeout');
    socket.setTimeout(0);
    there.open(A);
    expect(await echo(socket, 'text')).toBe('text');
    expect(socket.remoteAddress).toBe(A);
  });

  test('`onread` reads into the buffer of the program', async () => {
    const there = await stalled(A, B);
    const chunks = [];
    let done;
    const read = new Promise((resolve) => { done = resolve; });
    const buffers = [];
    const socket = race(rsnet, there.port, [A, B], {
      onread: {
        buffer: () => buffers[buffers.push(Buffer.alloc(64)) - 1],
        callback(count, buffer) {
          chunks.push(buffer.toString('latin1', 0, count));
          if (chunks.join('') === 'text') done();
        },
      },
    });
    await seen(socket, 'connectionAttempt', B);
    there.open(A);
    socket.write('text');
    await read;
    expect(socket.remoteAddress).toBe(A);
  });

  (canReadOptions ? test : test.skip)('options set before the race and in it are in force', async () => {
    const there = await stalled(A, B, C);
    const names = ['TCP_NODELAY', 'SO_KEEPALIVE', 'TCP_KEEPIDLE'];
    const wanted = race(rsnet, there.port, [A, B], { noDelay: true });
    const taken = race(rsnet, there.port, [A, B], { noDelay: true });
    await Promise.all([wanted, taken].map((socket) => seen(socket, 'connectionAttempt', B)));
    wanted.setKeepAlive(true, 7000);
    taken.setKeepAlive(true, 7000).setKeepAlive(false).setNoDelay(false);
    // These are set on the handle of an attempt that is left behind.
    const undone = race(rsnet, there.port, [A, B]);
    await seen(undone, 'connectionAttempt', A);
    await turn();
    undone.setNoDelay(true).setKeepAlive(true, 9000);
    await seen(undone, 'connectionAttempt', B);
    await turn();
    undone.setNoDelay(false).setKeepAlive(false);
    const all = Promise.all([wanted, taken, undone].map((socket) => once(socket, 'connect')));
    there.open(A);
    await all;
    expect([wanted, taken, undone].map(({ remoteAddress }) => remoteAddress)).toEqual([A, A, A]);
    expect(socketOptions(wanted, ...names)).toEqual([1, 1, 7]);
    expect(socketOptions(taken, ...names).slice(0, 2)).toEqual([0, 0]);
    expect(socketOptions(undone, ...names).slice(0, 2)).toEqual([0, 0]);
  });

  test('async_hooks sees a request for each attempt, and the end of each', async () => {
    const there = await stalled(A, B);
    const alive = new Map();
    const made = [];
    const hook = async_hooks.createHook({
      init(id, type) {
        if (type !== 'TCPWRAP' && type !== 'TCPCONNECTWRAP') return;
        made.push(type);
        alive.set(id, type);
      },
      destroy: (id) => alive.delete(id),
    }).enable();
    try {
      const socket = race(rsnet, there.port, [A, B]);
      await seen(socket, 'connectionAttempt', B);
      there.open(A);
      await once(socket, 'ready');
      await turn(5);
      expect(made.sort()).toEqual(['TCPCONNECTWRAP', 'TCPCONNECTWRAP', 'TCPWRAP', 'TCPWRAP']);
      expect([...alive.values()]).toEqual(['TCPWRAP']);
      socket.destroy();
      await closed(socket);
      await turn(5);
      expect(alive.size).toBe(0);
    } finally {
      hook.disable();
    }
  });

  test('the promise fulfils with the first to connect', async () => {
    const there = await stalled(A);
    const [port, lookup] = [there.port, listing(A, B)];
    const promise = rsnet.promises.connect({
      host: 'a.invalid', port, lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 10,
    });
    there.open(A);
    const socket = track(await promise);
    expect(socket.remoteAddress).toBe(A);
  });

  test.each([['before the race', 0], ['in it', 0], ['in it, and ref after that', 2]])(
    'unref %s: how many handles keep the process', async (when, count) => {
      const there = await stalled(A, B);
      const { stdout, stderr, timedOut } = await spawnNode('rsnet', keeping, {
        args: [String(there.port), A, B, when], onStart: ({ stdout: lines }) => lines.once('data', () => there.open(A)),
      });
      expect([stderr, timedOut]).toEqual(['', false]);
      expect(stdout).toBe(`${count} kept\nconnected ${count > 0}\n`);
    },
  );
});

/**
 * Runs in a child: how many handles keep it alive in mid-race. A connect keeps it in any case, a connection that is
 * unref'd lets it end.
 */
function keeping() {
  const [port, first, second, when] = process.argv.slice(1);
  const list = [first, second].map((address) => ({ address, family: 4 }));
  const socket = net.connect({
    host: 'a.invalid', port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 10,
    lookup: (host, options, callback) => callback(null, list),
  });
  if (when.startsWith('before')) socket.unref();
  const keep = setTimeout(() => {}, 1e6);
  socket.on('connectionAttempt', (address) => {
    if (address !== second) return;
    setImmediate(() => {
      if (when.startsWith('in')) socket.unref();
      if (when.includes('ref after')) socket.ref();
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length, 'kept');
    });
  });
  socket.on('connect', () => {
    clearTimeout(keep);
    console.log('connected', socket._handle.hasRef());
    if (socket._handle.hasRef()) socket.destroy();
  });
}

/** The settings of each implementation with which it makes its attempts one after the other. */
const sequential = [...implementations.map(([name, net]) => [
  name, net, name === 'rsnet' ? { autoSelectFamily: 'sequential' } : {},
])];

describe.each(sequential)('%s, one attempt after the other', (name, net, options) => {
  test('an attempt is cut off, and its address counts as failed', async () => {
    const there = await stalled(A);
    const before = socketDescriptors().length;
    const socket = race(net, there.port, [A, B], options);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ name: 'AggregateError', code: 'ETIMEDOUT' });
    expect(error.errors.map(({ code, address, port }) => [code, address, port])).toEqual([
      ['ETIMEDOUT', A, there.port], ['ECONNREFUSED', B, there.port],
    ]);
    await closed(socket);
    expect(socketDescriptors().length).toBe(before);
    expect(socket.seen).toEqual([
      ['Attempt', A], ['Timeout', A], ['Attempt', B], ['Failed', B, 'ECONNREFUSED'],
      ['error', 'ETIMEDOUT'], ['close', true],
    ]);
  });

  test('only one is open at a time', async () => {
    const there = await stalled(A, B);
    const before = socketDescriptors().length;
    const socket = race(net, there.port, [A, B], options);
    await seen(socket, 'connectionAttempt', B);
    await turn();
    expect(socketDescriptors().length).toBe(before + 1);
  });
});

describe.each(implementations)('%s: from a port of the program', (name, net) => {
  test('one attempt after the other', async () => {
    const there = await stalled(A);
    const socket = race(net, there.port, [A, B], { localPort: await closedPort() });
    const [error] = await once(socket, 'error');
    expect(error.errors.length).toBe(2);
    await closed(socket);
  });
});

describeRsnet('autoSelectFamily: \'sequential\'', (rsnet) => {
  test.each([['rsnet', rsnet], ['rsnet without a binary', fallback]])('%s takes it', async (name, net) => {
    const server = await listen(net);
    const options = { host: 'a.invalid', port: server.at.port, lookup: listing('::1', A) };
    const socket = connect(net, { ...options, autoSelectFamily: 'sequential' });
    await once(socket, 'connect');
    expect(socket.autoSelectFamilyAttemptedAddresses.length).toBe(2);
    const error = thrownBy(() => connect(net, { ...options, autoSelectFamily: 'racing' }).on('error', () => {}));
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('RSNET_AUTO_SELECT_FAMILY=sequential is the same for all', async () => {
    const there = await stalled(A);
    const code = `(${cutOff})()`;
    const args = [String(there.port), A, B];
    const [own, builtin, races] = await Promise.all([
      spawnNode('rsnet', code, { args, env: { RSNET_AUTO_SELECT_FAMILY: 'sequential' } }),
      spawnNode('net', code, { args }),
      spawnNode('rsnet', code, { args, env: { RSNET_AUTO_SELECT_FAMILY: '' } }),
    ]);
    expect(own).toEqual(builtin);
    expect(own.stdout).toBe('["ETIMEDOUT","ECONNREFUSED"]\n');
    expect(races.stdout).toBe('"goes on"\n');
  });
});

/**
 * Runs in a child: what becomes of the first attempt when the second is refused.
 */
function cutOff() {
  const [port, first, second] = process.argv.slice(1);
  const list = [first, second].map((address) => ({ address, family: 4 }));
  const socket = net.connect({
    host: 'a.invalid', port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 10,
    lookup: (host, options, callback) => callback(null, list),
  });
  let result = 'goes on';
  socket.on('error', ({ errors }) => { result = errors.map(({ code }) => code); });
  socket.on('connectionAttemptFailed', () => setImmediate(() => socket.destroy()));
  socket.on('close', () => console.log(JSON.stringify(result)));
}
