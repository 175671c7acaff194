'use strict';

// Options of the system that a BoundSocket has before bind(2).

const { closed, describeLinux, listen, once, tempPath, thrownBy, track } = require('../helpers');

const wrongKind = { name: 'TypeError', code: 'ERR_INVALID_HANDLE_TYPE' };

describeLinux('new BoundSocket() with options of the system', (net) => {
  test('freebind: an address that the system does not have', () => {
    const host = '10.254.254.254';
    expect(thrownBy(() => new net.BoundSocket({ host }))).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind' });
    const bound = new net.BoundSocket({ host, freebind: true });
    expect(bound.address()).toMatchObject({ address: host, family: 'IPv4' });
    bound.close();
  });

  test('connections of its server and of its socket have them', async () => {
    const server = track(net.createServer());
    server.listen(new net.BoundSocket({ host: '127.0.0.1', congestionControl: 'reno', userTimeout: 5000 }));
    await once(server, 'listening');
    const connection = once(server, 'connection');
    const client = track(new net.Socket({ handle: new net.BoundSocket({ host: '127.0.0.1', maxSegmentSize: 500 }) }));
    client.connect(server.address().port, '127.0.0.1');
    await once(client, 'connect');
    const [peer] = await connection;
    track(peer);
    expect([peer.getCongestionControl(), peer.getUserTimeout()]).toEqual(['reno', 5000]);
    expect(client.getMaxSegmentSize()).toBeLessThanOrEqual(500);
  });

  test('seqpacket: messages from one bound path to another', async () => {
    const [at, from] = [tempPath(), tempPath()];
    const server = track(net.createServer({ seqpacket: true }));
    server.listen(new net.BoundSocket({ path: at, seqpacket: true }));
    await once(server, 'listening');
    const handle = new net.BoundSocket({ path: from, seqpacket: true });
    const client = track(new net.Socket({ handle, seqpacket: true }));
    const connection = once(server, 'connection');
    client.connect(at);
    client.write('one');
    client.end('two');
    const [peer] = await connection;
    const messages = [];
    for await (const message of track(peer)) messages.push(String(message));
    expect(messages).toEqual(['one', 'two']);
    expect(client.localAddress).toBe(from);
  });

  test('seqpacket: an owner without it is refused', async () => {
    const bound = () => new net.BoundSocket({ path: tempPath(), seqpacket: true });
    const wrongType = { code: 'EINVAL', syscall: 'setsockopt' };
    expect(await once(track(net.createServer()).listen(bound()), 'error')).toMatchObject([wrongType]);
    const socket = track(new net.Socket({ handle: bound() }));
    expect(await once(socket.connect(tempPath()), 'error')).toMatchObject([wrongType]);
  });

  test.each([
    [{ seqpacket: true }, wrongKind],
    [{ receiveDescriptors: true }, wrongKind],
    [{ deferAccept: 1000 }, wrongKind],
    [{ path: 'PATH', mptcp: true }, wrongKind],
    [{ path: 'PATH', congestionControl: 'reno' }, wrongKind],
    [{ interface: 'rsnet-none' }, { code: 'ENODEV', syscall: 'setsockopt' }],
    [{ freebind: 1 }, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }],
    [{ mark: -1 }, { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }],
  ])('%j is refused at once', (options, problem) => {
    const path = options.path && tempPath();
    expect(thrownBy(() => new net.BoundSocket(path ? { ...options, path } : options))).toMatchObject(problem);
  });

  test('what is refused leaves the port free', async () => {
    const server = await listen(net);
    const { port } = server.at;
    server.close();
    await closed(server);
    const options = { host: '127.0.0.1', port };
    expect(thrownBy(() => new net.BoundSocket({ ...options, interface: 'rsnet-none' })).code).toBe('ENODEV');
    new net.BoundSocket(options).close();
  });
});
