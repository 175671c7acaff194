'use strict';

// The congestion control of TCP, as the kernel has it: no `net` has it but rsnet's.

const { execFileSync } = require('child_process');
const fs = require('fs');
const http2 = require('http2');
const path = require('path');
const tls = require('tls');
const {
  closed, connect, describeLinux, listen, once, pair, spawnNode, tempPath, thrownBy, track, turn,
} = require('../helpers');
const { FIXTURES, REGISTER, runMode } = require('../helpers/registered');

/**
 * @param {string} name of a setting of tcp(7)
 * @returns {string[]} the words that it consists of
 */
function setting(name) {
  if (process.platform !== 'linux') return [];
  return fs.readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(' ');
}

const [SYSTEM] = setting('tcp_congestion_control');
const ALLOWED = setting('tcp_allowed_congestion_control');
const FORBIDDEN = setting('tcp_available_congestion_control').find((name) => !ALLOWED.includes(name));
/** One that is not the system's, if there is one. */
const OTHER = ALLOWED.find((name) => name !== SYSTEM) ?? 'reno';
const UNKNOWN = 'rsnet-unknown';
const ENOPROTOOPT = -92;

const refused = { name: 'Error', code: 'ENOENT', errno: -2, syscall: 'setCongestionControl',
  message: 'setCongestionControl ENOENT' };
const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };
const unavailable = (call) => ({ name: 'TypeError', code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
  message: `The feature ${call} is unavailable on the current platform, which is being used to run Node.js` });

/**
 * @param {object} handle
 * @returns {string} the name that the kernel has
 */
function controlOf(handle) {
  return Buffer.from(handle.getOption('TCP_CONGESTION')).toString().replace(/\0.*$/s, '');
}

/**
 * @param {object} handle
 * @returns {boolean} whether it is not the host's
 */
function isRsnet(handle) {
  return handle instanceof require('../../lib/handle/base').Handle;
}

