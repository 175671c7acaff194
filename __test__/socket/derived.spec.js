'use strict';

// Sockets of classes that a program has derived from `net.Socket`, over what only the built-in can work with: a handle
// of the program's own, and a FIFO.

const { execFileSync } = require('child_process');
const fs = require('fs');
const util = require('util');
const { closed, collect, describeRsnet, implementations, matrix, once, tempPath, track } = require('../helpers');

/** A handle that talks the built-in's inner protocol, as far as it is the same on every version. */
class FakeHandle {
  constructor() {
    this.calls = [];
    this.text = '';
  }

  readStart() {
    this.calls.push('readStart');
    return 0;
  }

  readStop() {
    this.calls.push('readStop');
    return 0;
  }

  writeUtf8String(req, text) {
    this.text += text;
    return 0;
  }

  shutdown(req) {
    this.calls.push('shutdown');
    setImmediate(() => req.oncomplete(0));
    return 0;
  }

  close(callback) {
    this.calls.push('close');
    setImmediate(callback);
  }
}

/**
 * @param {typeof import('net')} net
 * @returns {Function} a class as it was written before there were classes
 */
function inherited(net) {
  /**
   * @param {object} options
   */
  function Derived(options) {
    net.Socket.call(this, options);
    this.isWhole = true;
  }
  util.inherits(Derived, net.Socket);
  Derived.prototype.hello = () => 'hello';
  return Derived;
}

/**
 * @param {typeof import('net')} net
 * @returns {Function}
 */
function extended(net) {
  return class Derived extends net.Socket {
    constructor(options) {
      super(options);
      this.isWhole = true;
    }

    hello() {
      return 'hello';
    }
  };
}

const ways = [['util.inherits', inherited], ['class extends', extended]];

describe.each(implementations)('%s', (name, net) => {
  describe.each(ways)('%s', (way, derive) => {
    const Derived = derive(net);

    test('over a handle of the program: it is what the program made, and works', async () => {
      const handle = new FakeHandle();
      const socket = track(new Derived({ handle }));
      expect(socket).toBeInstanceOf(Derived);
      expect(socket).toBeInstanceOf(net.Socket);
      expect({ hello: socket.hello(), isWhole: socket.isWhole }).toEqual({ hello: 'hello', isWhole: true });
      expect(socket._handle).toBe(handle);
      expect(handle.calls).toEqual(['readStart']);
      expect({ state: socket.readyState, pending: socket.pending }).toEqual({ state: 'open', pending: false });
      socket.setTimeout(1);
      await once(socket, 'timeout');
      socket.end();
      await once(socket, 'finish');
      socket.destroy();
      await closed(socket);
      expect(handle.calls).toEqual(['readStart', 'shutdown', 'close']);
      expect(socket._handle).toBe(null);
    });

    test('over a FIFO', async () => {
      const file = tempPath();
      execFileSync('mkfifo', [file]);
      const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
      const socket = track(new Derived({ fd, readable: true, writable: true }));
      expect(socket.hello()).toBe('hello');
      expect(socket.isWhole).toBe(true);
      socket.setEncoding('latin1');
      socket.write('through');
      expect(await once(socket, 'data')).toEqual(['through']);
      socket.destroy();
      await closed(socket);
      fs.unlinkSync(file);
    });
  });

  test('without a class of its own it is a net.Socket', () => {
    const handle = new FakeHandle();
    const socket = track(net.Socket({ handle }));
    expect(Object.getPrototypeOf(socket)).toBe(net.Socket.prototype);
    socket.destroy();
  });

  test('what was replaced in the prototype is heard', () => {
    const { setTimeout: original } = net.Socket.prototype;
    const heard = [];
    net.Socket.prototype.setTimeout = function(...args) {
      heard.push(args);
      return original.apply(this, args);
    };
    try {
      const socket = track(new net.Socket({ handle: new FakeHandle() }));
      socket.setTimeout(1000);
      socket.destroy();
    } finally {
      net.Socket.prototype.setTimeout = original;
    }
    expect(heard).toEqual([[1000]]);
  });
});

describe.each(matrix)('%s socket, %s server: over a connection', (clientName, serverName, clientNet, serverNet) => {
  test.each(ways)('%s', async (way, derive) => {
    const Derived = derive(clientNet);
    const server = track(serverNet.createServer((peer) => track(peer).resume().end('text'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = track(new Derived({}));
    socket.connect(server.address().port, '127.0.0.1');
    socket.end();
    expect(String(await collect(socket))).toBe('text');
    expect(socket.hello()).toBe('hello');
  });
});

describeRsnet('members of the prototype', (rsnet) => {
  test('all of the built-in are there', () => {
    const missing = Reflect.ownKeys(require('net').Socket.prototype)
      .filter((key) => !Object.hasOwn(rsnet.Socket.prototype, key));
    expect(missing).toEqual([]);
  });
});
