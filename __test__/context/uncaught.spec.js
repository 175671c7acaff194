'use strict';

/* global net -- given to the code of a child */

// What a listener of 'uncaughtException' sees of the context in which a listener of a socket has thrown.

const { implementations, spawnNode } = require('../helpers');

describe.each(implementations)('%s: a listener of uncaughtException', (name) => {
  test('has the store and the async id of the listener that has thrown', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const { AsyncLocalStorage, executionAsyncId } = require('async_hooks');
      const storage = new AsyncLocalStorage();
      const thrown = {};
      const seen = {};
      process.on('uncaughtException', ({ message }) => {
        seen[message] = { store: storage.getStore(), isOwn: executionAsyncId() === thrown[message] };
        if (Object.keys(seen).length < 10) return;
        console.log(JSON.stringify(seen));
        process.exit();
      });
      const server = net.createServer((socket) => socket.on('error', () => {}).on('data', (chunk) => {
        // Events of several sockets come at once.
        if (String(chunk) === 'reset') socket.resetAndDestroy();
        else socket.end('answer');
      }));
      server.listen(0, '127.0.0.1', () => {
        for (const event of ['connect', 'data', 'end', 'error', 'close']) {
          for (const number of [1, 2]) {
            storage.run(`${event} ${number}`, () => {
              const client = net.connect({ port: server.address().port, host: '127.0.0.1' }, () => {
                client.write(event === 'error' ? 'reset' : 'question');
              });
              client.on('error', () => {}).resume();
              client.once(event, () => {
                thrown[storage.getStore()] = executionAsyncId();
                throw new Error(storage.getStore());
              });
            });
          }
        }
      });
    });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const events = ['connect', 'data', 'end', 'error', 'close'];
    const titles = events.flatMap((event) => [`${event} 1`, `${event} 2`]);
    expect(JSON.parse(stdout))
      .toEqual(Object.fromEntries(titles.map((title) => [title, { store: title, isOwn: true }])));
  });
});
