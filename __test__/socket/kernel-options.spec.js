'use strict';

// Options of the kernel, and what it knows of a connection, as no `net` has them but rsnet's. The congestion control
// has a spec of its own.

const tls = require('tls');
const { closed, connect, describeLinux, listen, once, pair, spawnNode, thrownBy, track } = require('../helpers');
const { runMode } = require('../helpers/registered');
const { OPTION_NAMES, given: givenOptions } = require('../../lib/api/kernel-option-names');

const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };

/** Each option: its methods end in this, a value, and what the kernel makes of it. */
const OPTIONS = [
  ['userTimeout', 'UserTimeout', 5000, 5000],
  ['notSentLowWaterMark', 'NotSentLowWaterMark', 16384, 16384],
  ['sendBufferSize', 'SendBufferSize', 30000, 60000],
  ['recvBufferSize', 'RecvBufferSize', 30000, 60000],
];

test.each(OPTION_NAMES)('%s is looked for among the options of a Socket', (name) => {
  expect(givenOptions({ [name]: 1 })).toEqual([name]);
});

describeLinux('options of the kernel', (net) => {
  describe.each(OPTIONS)('%s', (option, method, value, expected) => {
    const get = (socket) => socket[`get${method}`]();
    const set = (socket, given) => socket[`set${method}`](given);

    test('of a client, and of a server whose connections inherit it', async () => {
      const near = await pair(net, net, { client: { [option]: value } });
      expect(get(near.client)).toBe(expected);
      expect(get(near.peer)).not.toBe(expected);
      const far = await pair(net, net, { server: { [option]: value } });
      expect(get(far.peer)).toBe(expected);
      expect(get(far.client)).not.toBe(expected);
    });

    test('before there is a connection, while it is made, and afterwards', async () => {
      const server = await listen(net);
      const client = track(new net.Socket());
      expect(get(client)).toBe(undefined);
      expect(set(client, value)).toBe(client);
      expect(get(client)).toBe(value);
      client.connect(server.at);
      expect(get(client)).toBe(value);
      await once(client, 'connect');
      expect(get(client)).toBe(expected);
      set(client, value + 1000);
      expect(get(client)).toBeGreaterThan(expected);
      client.destroy();
      await closed(client);
      client.connect(server.at);
      set(client, value);
      await once(client, 'connect');
      expect(get(client)).toBe(expected);
    });

    test('each further address of a host gets it', async () => {
      const server = await listen(net);
      const lookup = (_host, _query, done) => done(null, [
        { address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 },
      ]);
      const client = connect(net, {
        port: server.at.port, host: 'name.test', lookup, autoSelectFamily: true, [option]: value,
      });
      await once(client, 'connect');
      expect(get(client)).toBe(expected);
    });

    test('a descriptor of a connection has it at once', async () => {
      const { client } = await pair(net);
      const socket = track(new net.Socket({ fd: client._handle.dup(), [option]: value }));
      expect([get(socket), get(client)]).toEqual([expected, expected]);
    });

    test('bad values are thrown at once', () => {
      const argument = option === 'userTimeout' ? 'timeout' : 'bytes';
      const wrong = (given, code, name) => expect.objectContaining({ code, message: expect.stringContaining(
        `"${name}"`) });
      for (const [given, code] of [
        ['1', 'ERR_INVALID_ARG_TYPE'], [null, 'ERR_INVALID_ARG_TYPE'], [1.5, 'ERR_OUT_OF_RANGE'],
        [-1, 'ERR_OUT_OF_RANGE'], [2 ** 31, 'ERR_OUT_OF_RANGE'], [NaN, 'ERR_OUT_OF_RANGE'],
      ]) {
        expect(thrownBy(() => set(track(new net.Socket()), given))).toEqual(wrong(given, code, argument));
        const inOptions = wrong(given, code, `options.${option}`);
        expect(thrownBy(() => new net.Socket({ [option]: given }))).toEqual(inOptions);
        expect(thrownBy(() => net.createServer({ [option]: given }))).toEqual(inOptions);
      }
    });

    test('under TLS', async () => {
      const { client } = await pair(net);
      const secure = track(tls.connect({ socket: client }).on('error', () => {}));
      expect(get(set(client, value))).toBe(expected);
      secure.destroy();
    });

    test('of a Unix-domain socket', async () => {
      const { client } = await pair(net, net, { path: true });
      if (option.endsWith('BufferSize')) {
        expect(get(set(client, value))).toBe(expected);
        const asked = await pair(net, net, { path: true, client: { [option]: value }, server: { [option]: value } });
        expect(get(asked.client)).toBe(expected);
        return;
      }
      expect(thrownBy(() => set(client, value))).toMatchObject(wrongKind);
      expect(thrownBy(() => get(client))).toMatchObject(wrongKind);
    });
  });

  test('a platform without an option says so', async () => {
    const { client } = await pair(net);
    const ENOPROTOOPT = -92;
    Object.assign(client._handle, { setOption: () => ENOPROTOOPT, getOption: () => ENOPROTOOPT });
    for (const call of ['getUserTimeout', 'info']) {
      expect(thrownBy(() => client[call]())).toMatchObject({ code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
        message: expect.stringContaining(call) });
    }
    expect(thrownBy(() => client.setUserTimeout(1)).code).toBe('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
  });

  test('an option of a process without descriptors: the connect says so', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', () => {
      const { closeSync, openSync } = require('fs');
      const held = [];
      const socket = new net.Socket({ userTimeout: 1000 });
      try {
        for (;;) held.push(openSync('/dev/null'));
      } catch {
        // There is none left.
      }
      socket.setNotSentLowWaterMark(1000).connect({ port: 1, host: '127.0.0.1' }).on('error', (error) => {
        held.forEach((fd) => closeSync(fd));
        console.log(error.message);
      });
    }, { prefix: ['sh', '-c', 'ulimit -n 60; exec "$0" "$@"'] });
    expect({ stdout, stderr }).toEqual({
      stdout: expect.stringMatching(/^connect EMFILE 127\.0\.0\.1:1 - Local \(undefined:undefined\)\n$/), stderr: '',
    });
  });

  test('a peer that takes nothing for longer than userTimeout: ETIMEDOUT', async () => {
    const { client } = await pair(net, net, { client: { userTimeout: 200 }, server: { pauseOnConnect: true } });
    client.resume();
    const chunk = Buffer.alloc(1 << 20);
    const fill = () => { if (!client.destroyed) client.write(chunk, fill); };
    fill();
    const [error] = await once(client, 'error');
    expect(error.code).toBe('ETIMEDOUT');
  }, 60_000);
});

