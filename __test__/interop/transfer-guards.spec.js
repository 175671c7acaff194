'use strict';

// Which sockets and servers can be handed to another thread, and what a refusal leaves behind.

const net = require('net');
const { MessageChannel, receiveMessageOnPort } = require('worker_threads');
const { closed, connect, describeRsnet, listen, once, pair, rsnet, tempPath, thrownBy, track } =
  require('../helpers');
const { describeFeature, hostTransfers } = require('../helpers/features');

/**
 * @param {string} name of the class
 * @returns {object} what a refusal looks like
 */
function refusal(name) {
  return {
    name: 'Error',
    code: 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE',
    message: `${name} cannot be transferred in its current state; it must be a freshly created or accepted handle ` +
      'that has not started reading and has no pending writes',
  };
}

/** Both ends of a channel, in this thread; closed after each test. */
let port1;
let port2;

beforeEach(() => {
  ({ port1, port2 } = new MessageChannel());
});

afterEach(() => port1.close());

/**
 * Sends an object from one port to the other.
 *
 * @param {object} value
 * @returns {object} what arrives
 */
function transfer(value) {
  port1.postMessage({ value }, [value]);
  return receiveMessageOnPort(port2).message.value;
}

describeFeature('transfer', (mod) => mod === rsnet || (hostTransfers('Socket') && 'BoundSocket' in net), (mod) => {
  test('a fresh connection goes on at the other end', async () => {
    const server = await listen(mod, { allowHalfOpen: true });
    const client = connect(mod, server.at);
    const [socket] = await once(server, 'connection');
    const gone = once(socket, 'close');
    const there = track(transfer(socket));
    expect(there).toBeInstanceOf(mod.Socket);
    expect([socket._handle, socket.destroyed, socket.writable, socket.readable]).toEqual([null, true, false, false]);
    expect([there.allowHalfOpen, there.readyState, there.remotePort]).toEqual([true, 'open', client.localPort]);
    const lost = await new Promise((resolve) => socket.write('lost', resolve));
    expect(lost.code).toBe('ERR_STREAM_DESTROYED');
    await gone;
    const answer = once(client.setEncoding('utf8'), 'data');
    there.write('from there');
    expect(await answer).toEqual(['from there']);
    client.end('from here');
    expect(await once(there.setEncoding('utf8'), 'data')).toEqual(['from here']);
    there.destroy();
    await closed(client);
    expect(await new Promise((resolve) => server.getConnections((error, count) => resolve(count)))).toBe(0);
  });

  test('a connection that has data waiting takes it along', async () => {
    const server = await listen(mod, { pauseOnConnect: true });
    const client = connect(mod, server.at);
    const [socket] = await once(server, 'connection');
    await new Promise((resolve) => client.write('early', resolve));
    const there = track(transfer(socket));
    expect(await once(there.setEncoding('utf8'), 'data')).toEqual(['early']);
    there.destroy();
    await closed(client);
  });

  test('a listening server accepts at the other end', async () => {
    const server = track(mod.createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 3000 }));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const there = track(transfer(server));
    expect([server.listening, server.address()]).toEqual([false, null]);
    expect(there).toBeInstanceOf(mod.Server);
    expect([there.noDelay, there.keepAlive, there.keepAliveInitialDelay]).toEqual([true, true, 3]);
    expect(there.address()).toEqual(address);
    const accepted = once(there, 'connection');
    const client = connect(mod, { port: address.port, host: address.address });
    track((await accepted)[0]).end();
    await closed(client.resume());
    there.close();
    const error = await new Promise((resolve) => server.close(resolve));
    expect(error.code).toBe('ERR_SERVER_NOT_RUNNING');
  });

  test.each([
    ['has read', async ({ client, socket }) => {
      client.write('x');
      await once(socket, 'data');
    }],
    ['has written', ({ socket }) => socket.write('x')],
    ['has something corked', ({ socket }) => {
      socket.cork();
      socket.write('x');
    }],
    ['decodes what it reads', ({ socket }) => socket.setEncoding('utf8')],
  ])('a socket that %s stays, and stays usable', async (title, act) => {
    const { client, peer: socket } = await pair(mod);
    await act({ client, socket });
    expect(thrownBy(() => transfer(socket))).toMatchObject(refusal('net.Socket'));
    expect([socket._handle !== null, socket.destroyed]).toEqual([true, false]);
    const arrived = once(client, 'data');
    socket.uncork();
    socket.write('still here');
    await arrived;
  });

  test('a socket without a connection stays', async () => {
    const server = await listen(mod);
    const connecting = connect(mod, server.at);
    for (const socket of [new mod.Socket(), connecting, new mod.Socket().destroy()]) {
      expect(thrownBy(() => transfer(socket))).toMatchObject(refusal('net.Socket'));
    }
    await once(connecting, 'connect');
  });

  test('Unix-domain sockets stay', async () => {
    const server = await listen(mod, { listen: tempPath() });
    const client = connect(mod, server.at);
    await once(client, 'connect');
    expect(thrownBy(() => transfer(client))).toMatchObject(refusal('net.Socket'));
    expect(thrownBy(() => transfer(server))).toMatchObject(refusal('net.Server'));
    expect(thrownBy(() => transfer(mod.createServer()))).toMatchObject(refusal('net.Server'));
  });

  test('a message that can not be cloned leaves the socket', async () => {
    const server = await listen(mod);
    const client = connect(mod, server.at);
    const [socket] = await once(server, 'connection');
    expect(thrownBy(() => port1.postMessage({ socket, call() {} }, [socket])).name).toBe('DataCloneError');
    expect(thrownBy(() => port1.postMessage({ socket }, [socket, socket])).name).toBe('DataCloneError');
    expect(thrownBy(() => port1.postMessage({ socket })).name).toBe('DataCloneError');
    expect(socket.destroyed).toBe(false);
    const arrived = once(socket.setEncoding('utf8'), 'data');
    client.write('go on');
    expect(await arrived).toEqual(['go on']);
  });
});

describeRsnet('transfer of a BoundSocket', (mod) => {
  test('the port is reserved at the other end', async () => {
    const bound = new mod.BoundSocket({ host: '127.0.0.1' });
    const address = bound.address();
    const there = transfer(bound);
    expect(thrownBy(() => bound.address()).code).toBe('ERR_SOCKET_HANDLE_ADOPTED');
    expect(there).toBeInstanceOf(mod.BoundSocket);
    expect(there.address()).toEqual(address);
    const server = track(mod.createServer((socket) => socket.end()));
    await once(server.listen(there), 'listening');
    await closed(connect(mod, { port: address.port, host: address.address }).resume());
  });

  test('one that was given away, or is bound to a path, stays', () => {
    const closedOne = new mod.BoundSocket();
    closedOne.close();
    expect(thrownBy(() => transfer(closedOne))).toMatchObject(refusal('net.BoundSocket'));
    const bound = new mod.BoundSocket({ path: tempPath() });
    expect(thrownBy(() => transfer(bound))).toMatchObject(refusal('net.BoundSocket'));
    bound.close();
  });
});

describeRsnet('transfer of a socket nobody receives', (mod) => {
  test('closes the connection with the channel', async () => {
    const server = await listen(mod);
    const client = connect(mod, server.at);
    const [socket] = await once(server, 'connection');
    port1.postMessage({ socket }, [socket]);
    client.on('error', () => {});
    const gone = closed(client.resume());
    port2.close();
    await gone;
  });
});
