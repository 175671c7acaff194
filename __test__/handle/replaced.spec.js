'use strict';

// Methods of handles that a program has put in their place, as libraries do that simulate connections.

const { closedPort, implementations, listen, once, thrownBy, track, turn } = require('../helpers');

/** What stands for success where a method returns nothing. */
const nothing = [undefined, null, false];

/** Two addresses of this machine, so that several attempts are planned. */
const lookup = (host, options, callback) => {
  setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]);
};

/**
 * @param {object} object
 * @param {string} name of a method that it has or inherits
 * @returns {object} who has it
 */
function ownerOf(object, name) {
  let owner = object;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  return owner;
}

describe.each(implementations)('%s: a method of the handle that returns nothing', (name, net) => {
  describe.each(nothing)('%p', (value) => {
    test.each([
      ['one address', (at) => ({ ...at })],
      ['several addresses', ({ port }) => ({ port, host: 'several', lookup, autoSelectFamily: true })],
    ])('connect, %s: the connection is under way', async (title, optionsOf) => {
      const server = await listen(net);
      const client = track(new net.Socket());
      const errors = [];
      client.on('error', (error) => errors.push(error));
      client.connect(optionsOf(server.at));
      let request;
      client._handle.connect = (req) => {
        request = req;
        return value;
      };
      await once(client, 'connectionAttempt');
      await turn();
      expect(errors).toEqual([]);
      expect(client.connecting).toBe(true);
      const connected = once(client, 'connect');
      request.oncomplete(0, client._handle, request, true, true);
      await connected;
      expect(client.connecting).toBe(false);
      client.destroy();
    });

    test('connect of a path: the connection is under way', async () => {
      const client = track(new net.Socket());
      // Asked for as soon as `connect` is called, so the class is what can be changed.
      const handle = (() => {
        const probe = track(net.connect('/nowhere'));
        probe.on('error', () => {});
        return probe._handle;
      })();
      const prototype = ownerOf(handle, 'connect');
      const descriptor = Object.getOwnPropertyDescriptor(prototype, 'connect');
      const errors = [];
      client.on('error', (error) => errors.push(error));
      try {
        prototype.connect = () => value;
        client.connect('/nowhere');
      } finally {
        Object.defineProperty(prototype, 'connect', descriptor);
      }
      await turn();
      expect(errors).toEqual([]);
      expect(client.connecting).toBe(true);
      client.destroy();
    });

    test.each([
      ['one address', (at) => ({ ...at, localAddress: '127.0.0.1', localPort: 1 })],
      ['several addresses', ({ port }) => ({ port, host: 'several', lookup, autoSelectFamily: true, localPort: 1 })],
    ])('bind, %s: the connection is made', async (title, optionsOf) => {
      const server = await listen(net);
      const client = track(new net.Socket());
      client.connect(optionsOf(server.at));
      client._handle.bind = () => value;
      await once(client, 'connect');
    });

    test('getsockname of a server: what it has filled in is the address', async () => {
      const server = await listen(net);
      server._handle.getsockname = (out) => {
        out.address = 'here';
        return value;
      };
      expect(server.address()).toEqual({ address: 'here' });
    });

    test.each(['bind', 'listen'])('%s of a server: it listens', async (method) => {
      const server = await listen(net);
      const prototype = ownerOf(server._handle, method);
      const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
      const own = track(net.createServer());
      try {
        prototype[method] = function(...args) {
          descriptor.value.apply(this, args);
          return value;
        };
        own.listen(0, '127.0.0.1');
      } finally {
        Object.defineProperty(prototype, method, descriptor);
      }
      await once(own, 'listening');
      expect(own.address().port).toBeGreaterThan(0);
    });

    test('open of a descriptor: there is a socket', async () => {
      const server = await listen(net);
      const client = track(net.connect(server.at));
      await once(client, 'connect');
      const { fd } = client._handle;
      const prototype = ownerOf(client._handle, 'open');
      const descriptor = Object.getOwnPropertyDescriptor(prototype, 'open');
      try {
        prototype.open = () => value;
        expect(thrownBy(() => track(new net.Socket({ fd, readable: false })))).toBeUndefined();
      } finally {
        Object.defineProperty(prototype, 'open', descriptor);
      }
    });
  });
});

describe.each(implementations)('%s: several attempts from a port of the program', (name, net) => {
  test('the error of each tells the port', async () => {
    const [port, localPort] = [await closedPort(), await closedPort()];
    const client = track(net.connect({ port, host: 'several', lookup, autoSelectFamily: true, localPort }));
    const [error] = await once(client, 'error');
    const local = { localAddress: '0.0.0.0', localPort, message: expect.stringMatching(/ - Local \(0\.0\.0\.0:\d+\)$/) };
    expect(error.errors[0]).toMatchObject(local);
  });
});
