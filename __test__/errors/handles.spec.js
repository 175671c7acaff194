'use strict';

// Errors of sockets and servers whose `_handle` is not one.

const { closed, pair, traceTest, track, turn, untrack } = require('../helpers');

const odd = {
  'an empty object': () => ({}), 'a string': () => 'x', 'a number': () => 1, 'a function': () => () => {},
};

for (const [kind, make] of Object.entries(odd)) {
  traceTest(`${kind} in place of socket._handle`, async (t) => {
    for (const name of ['bytesRead', 'bytesWritten', '_bytesDispatched', 'pending', 'bufferSize', 'remotePort',
      'localAddress']) {
      const socket = new t.net.Socket();
      socket._handle = make();
      t.note(name, socket[name]);
    }
    const calls = {
      setNoDelay: [], setKeepAlive: [true], ref: [], unref: [], address: [], _final: [() => {}], _read: [],
      read: [], pause: [], resume: [], resetAndDestroy: [], _reset: [], destroySoon: [], destroy: [], write: ['x'],
      end: [], _onTimeout: [],
    };
    for (const [name, args] of Object.entries(calls)) {
      const socket = new t.net.Socket();
      socket.on('error', (error) => t.note(name, 'error', error));
      socket._handle = make();
      t.call(name, 'called', () => {
        socket[name](...args);
        return undefined;
      });
      await turn(2);
      socket._handle = null;
    }
    for (const name of ['address', 'ref', 'unref', 'close']) {
      const server = t.net.createServer();
      server._handle = make();
      t.call(`server.${name}`, 'called', () => server[name]() === server);
      server._handle = null;
    }
  });
}

traceTest('a TCP handle without its methods', async (t) => {
  for (const name of ['reset', 'close']) {
    const { client, peer } = await pair(t.net);
    // One that cannot close its handle never emits 'close'.
    untrack(client);
    const handle = client._handle;
    handle[name] = undefined;
    client.on('error', (error) => t.note(name, 'error', error));
    t.call(name, 'called', () => {
      client[name === 'reset' ? 'resetAndDestroy' : 'destroy']();
      return undefined;
    });
    await turn(2);
    delete handle[name];
    handle.close();
    peer.destroy();
    await closed(peer);
  }
});

traceTest('connecting with a handle that cannot', (t) => {
  const socket = track(new t.net.Socket());
  socket._handle = { close(callback) { callback(); } };
  t.call('connect', 'called', () => {
    socket.connect(1, '127.0.0.1');
    return undefined;
  });
});

traceTest('methods below the stream, called by hand', (t) => {
  for (const [name, args] of [['_write', ['x', 'utf8']], ['_writev', [[]]], ['_writeGeneric', [false, 'x', 'utf8']],
    ['_destroy', [null]]]) {
    const socket = new t.net.Socket();
    t.call(name, 'without a callback', () => socket[name](...args));
  }
  const socket = new t.net.Socket();
  t.note('_final', socket._final(() => {}) === socket);
});