describeLinux('congestion control', (net) => {
  test('who asks for nothing has the system\'s', async () => {
    expect(track(new net.Socket()).getCongestionControl()).toBe(undefined);
    const { client, peer } = await pair(net);
    expect([client.getCongestionControl(), peer.getCongestionControl()]).toEqual([SYSTEM, SYSTEM]);
  });

  test.each([...new Set(['reno', ...ALLOWED])])('%s: the option of a client, and of a server', async (name) => {
    const server = await listen(net, { congestionControl: name });
    const accepted = once(server, 'connection');
    const client = connect(net, { ...server.at, congestionControl: name });
    expect(client.getCongestionControl()).toBe(name);
    const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
    expect([client.getCongestionControl(), peer.getCongestionControl()]).toEqual([name, name]);
  });

  test('the other end keeps its own', async () => {
    const near = await pair(net, net, { client: { congestionControl: OTHER } });
    expect([near.client.getCongestionControl(), near.peer.getCongestionControl()]).toEqual([OTHER, SYSTEM]);
    const far = await pair(net, net, { server: { congestionControl: OTHER } });
    expect([far.client.getCongestionControl(), far.peer.getCongestionControl()]).toEqual([SYSTEM, OTHER]);
  });

  test('connections inherit it from the listener, whose own it is', async () => {
    const server = await listen(net, { congestionControl: OTHER });
    expect(controlOf(server._handle)).toBe(OTHER);
  });

  test('a client has it before it is connected', async () => {
    const server = await listen(net);
    const client = connect(net, { ...server.at, congestionControl: OTHER });
    await new Promise(process.nextTick);
    expect(client.connecting).toBe(true);
    expect(controlOf(client._handle)).toBe(OTHER);
    await once(client, 'connect');
  });

  test('a client with a local address', async () => {
    const { client } = await pair(net, net, { client: { congestionControl: OTHER, localAddress: '127.0.0.1' } });
    expect(client.getCongestionControl()).toBe(OTHER);
  });

  test('a bound socket', async () => {
    const server = await listen(net);
    const bound = new net.BoundSocket({ port: 0, host: '127.0.0.1' });
    const client = track(new net.Socket({ handle: bound, congestionControl: OTHER }));
    client.connect(server.at);
    await once(client, 'connect');
    expect(client.getCongestionControl()).toBe(OTHER);
  });

  test('a descriptor of a connection has it at once', async () => {
    const { client } = await pair(net);
    const socket = track(new net.Socket({ fd: client._handle.dup(), congestionControl: OTHER }));
    expect([socket.getCongestionControl(), client.getCongestionControl()]).toEqual([OTHER, OTHER]);
  });

  test('each further address of a host gets it', async () => {
    const server = await listen(net);
    const lookup = (_host, _query, done) => done(null, [
      { address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 },
    ]);
    const client = connect(net, {
      port: server.at.port, host: 'name.test', lookup, autoSelectFamily: true, congestionControl: OTHER,
    });
    await once(client, 'connect');
    expect(client.autoSelectFamilyAttemptedAddresses.length).toBe(2);
    expect(client.getCongestionControl()).toBe(OTHER);
  });

  test('a socket that connects again has it again', async () => {
    const server = await listen(net, (peer) => peer.resume());
    const client = connect(net, { ...server.at, congestionControl: OTHER });
    await once(client, 'connect');
    client.destroy();
    await closed(client);
    expect(client.getCongestionControl()).toBe(OTHER);
    client.connect(server.at);
    await once(client, 'connect');
    expect(client.getCongestionControl()).toBe(OTHER);
  });

  test('setCongestionControl before there is a connection, while it is made, and afterwards', async () => {
    const server = await listen(net);
    const client = track(new net.Socket());
    expect(client.setCongestionControl(SYSTEM)).toBe(client);
    expect(client.getCongestionControl()).toBe(SYSTEM);
    client.connect(server.at);
    client.setCongestionControl(OTHER);
    expect(client.getCongestionControl()).toBe(OTHER);
    expect(thrownBy(() => client.setCongestionControl(UNKNOWN))).toMatchObject(refused);
    await once(client, 'connect');
    expect(client.getCongestionControl()).toBe(OTHER);
    for (const name of ALLOWED) {
      expect(client.setCongestionControl(name).getCongestionControl()).toBe(name);
    }
    expect(thrownBy(() => client.setCongestionControl(UNKNOWN))).toMatchObject(refused);
    expect(client.getCongestionControl()).toBe(ALLOWED.at(-1));
    expect(client.destroyed).toBe(false);
  });

  test('what is no string is refused at once', () => {
    const message = (name) => `The "${name}" ${name.includes('.') ? 'property' : 'argument'} must be of type string. ` +
      'Received type number (1)';
    const invalid = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    const option = { ...invalid, message: message('options.congestionControl') };
    expect(thrownBy(() => new net.Socket({ congestionControl: 1 }))).toMatchObject(option);
    expect(thrownBy(() => net.connect({ port: 1, congestionControl: 1 }))).toMatchObject(option);
    expect(thrownBy(() => net.createServer({ congestionControl: 1 }))).toMatchObject(option);
    const socket = track(new net.Socket());
    expect(thrownBy(() => socket.setCongestionControl(1))).toMatchObject({ ...invalid, message: message('name') });
    for (const value of [null, true, {}, ['reno'], Symbol('reno'), Buffer.from('reno')]) {
      expect(thrownBy(() => socket.setCongestionControl(value))).toMatchObject(invalid);
      expect(thrownBy(() => new net.Socket({ congestionControl: value }))).toMatchObject(invalid);
      expect(thrownBy(() => net.createServer({ congestionControl: value }))).toMatchObject(invalid);
    }
    expect(thrownBy(() => socket.setCongestionControl())).toMatchObject(invalid);
    expect(track(new net.Socket({ congestionControl: undefined })).getCongestionControl()).toBe(undefined);
  });

  test.each([UNKNOWN, '', 'x'.repeat(40), '\0', `reno\0${UNKNOWN}`])('%j: no kernel has it', async (name) => {
    const server = await listen(net);
    const connections = [];
    server.on('connection', (peer) => connections.push(track(peer)));
    const client = connect(net, { ...server.at, congestionControl: name });
    const [error] = await once(client, 'error');
    expect(error).toMatchObject(refused);
    expect(client.destroyed).toBe(true);
    await closed(client);
    const { client: other } = await pair(net);
    expect(thrownBy(() => other.setCongestionControl(name))).toMatchObject(refused);
    expect(connections).toEqual([]);
  });

  test('an unknown name is an error, once, of a host with several addresses too', async () => {
    const server = await listen(net);
    const lookup = (_host, _query, done) => done(null, [
      { address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 },
    ]);
    const client = connect(net, {
      port: server.at.port, host: 'name.test', lookup, autoSelectFamily: true, congestionControl: UNKNOWN,
    });
    const errors = [];
    client.on('error', (error) => errors.push(error));
    await closed(client);
    expect(errors).toEqual([expect.objectContaining({ code: 'ENOENT', syscall: 'setCongestionControl' })]);
  });

  test('an unknown name is an error of a descriptor\'s socket', async () => {
    const { client } = await pair(net);
    const socket = track(new net.Socket({ fd: client._handle.dup(), congestionControl: UNKNOWN }));
    expect((await once(socket, 'error'))[0]).toMatchObject(refused);
    expect(socket.destroyed).toBe(true);
  });

  test('bad arguments of connect are thrown all the same', () => {
    const socket = track(new net.Socket({ congestionControl: UNKNOWN }));
    expect(thrownBy(() => socket.connect({ port: 70000 }))).toMatchObject({ code: 'ERR_SOCKET_BAD_PORT' });
  });

  test('an unknown name is an error of the server, which does not listen', async () => {
    const server = track(net.createServer({ congestionControl: UNKNOWN }));
    server.listen(0, '127.0.0.1');
    expect((await once(server, 'error'))[0]).toMatchObject(refused);
    expect(server.listening).toBe(false);
  });

  (FORBIDDEN && process.getuid() === 0 ? test : test.skip)('one that this user may not choose: EPERM', async () => {
    const result = await spawnNode('rsnet', `
      const tell = ({ code, syscall }) => console.log(code, syscall);
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        const client = net.connect({ port, host: '127.0.0.1', congestionControl: '${FORBIDDEN}' });
        client.on('error', (error) => {
          tell(error);
          const other = net.connect(port, '127.0.0.1', () => {
            try {
              other.setCongestionControl('${FORBIDDEN}');
            } catch (problem) {
              tell(problem);
            }
            other.destroy();
            server.close();
          });
        });
      });
      net.createServer({ congestionControl: '${FORBIDDEN}' }).listen(0, '127.0.0.1').on('error', tell);
    `);
    expect(result).toMatchObject({ stderr: '', code: 0, stdout: 'EPERM setCongestionControl\n'.repeat(3) });
  });

  test('a Unix-domain socket has none', async () => {
    const { client, peer, server } = await pair(net, net, { path: true });
    for (const socket of [client, peer]) {
      expect(thrownBy(() => socket.setCongestionControl('reno'))).toMatchObject(wrongKind);
      expect(thrownBy(() => socket.getCongestionControl())).toMatchObject(wrongKind);
    }
    const asking = connect(net, { ...server.at, congestionControl: 'reno' });
    expect((await once(asking, 'error'))[0]).toMatchObject(wrongKind);
    expect(asking.destroyed).toBe(true);
    const listener = track(net.createServer({ congestionControl: 'reno' }));
    const at = tempPath();
    listener.listen(at);
    expect((await once(listener, 'error'))[0]).toMatchObject(wrongKind);
    expect([listener.listening, fs.existsSync(at)]).toEqual([false, false]);
  });

  test('a FIFO has none', async () => {
    const at = tempPath();
    execFileSync('mkfifo', [at]);
    const socket = new net.Socket({ fd: fs.openSync(at, 'r+'), congestionControl: 'reno' });
    expect((await once(socket, 'error'))[0]).toMatchObject(wrongKind);
    expect(socket.destroyed).toBe(true);
    fs.unlinkSync(at);
  });

  test('where the platform has no such option, that is the error', async () => {
    const { client } = await pair(net);
    client._handle.setOption = () => ENOPROTOOPT;
    client._handle.getOption = () => ENOPROTOOPT;
    expect(thrownBy(() => client.setCongestionControl('reno'))).toMatchObject(unavailable('setCongestionControl'));
    expect(thrownBy(() => client.getCongestionControl())).toMatchObject(unavailable('getCongestionControl'));
  });

  test('nobody who lists a socket or server sees more than before', async () => {
    const { client, peer, server } = await pair(net, net, {
      client: { congestionControl: OTHER }, server: { congestionControl: OTHER },
    });
    for (const object of [client, peer, server]) {
      const names = [];
      for (const name in object) names.push(name);
      expect([...names, ...Object.getOwnPropertyNames(object)].filter((name) => /congestion/i.test(name))).toEqual([]);
    }
    for (const object of [client._handle, server._handle]) {
      const names = [];
      for (const name in object) names.push(name);
      expect(names.filter((name) => /congestion/i.test(name))).toEqual([]);
    }
  });

  test('under TLS', async () => {
    const cert = fs.readFileSync(path.join(FIXTURES, 'localhost-cert.pem'));
    const key = fs.readFileSync(path.join(FIXTURES, 'localhost-key.pem'));
    const { client: near, peer: far } = await pair(net, net, {
      client: { congestionControl: OTHER }, server: { congestionControl: OTHER },
    });
    const secure = tls.connect({ socket: near, ca: cert, checkServerIdentity() {} });
    new tls.TLSSocket(far, { isServer: true, cert, key });
    await once(secure, 'secureConnect');
    for (const socket of [near, far]) {
      expect(isRsnet(socket._handle)).toBe(false);
      expect(socket.getCongestionControl()).toBe(OTHER);
      for (const name of ALLOWED) expect(socket.setCongestionControl(name).getCongestionControl()).toBe(name);
      expect(thrownBy(() => socket.setCongestionControl(UNKNOWN))).toMatchObject(refused);
      expect(Object.keys(socket._handle).filter((name) => /congestion/i.test(name))).toEqual([]);
    }
    secure.destroy();
  });

  test('under HTTP/2', async () => {
    const server = await listen(net, (socket) => http2.performServerHandshake?.(socket));
    const near = connect(net, { ...server.at, congestionControl: OTHER });
    await once(near, 'connect');
    const session = http2.connect('http://localhost', { createConnection: () => near });
    session.on('error', () => {});
    await turn();
    expect(isRsnet(near._handle)).toBe(false);
    expect(near.getCongestionControl()).toBe(OTHER);
    expect(near.setCongestionControl('reno').getCongestionControl()).toBe('reno');
    session.destroy();
    await closed(near);
  });

  test.each(['SCHED_RR', 'SCHED_NONE'])('in the workers of a cluster, %s', async (policy) => {
    const flags = ['-r', REGISTER];
    const worker = (name) => {
      const server = net.createServer({ congestionControl: name }, (socket) => {
        socket.end(socket.getCongestionControl());
      });
      server.on('error', ({ code, syscall }) => process.send([code, syscall]));
      server.listen(0, '127.0.0.1', () => process.send(server.address().port));
    };
    const program = `async (names) => {
      const cluster = require('cluster');
      const net = require('net');
      cluster.schedulingPolicy = cluster.${policy};
      cluster.setupPrimary({ execArgv: [...${JSON.stringify(flags)}, '-e', ${JSON.stringify(`
        const net = require('net');
        process.once('message', (name) => (${worker})(name));
      `)}] });
      const results = [];
      for (const name of names) {
        const worker = cluster.fork();
        await once(worker, 'online');
        worker.send(name);
        const [told] = await once(worker, 'message');
        results.push(Array.isArray(told) ? told : String(await all(net.connect(told, '127.0.0.1'))));
        worker.disconnect();
        await once(worker, 'exit');
      }
      return results;
    }`;
    const results = await runMode(flags, { toString: () => program }, { args: [[...ALLOWED, UNKNOWN]] });
    expect(results).toEqual([...ALLOWED, ['ENOENT', 'setCongestionControl']]);
  });
});