describeLinux('what the kernel knows of a connection', (net) => {
  test('info', async () => {
    const { client, peer } = await pair(net, net, { client: { allowHalfOpen: true } });
    const arrived = once(peer, 'data');
    client.write(Buffer.alloc(1000));
    await arrived;
    const info = client.info();
    expect(info).toMatchObject({ state: 'ESTABLISHED', bytesSent: 1000, lost: 0, totalRetransmits: 0 });
    expect(info.rtt).toBeGreaterThan(0);
    expect(info.rtt).toBeLessThan(60_000);
    expect(info.congestionWindow).toBeGreaterThan(0);
    expect(info.slowStartThreshold).toBeGreaterThan(0);
    expect(info.pathMtu).toBeGreaterThan(1000);
    for (const value of Object.values(info)) expect(['boolean', 'number', 'string']).toContain(typeof value);
    expect(info.synDataAcked).toBe(false);
    expect(peer.info()).toMatchObject({ bytesReceived: 1000 });
    peer.end();
    await once(client.resume(), 'end');
    expect(client.info().state).toBe('CLOSE_WAIT');
  });

  test('info over IPv6, and once registered of a connection that Node\'s TLS reads', async () => {
    const { client } = await pair(net, net, { listen: { host: '::1', port: 0 } });
    expect(client.info().state).toBe('ESTABLISHED');
    const { client: under } = await pair(net);
    const secure = track(tls.connect({ socket: under }).on('error', () => {}));
    expect(under.info().state).toBe('ESTABLISHED');
    secure.destroy();
    const registered = await runMode(['-r', require.resolve('../../register')], async () => {
      const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
      await new Promise((resolve) => { server.once('listening', resolve); });
      const socket = net.connect(server.address().port, '127.0.0.1');
      await new Promise((resolve) => { socket.once('connect', resolve); });
      const { state } = socket.info();
      socket.destroy();
      server.close();
      return state;
    });
    expect(registered).toBe('ESTABLISHED');
  });

  test('peerCredentials', async () => {
    const { client, peer } = await pair(net, net, { path: true });
    const own = { pid: process.pid, uid: process.getuid(), gid: process.getgid() };
    expect([client.peerCredentials(), peer.peerCredentials()]).toEqual([own, own]);
  });

  test('without a connection, and of the other kind', async () => {
    const socket = track(new net.Socket());
    expect([socket.info(), socket.peerCredentials()]).toEqual([undefined, undefined]);
    const tcp = await pair(net);
    expect(thrownBy(() => tcp.client.peerCredentials())).toMatchObject(wrongKind);
    const unix = await pair(net, net, { path: true });
    expect(thrownBy(() => unix.client.info())).toMatchObject(wrongKind);
    const connecting = connect(net, tcp.server.at);
    expect(connecting.info()).toBe(undefined);
    await once(connecting, 'connect');
    connecting.destroy();
    expect(connecting.info()).toBe(undefined);
  });
});
