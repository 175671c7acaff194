'use strict';

// Members of handles besides those of socket-handle.spec.js.

const {
  closed, describeRsnet, implementations, once, pair, tempPath, traceTest, track, turn,
} = require('../helpers');
const { describeFeature, hostHandleHas } = require('../helpers/features');

/** Members of the built-in's that mean nothing outside of C++. */
const NATIVE = new Set(['_externalStream', 'isStreamBase']);

for (const [kind, place] of [['TCP', () => ({})], ['Unix', () => ({ listen: tempPath() })]]) {
  traceTest(`everything that the built-in's handle has (${kind})`, async (t) => {
    const server = await t.listen(place());
    const client = track(t.net.connect(server.at));
    const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'ready')]);
    for (const [name, { _handle: handle }] of Object.entries({ client, peer, server })) {
      const names = [];
      for (const key in handle) names.push(key);
      t.note(name, 'enumerated', names.filter((key) => !NATIVE.has(key)).sort());
      t.note(name, 'onconnection', typeof handle.onconnection, handle.onconnection === null);
      t.note(name, 'owner', handle.owner === { client, peer, server }[name], 'owner' in handle);
      t.note(name, 'reading', handle.reading);
      t.call(name, 'setBlocking', () => [handle.setBlocking(true), handle.setBlocking(false)]);
    }
    const { _handle: handle } = client;
    client.destroy();
    peer.destroy();
    t.call('client', 'setBlocking when closed', () => handle.setBlocking(true));
    await closed(client);
  });
}

describe.each(implementations)('%s: a handle that was told to block', (_name, net) => {
  test('sends all of it', async () => {
    const { client, peer } = await pair(net);
    expect(client._handle.setBlocking(true)).toBe(0);
    peer.resume();
    client.end(Buffer.alloc(100000));
    await once(peer, 'end');
    expect(peer.bytesRead).toBe(100000);
  });
});

describeRsnet('useUserBuffer', (rsnet) => {
  test('is what `onread` calls, with its buffer', async () => {
    const server = track(rsnet.createServer((peer) => peer.end('hello')).listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const buffer = Buffer.alloc(16);
    const socket = track(new rsnet.Socket({ onread: { buffer, callback: () => true } }));
    socket.connect(server.address().port, '127.0.0.1');
    const { useUserBuffer } = socket._handle;
    expect(useUserBuffer.call(socket._handle, buffer)).toBe(0);
    await once(socket, 'end');
    expect(String(buffer.subarray(0, 5))).toBe('hello');
  });
});

describeFeature('hasPendingRead', () => hostHandleHas('hasPendingRead'), (net) => {
  test.each([false, true])('tells of data and an end that were not read, Unix: %s', async (path) => {
    const { client, peer } = await pair(net, net, { path });
    const { _handle: handle } = client;
    client.resume();
    handle.readStop();
    const seen = [handle.hasPendingRead()];
    const data = once(client, 'data');
    peer.write('x');
    while (!handle.hasPendingRead()) await turn();
    handle.readStart();
    await data;
    seen.push(handle.hasPendingRead());
    handle.readStop();
    const over = closed(client);
    peer.end();
    while (!handle.hasPendingRead()) await turn();
    handle.readStart();
    await over;
    expect(seen).toEqual([false, false]);
  });

  test('tells of a reset', async () => {
    const { client, peer } = await pair(net);
    client._handle.readStop();
    peer.resetAndDestroy();
    while (!client._handle.hasPendingRead()) await turn();
    const { _handle: handle } = client;
    client.destroy();
    expect(handle.hasPendingRead()).toBe(false);
  });

  test('is false for what neither is nor was connected', async () => {
    const server = track(net.createServer()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(server._handle.hasPendingRead()).toBe(false);
    const socket = track(net.connect(server.address().port, '127.0.0.1'));
    expect(socket._handle.hasPendingRead()).toBe(false);
    await once(socket, 'connect');
  });
});

describe.each(implementations)('%s: replacing members', (_name, net) => {
  test('socket._unrefTimer is called for each read and write', async () => {
    const { client, peer } = await pair(net);
    let calls = 0;
    client._unrefTimer = () => { calls++; };
    client.write('x');
    expect(calls).toBe(1);
    peer.write('y');
    await once(client, 'data');
    expect(calls).toBe(2);
  });
});
