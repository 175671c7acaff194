'use strict';

// The option `linger` with a time: closing does not wait for the peer, and the connection ends within the time.

const { closed, collect, describeLinux, once, pair, receive, tempPath, turn } = require('../helpers');
const { socketDescriptors } = require('../helpers/resources');
const { REGISTER, runMode } = require('../helpers/registered');

/** More than the peer's receive buffer takes at first, and less than the buffer of the sender. */
const BYTES = 200_000;

describeLinux('linger with a time', (net) => {
  /**
   * A connection whose peer does not read.
   *
   * @param {object} [options] of the client
   * @param {object} [server] options of the server
   * @returns {Promise<{client: import('net').Socket, peer: import('net').Socket}>}
   */
  const unread = (options, server) => pair(net, net, {
    client: { sendBufferSize: 200_000, ...options }, server: { pauseOnConnect: true, ...server },
  });

  /**
   * @param {import('net').Socket} socket
   * @returns {Promise<void>} once the system has taken what was written
   */
  const taken = (socket) => new Promise((resolve) => socket.write(Buffer.alloc(BYTES), resolve));

  test('the connection is reset when the time is over', async () => {
    const { client, peer } = await unread({ linger: 1 });
    expect(client.getLinger()).toBe(1);
    await taken(client);
    const begun = performance.now();
    client.destroy();
    await closed(client);
    // JavaScript goes on, and the connection is as it was.
    expect(peer.info().state).toBe('ESTABLISHED');
    while (peer.info().state !== 'CLOSE') await turn();
    // Less would be too early, and a slow machine makes it more.
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  // shutdown(2) was called before, so that the connection closes in another state.
  test.each([
    ['the peer had ended before (LAST_ACK)', async (client, peer) => {
      client.resume().on('end', () => client.end(Buffer.alloc(BYTES)));
      peer.end();
    }],
    ['destroy() follows (FIN_WAIT1)', async (client) => {
      client.end(Buffer.alloc(BYTES), () => client.destroy());
    }],
    ['the peer ends after that (CLOSING)', async (client, peer) => {
      client.resume().end(Buffer.alloc(BYTES));
      await once(client, 'finish');
      peer.end();
    }],
  ])('the connection is reset behind end() also: %s', async (_title, end) => {
    const { client, peer } = await unread({ linger: 1, allowHalfOpen: true }, { allowHalfOpen: true });
    const begun = performance.now();
    await end(client, peer);
    await closed(client);
    while (peer.info().state !== 'CLOSE') await turn();
    // Less would be too early, and a slow machine makes it more.
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  test('a peer that reads in time gets everything and an end, and the descriptor goes', async () => {
    const { client, peer } = await unread({ linger: 3600 });
    await taken(client);
    client.destroy();
    await closed(client);
    const before = socketDescriptors().length;
    expect((await collect(peer.resume())).length).toBe(BYTES);
    while (socketDescriptors().length >= before) await turn();
  });

  test('of a server, for each connection', async () => {
    const { client, peer } = await pair(net, net, { server: { linger: 3600 } });
    expect([client.getLinger(), peer.getLinger()]).toEqual([false, 3600]);
    expect(client.setLinger(7).getLinger()).toBe(7);
    expect(client.setLinger(0).getLinger()).toBe(0);
    expect(client.setLinger(false).getLinger()).toBe(false);
    peer.write('hello');
    await receive(client, 5);
    peer.end();
    client.end();
    await Promise.all([closed(peer.resume()), closed(client.resume())]);
  });

  test.each([
    ['resetAndDestroy()', (client) => client.resetAndDestroy()],
    ['a time of 0', (client) => client.setLinger(0).destroy()],
  ])('%s resets at once', async (_title, reset) => {
    const { client, peer } = await unread({ linger: 3600 });
    await taken(client);
    reset(client);
    while (peer.info().state !== 'CLOSE') await turn();
  });

  test('so do bytes of the peer that are unread', async () => {
    const { client, peer } = await pair(net, net, { client: { linger: 3600 } });
    client.pause();
    const error = once(peer, 'error');
    peer.resume().write(Buffer.alloc(BYTES));
    while (peer.info().unacked > 0) await turn();
    client.destroy();
    expect(await error).toMatchObject([{ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) }]);
  });

  test('a Unix-domain socket has none', async () => {
    const { client } = await pair(net, net, { path: true });
    expect(() => client.setLinger(5)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_HANDLE_TYPE' }));
    const other = net.connect({ path: tempPath(), linger: 5 });
    expect(await once(other, 'error')).toMatchObject([{ code: 'ERR_INVALID_HANDLE_TYPE' }]);
  });

  test('a busy connection of an HTTP server stays with rsnet', async () => {
    const stays = await runMode(['-r', REGISTER], async () => {
      const http = require('http');
      const kinds = [];
      for (const linger of [undefined, 0, 5]) {
        let socket;
        const server = http.createServer((request, response) => {
          socket = request.socket;
          if (linger !== undefined) socket.setLinger(linger);
          response.end('hello');
        });
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        for (let i = 0; i < 30; i++) {
          const request = http.get({ port: server.address().port, host: '127.0.0.1', agent });
          const [response] = await once(request, 'response');
          await once(response.resume(), 'end');
        }
        kinds.push(typeof socket._handle.setOption === 'function' && !Object.hasOwn(socket._handle, '_consumed'));
        agent.destroy();
        server.close();
      }
      return kinds;
    });
    expect(stays).toEqual([false, false, true]);
  });
});
