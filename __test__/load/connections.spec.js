'use strict';

const { closed, connect, matrix, listen, once, tempPath } = require('../helpers');

const CONNECTIONS = 1000;
/** All of them may wait to be accepted at the same time. */
const BACKLOG = 2 * CONNECTIONS;

describe.each(matrix)('%s client, %s server: many connections', (_c, _s, client, server) => {
  /**
   * Open all connections at once; each sends its number, gets it back and ends.
   *
   * @param {object} where for `listen`
   * @returns {Promise<void>}
   */
  async function everyone(where) {
    let accepted = 0;
    const echo = await listen(server, { listen: { ...where, backlog: BACKLOG } }, (socket) => {
      accepted++;
      socket.pipe(socket);
    });
    const replies = await Promise.all(Array.from({ length: CONNECTIONS }, async (_, i) => {
      const socket = connect(client, echo.at);
      let reply = '';
      socket.setEncoding('utf8').on('data', (data) => { reply += data; });
      await once(socket, 'connect');
      socket.end(`number ${i}`);
      await closed(socket);
      return reply;
    }));
    expect(replies).toEqual(Array.from({ length: CONNECTIONS }, (_, i) => `number ${i}`));
    expect(accepted).toBe(CONNECTIONS);
  }

  test('over TCP', () => everyone({ port: 0, host: '127.0.0.1' }), 60000);
  test('over a Unix path', () => everyone({ path: tempPath() }), 60000);

  test('all open together, then all gone', async () => {
    const peers = [];
    const all = new Promise((resolve) => { peers.full = resolve; });
    const holding = await listen(server, { listen: { port: 0, host: '127.0.0.1', backlog: BACKLOG } }, (socket) => {
      socket.on('error', () => {});
      if (peers.push(socket.resume()) === CONNECTIONS) peers.full();
    });
    const clients = Array.from({ length: CONNECTIONS }, () => connect(client, holding.at));
    await Promise.all([all, ...clients.map((socket) => once(socket, 'connect'))]);
    expect(await new Promise((resolve) => holding.getConnections((_, count) => resolve(count)))).toBe(CONNECTIONS);
    // One half ends, the other is destroyed.
    clients.forEach((socket, i) => (i % 2 ? socket.resume().end() : socket.destroy()));
    await Promise.all([...clients, ...peers].map(closed));
    expect(await new Promise((resolve) => holding.getConnections((_, count) => resolve(count)))).toBe(0);
  }, 60000);

  test('one after the other', async () => {
    const greeting = await listen(server, (socket) => socket.end('x'));
    for (let i = 0; i < 300; i++) {
      const socket = connect(client, greeting.at);
      const [data] = await once(socket, 'data');
      expect(String(data)).toBe('x');
      await closed(socket);
    }
  }, 60000);
});
