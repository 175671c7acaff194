'use strict';

const stream = require('stream');
const util = require('util');
const {
  closed,
  collect,
  connect,
  implementations,
  listen,
  matrix,
  once,
  pair,
  receive,
  thrownBy,
  traceTest,
  track,
  turn,
  untrack,
} = require('../helpers');

describe.each(implementations)('%s: Socket as a class', (name, net) => {
  test('is a Duplex stream', () => {
    const socket = track(new net.Socket());
    expect(socket).toBeInstanceOf(stream.Duplex);
    expect(socket).toBeInstanceOf(net.Socket);
    expect(socket).toBeInstanceOf(net.Stream);
    expect(socket.constructor.name).toBe('Socket');
    expect(net.Stream).toBe(net.Socket);
  });

  test('can be called without new', () => {
    const socket = track(net.Socket({ highWaterMark: 11 }));
    expect(socket).toBeInstanceOf(net.Socket);
    expect(socket.writableHighWaterMark).toBe(11);
  });

  test('can be extended by a class', async () => {
    class Loud extends net.Socket {
      constructor(options) {
        super(options);
        this.heard = [];
      }

      shout(text) {
        return this.write(text.toUpperCase());
      }
    }
    const server = await listen(net, (peer) => peer.pipe(peer));
    const socket = track(new Loud());
    socket.connect(server.at, () => socket.shout('hello'));
    expect(String(await receive(socket, 5))).toBe('HELLO');
    expect(socket).toBeInstanceOf(Loud);
    expect(socket.heard).toEqual([]);
  });

  test('can be extended by util.inherits', async () => {
    function Old(options) {
      net.Socket.call(this, options);
      this.marked = true;
    }
    util.inherits(Old, net.Socket);
    Old.prototype.greet = function greet() {
      return this.end('hi');
    };
    const server = await listen(net);
    const connection = once(server, 'connection');
    const socket = track(new Old());
    socket.connect(server.at);
    socket.greet();
    const [peer] = await connection;
    expect(await collect(peer, 'utf8')).toBe('hi');
    expect(socket.marked).toBe(true);
    expect(socket).toBeInstanceOf(net.Socket);
    expect(socket).toBeInstanceOf(stream.Duplex);
  });

  test('an overridden prototype method of a subclass is the one that is called', async () => {
    const calls = [];
    class Watched extends net.Socket {
      _write(...args) {
        calls.push('_write');
        return super._write(...args);
      }

      _final(callback) {
        calls.push('_final');
        return super._final(callback);
      }

      _destroy(error, callback) {
        calls.push('_destroy');
        return super._destroy(error, callback);
      }
    }
    const server = await listen(net, (peer) => peer.resume());
    const socket = track(new Watched());
    socket.connect(server.at);
    await once(socket, 'connect');
    socket.resume();
    socket.end('x');
    await closed(socket);
    expect(calls).toEqual(['_write', '_final', '_destroy']);
  });

  test('starts without a handle, neither connecting nor connected', () => {
    const socket = track(new net.Socket());
    expect(socket.pending).toBe(true);
    expect(socket.connecting).toBe(false);
    expect(socket.destroyed).toBe(false);
    expect(socket.allowHalfOpen).toBe(false);
    expect(socket.remoteAddress).toBeUndefined();
    expect(socket.localPort).toBeUndefined();
    expect(socket.address()).toEqual({});
    expect(socket._handle).toBeNull();
  });
});

