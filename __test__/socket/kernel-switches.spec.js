'use strict';

// Options of the kernel that are no plain number of a TCP connection: switches, names, and those of a listener alone.
// What takes a network of its own is in kernel-network.spec.js.

const fs = require('fs');
const { closed, connect, describeLinux, listen, once, pair, thrownBy, track, turn } = require('../helpers');
const { runWorker } = require('../helpers/registered');

const CAP_NET_ADMIN = 12n;

/**
 * @returns {boolean} whether this process may mark packets and the like
 */
function isAdmin() {
  const [, effective] = /^CapEff:\s*(\w+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  return (BigInt(`0x${effective}`) >> CAP_NET_ADMIN & 1n) === 1n;
}

const admin = process.platform === 'linux' && isAdmin();
const testAdmin = admin ? test : test.skip;
const hasMptcp = fs.existsSync('/proc/sys/net/mptcp/enabled') &&
  fs.readFileSync('/proc/sys/net/mptcp/enabled', 'utf8').trim() === '1';
const testMptcp = hasMptcp ? test : test.skip;

/** No interface has it. */
const FOREIGN = '10.99.99.1';

const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };

/** Values of the wrong kind, by option. */
const WRONG = {
  quickAck: [[1, invalidType], ['true', invalidType], [null, invalidType]],
  linger: [
    [86_401, outOfRange], [-1, outOfRange], [0.5, outOfRange],
    [true, invalidType], ['0', invalidType], [null, invalidType],
  ],
  mark: [[-1, outOfRange], [2 ** 32, outOfRange], [0.5, outOfRange], ['1', invalidType]],
  busyPoll: [[-1, outOfRange], [2 ** 31, outOfRange], ['1', invalidType]],
  maxSegmentSize: [[-1, outOfRange], ['1', invalidType]],
  interface: [[1, invalidType], [null, invalidType]],
  freebind: [[1, invalidType]],
  transparent: [['yes', invalidType]],
  mptcp: [[1, invalidType]],
  fastOpen: [[-1, outOfRange], ['1', invalidType], [null, invalidType]],
  deferAccept: [[-1, outOfRange], [true, invalidType]],
};

/**
 * @param {object} handle
 * @param {string} name of an option
 * @returns {string} its text
 */
function textOf(handle, name) {
  return Buffer.from(handle.getOption(name)).toString().replace(/\0.*$/s, '');
}

describeLinux('more options of the kernel', (net) => {
  test.each(Object.entries(WRONG))('%s: values of the wrong kind are thrown at once', (option, wrong) => {
    const method = `set${option[0].toUpperCase()}${option.slice(1)}`;
    for (const [value, error] of wrong) {
      const where = expect.objectContaining({ ...error, message: expect.stringContaining(`options.${option}`) });
      expect(thrownBy(() => new net.Socket({ [option]: value }))).toEqual(where);
      expect(thrownBy(() => net.createServer({ [option]: value }))).toEqual(where);
      const socket = track(new net.Socket());
      if (socket[method]) expect(thrownBy(() => socket[method](value))).toMatchObject(error);
    }
  });

  test.each(Object.keys(WRONG))('%s: a Unix-domain socket and server refuse it', async (option) => {
    const value = { interface: 'lo' }[option] ?? (['mark', 'busyPoll', 'maxSegmentSize', 'deferAccept', 'linger']
      .includes(option) ? 0 : true);
    const { server } = await pair(net, net, { path: true });
    const client = connect(net, { ...server.at, [option]: value });
    expect(await once(client, 'error')).toMatchObject([wrongKind]);
    const other = track(net.createServer({ [option]: value }).listen(`${server.at.path}-2`));
    expect(await once(other, 'error')).toMatchObject([wrongKind]);
  });

  test('linger of 0 resets the connection, false does not', async () => {
    for (const seconds of [0, false]) {
      const { client, peer } = await pair(net, net, { client: { linger: 0 } });
      expect(client.getLinger()).toBe(0);
      expect(client.setLinger(seconds).getLinger()).toBe(seconds);
      const errors = [];
      peer.on('error', (error) => errors.push(error.code)).resume();
      client.destroy();
      await closed(peer);
      expect(errors).toEqual(seconds === 0 ? ['ECONNRESET'] : []);
    }
    const { peer } = await pair(net, net, { server: { linger: 0 } });
    expect(peer.getLinger()).toBe(0);
  });

  test('quickAck', async () => {
    const { client, peer } = await pair(net, net, { client: { quickAck: false }, server: { quickAck: false } });
    expect(peer.getQuickAck()).toBe(false);
    expect(client.setQuickAck(true).getQuickAck()).toBe(true);
    expect(client.setQuickAck(false).getQuickAck()).toBe(false);
  });

  test('maxSegmentSize, which the peer keeps to as well', async () => {
    const { client, peer } = await pair(net, net, { client: { maxSegmentSize: 1000 } });
    expect(client.getMaxSegmentSize()).toBeLessThanOrEqual(1000);
    expect(peer.info().maxSegmentSize).toBeLessThanOrEqual(1000);
    const far = await pair(net, net, { server: { maxSegmentSize: 1000 } });
    expect(far.client.info().maxSegmentSize).toBeLessThanOrEqual(1000);
    const refused = connect(net, { ...far.server.at, maxSegmentSize: 1 });
    expect(await once(refused, 'error')).toMatchObject([{ code: 'EINVAL', syscall: 'setMaxSegmentSize' }]);
  });

  testAdmin('mark and busyPoll', async () => {
    const { client, peer } = await pair(net, net, {
      client: { mark: 2 ** 32 - 1, busyPoll: 50 }, server: { mark: 7, busyPoll: 20 },
    });
    expect([client.getMark(), client.getBusyPoll()]).toEqual([2 ** 32 - 1, 50]);
    expect([peer.getMark(), peer.getBusyPoll()]).toEqual([7, 20]);
    expect(client.setMark(0).getMark()).toBe(0);
  });

  test('interface', async () => {
    const { client, peer, server } = await pair(net, net, { client: { interface: 'lo' }, server: { interface: 'lo' } });
    for (const { _handle: handle } of [client, peer, server]) expect(textOf(handle, 'SO_BINDTODEVICE')).toBe('lo');
  });

  test.each(['', 'rsnet-none', 'lo\0', 'a name with more than fifteen letters'])('interface %j: there is none',
    async (name) => {
      const none = { code: 'ENODEV', syscall: 'setsockopt', message: 'setsockopt ENODEV interface' };
      const server = await listen(net);
      expect(await once(connect(net, { ...server.at, interface: name }), 'error')).toMatchObject([none]);
      const other = track(net.createServer({ interface: name }).listen(0, '127.0.0.1'));
      expect(await once(other, 'error')).toMatchObject([none]);
    });

  test('freebind: a local address that the system does not have', async () => {
    const place = { host: FOREIGN, port: 0 };
    const [error] = await once(track(net.createServer().listen(place)), 'error');
    expect(error.code).toBe('EADDRNOTAVAIL');
    const server = track(net.createServer({ freebind: true }).listen(place));
    await once(server, 'listening');
    expect(server.address().address).toBe(FOREIGN);
    const six = track(net.createServer({ freebind: true }).listen({ host: 'fd99::1', port: 0 }));
    await once(six, 'listening');
    expect(six.address().address).toBe('fd99::1');
  });

  test('transparent: a local address that the system does not have, or EPERM', async () => {
    const server = track(net.createServer({ transparent: true }).listen({ host: FOREIGN, port: 0 }));
    if (admin) {
      await once(server, 'listening');
      expect(server.address().address).toBe(FOREIGN);
      return;
    }
    expect(await once(server, 'error')).toMatchObject([{ code: 'EPERM', message: 'setsockopt EPERM transparent' }]);
  });

  test('deferAccept: a connection that is silent waits for others that are not', async () => {
    const server = await listen(net, { deferAccept: 30_000 });
    const silent = connect(net, server.at);
    await once(silent, 'connect');
    const accepted = once(server, 'connection');
    const other = connect(net, server.at);
    other.write('x');
    await once(other, 'connect');
    const [peer] = await accepted;
    expect(peer.remotePort).toBe(other.localPort);
    const next = once(server, 'connection');
    silent.write('y');
    const [later] = await next;
    expect(later.remotePort).toBe(silent.localPort);
    expect(await once(connect(net, { ...server.at, deferAccept: 1000 }), 'error')).toMatchObject([wrongKind]);
  });

  test('fastOpen without a cookie is a connection as others are', async () => {
    const { client, peer, server } = await pair(net, net, { client: { fastOpen: true }, server: { fastOpen: 10 } });
    const [length] = new Int32Array(Uint8Array.from(server._handle.getOption('TCP_FASTOPEN')).buffer);
    expect(length).toBe(10);
    client.end('text');
    expect(String((await once(peer, 'data'))[0])).toBe('text');
  });

  test('fastOpen changes nothing of a connect() while there is a connection', async () => {
    const seen = [];
    for (const options of [{}, { fastOpen: true }]) {
      const { client, server } = await pair(net, net, { client: options });
      const events = [];
      client.on('error', ({ code, syscall }) => events.push(code, syscall)).on('connect', () => events.push('connect'));
      client.connect(server.at);
      await turn(10);
      events.push(client.destroyed);
      seen.push(events);
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  testMptcp('mptcp of both ends, and of one', async () => {
    for (const [client, server] of [[true, true], [true, false], [false, true]]) {
      const { client: near, peer } = await pair(net, net, { client: { mptcp: client }, server: { mptcp: server } });
      const both = client && server;
      near.end('text');
      expect(String((await once(peer, 'data'))[0])).toBe('text');
      expect([near.isMptcp, peer.isMptcp]).toEqual([both, both]);
    }
    const local = await pair(net, net, { client: { mptcp: true, localAddress: '127.0.0.1' }, server: { mptcp: true } });
    expect(local.client.isMptcp).toBe(true);
  });

  // Linux 6.18 takes neither of a socket of Multipath TCP. A later one may.
  testMptcp.each([['QuickAck', true], ['UserTimeout', 1000]])('mptcp with %s, or an error that names it',
    async (method, value) => {
      const options = { mptcp: true, [`${method[0].toLowerCase()}${method.slice(1)}`]: value };
      const failure = (emitter, event) => once(emitter, event).then(() => undefined, (error) => error);
      const { server, client } = await pair(net, net, { server: { mptcp: true }, client: { mptcp: true } });
      expect(client.isMptcp).toBe(true);
      const asked = track(new net.Socket({ mptcp: true }))[`set${method}`](value).connect(server.at);
      const listening = track(net.createServer(options).listen(0, '127.0.0.1'));
      const failures = await Promise.all([
        failure(connect(net, { ...server.at, ...options }), 'connect'), failure(asked, 'connect'),
        failure(listening, 'listening'), thrownBy(() => client[`set${method}`](value)),
        thrownBy(() => new net.BoundSocket({ host: '127.0.0.1', ...options }).close()),
      ]);
      for (const error of failures) {
        if (error === undefined) continue;
        expect(error.code).toBe('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
        expect(error.message).toContain(method);
      }
    });

  test('mptcp needs a socket that rsnet makes', async () => {
    const { client } = await pair(net);
    expect(client.isMptcp).toBe(false);
    expect(new net.Socket().isMptcp).toBe(false);
    const socket = track(new net.Socket({ fd: client._handle.dup(), mptcp: true }));
    expect(await once(socket, 'error')).toMatchObject([{ code: 'EINVAL', message: 'setsockopt EINVAL mptcp' }]);
  });

  test('in the workers of a cluster: what the primary\'s bind would need is refused, unless it is the worker\'s own',
    async () => {
      const refused = ['mptcp', 'fastOpen', 'deferAccept', 'interface', 'freebind', 'transparent'];
      const cases = [
        ...refused.map((name) => [name, { [name]: { interface: 'lo', deferAccept: 1000 }[name] ?? true }, false]),
        ['own', { freebind: true, fastOpen: true }, true],
        ['each', { quickAck: false }, false],
      ];
      const told = await runWorker((options) => {
        const answers = {};
        for (const [title, given, exclusive] of options) {
          const server = net.createServer(given, (socket) => socket.end(String(socket.getQuickAck())));
          const tell = (answer) => {
            answers[title] = answer;
            server.close();
            if (Object.keys(answers).length === options.length) process.send(answers);
          };
          server.on('error', ({ code }) => tell(code));
          server.listen({ port: 0, host: '127.0.0.1', exclusive }, () => {
            net.connect(server.address().port, '127.0.0.1').on('data', (data) => tell(String(data)));
          });
        }
      }, cases);
      const expected = Object.fromEntries(refused.map((name) => [name, 'ERR_INVALID_HANDLE_TYPE']));
      expect(told).toEqual({ ...expected, own: 'true', each: 'false' });
    });

  test('originalDestination without a connection, and of the other kind', async () => {
    expect(track(new net.Socket()).originalDestination()).toBe(undefined);
    const { client } = await pair(net, net, { path: true });
    expect(thrownBy(() => client.originalDestination())).toMatchObject(wrongKind);
  });
});