describe.each(implementations)('%s: constructor options', (name, net) => {
  test.each([[1], [1000], [1 << 20]])('highWaterMark %d holds for both sides', (highWaterMark) => {
    const socket = track(new net.Socket({ highWaterMark }));
    expect(socket.readableHighWaterMark).toBe(highWaterMark);
    expect(socket.writableHighWaterMark).toBe(highWaterMark);
  });

  test('allowHalfOpen is stored', () => {
    expect(track(new net.Socket({ allowHalfOpen: true })).allowHalfOpen).toBe(true);
    expect(track(new net.Socket({ allowHalfOpen: false })).allowHalfOpen).toBe(false);
  });

  test('objectMode is refused', () => {
    for (const option of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
      const error = thrownBy(() => new net.Socket({ [option]: true }));
      expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toContain(option);
    }
  });

  test('a signal that aborts later destroys a connected socket', async () => {
    const controller = new AbortController();
    const server = await listen(net);
    const socket = connect(net, { ...server.at, signal: controller.signal });
    await once(socket, 'connect');
    controller.abort(new Error('enough'));
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
    expect(error.cause.message).toBe('enough');
    await closed(socket);
  });

  test('a signal that aborts while connecting destroys the socket', async () => {
    const controller = new AbortController();
    const server = await listen(net);
    const socket = connect(net, { ...server.at, signal: controller.signal });
    controller.abort();
    const [error] = await once(socket, 'error');
    expect(error.name).toBe('AbortError');
    expect(socket.connecting).toBe(false);
  });
});

describe.each(matrix)(
  '%s client, %s server: handles and descriptors',
  (clientName, serverName, clientNet, net) => {
    test('the handle of one socket carries another one', async () => {
      const { client, peer } = await pair(clientNet, net);
      const second = track(new clientNet.Socket({ handle: untrack(client)._handle }));
      second.resume();
      expect(second.pending).toBe(false);
      expect(second.remotePort).toBe(peer.localPort);
      second.write('through the handle');
      expect(String(await receive(peer, 18))).toBe('through the handle');
    });
  },
);

describe('readable and writable options', () => {
  traceTest('without options both sides are open once connected', async (t) => {
    const server = await t.listen();
    const socket = t.watch(new t.net.Socket(), 'socket');
    t.note('socket', socket.readable, socket.writable, socket.readyState);
    socket.connect(server.at);
    t.note('socket', socket.readable, socket.writable, socket.readyState);
    await once(socket, 'ready');
    t.note('socket', socket.readable, socket.writable, socket.readyState);
  });

  for (const options of [
    { readable: true, writable: true },
    { readable: false, writable: true },
    { readable: true, writable: false },
    { readable: false, writable: false },
  ]) {
    traceTest(`around a handle with ${JSON.stringify(options)}`, async (t) => {
      const { client } = await pair(t.net);
      client._handle.readStop();
      client._handle.reading = false;
      const socket = t.watch(new t.net.Socket({ handle: untrack(client)._handle, ...options }), 'socket');
      t.note(
        'socket',
        socket.readable,
        socket.writable,
        socket.readyState,
        socket.readableEnded,
        socket.writableEnded,
        socket._handle.reading,
        socket.pending,
      );
    });
  }

  traceTest('no, null and empty options', (t) => {
    for (const options of [undefined, null, {}]) {
      t.call('socket', String(options), () => typeof t.watch(t.net.Socket(options), 'made'));
    }
  });

  traceTest('a signal that has been aborted already', async (t) => {
    const socket = t.watch(new t.net.Socket({ signal: AbortSignal.abort() }), 'socket', {
      props: ['destroyed'],
    });
    t.note('socket', socket.destroyed);
    await once(socket, 'error');
    await turn();
    t.note('socket', socket.destroyed);
  });

  traceTest('invalid constructor options', (t) => {
    const bad = [
      { fd: -1 },
      { fd: 'x' },
      { fd: 1.5 },
      { fd: 2 ** 40 },
      { highWaterMark: -1 },
      { highWaterMark: 'x' },
      { signal: {} },
      { signal: 'x' },
      { keepAliveInitialDelay: 'x' },
      { objectMode: true },
      { readableObjectMode: true },
      { writableObjectMode: true },
      { onread: { buffer: 'x', callback() {} } },
      { onread: { buffer: Buffer.alloc(4), callback: 'x' } },
      { onread: 5 },
    ];
    for (const options of bad) {
      t.call('socket', JSON.stringify(options), () => {
        const socket = t.watch(new t.net.Socket(options), 'made');
        return [socket.readable, socket.writable, socket.pending];
      });
    }
  });
});
