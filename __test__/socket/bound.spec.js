'use strict';

// Sockets made with a BoundSocket: they connect from where they are bound.

const { connect, listen, once, tempPath, thrownBy, track } = require('../helpers');
const { bindsPaths, connectsBoundAtOnce, describeFeature } = require('../helpers/features');

/**
 * @param {typeof import('net')} net
 * @param {object} options of the BoundSocket
 * @returns {import('net').Socket}
 */
const boundBy = (net, options) => track(new net.Socket({ handle: new net.BoundSocket(options) }));

describeFeature('new Socket({ handle: BoundSocket })', (net) => 'BoundSocket' in net, (net) => {
  const boundTo = (options) => boundBy(net, options);

  test.each([[{ localPort: 0 }], [{ localAddress: '127.0.0.1' }], [{ localAddress: '', port: -1 }]])(
    'connect refuses %j', (more) => {
      const socket = boundTo({});
      const options = { host: '127.0.0.1', port: 1, ...more };
      const error = thrownBy(() => socket.connect(options));
      expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toMatch(
        /^The argument 'options' localAddress and localPort cannot be used with an adopted bound socket\. Received /);
    });

  test('only the first address of a name is tried', async () => {
    const server = await listen(net);
    const socket = boundTo({ host: '127.0.0.1' });
    const lookup = jest.fn((host, options, callback) => callback(null, '127.0.0.1', 4));
    await once(socket.connect({ host: 'a.invalid', port: server.at.port, lookup }), 'connect');
    expect(lookup.mock.calls[0][1].all).toBeFalsy();
  });
});

describeFeature('new Socket({ handle: BoundSocket }), connected by address', connectsBoundAtOnce, (net) => {
  const boundTo = (options) => boundBy(net, options);

  test('connect(2) is called at once', async () => {
    const server = await listen(net);
    const socket = boundTo({ host: '127.0.0.1' });
    const { localPort } = socket;
    const attempts = [];
    socket.on('connectionAttempt', (...attempt) => attempts.push(attempt));
    socket.connect(server.at);
    expect(attempts).toEqual([['127.0.0.1', server.at.port, 4]]);
    expect([socket.localAddress, socket.localPort, socket.connecting]).toEqual(['127.0.0.1', localPort, true]);
    await once(socket, 'connect');
    expect(socket.localPort).toBe(localPort);
  });

  test('another family is an error that comes later', async () => {
    const socket = boundTo({ host: '127.0.0.1' });
    socket.connect({ host: '::1', port: 1 });
    expect(socket.destroyed).toBe(true);
    const [error] = await once(socket, 'error');
    expect([error.syscall, error.address]).toEqual(['connect', '::1']);
  });
});

describeFeature('new Socket({ handle: BoundSocket }) of a path', bindsPaths, (net) => {
  const boundTo = (options) => boundBy(net, options);

  test('a path stays the local address', async () => {
    const from = tempPath();
    const server = await listen(net, { listen: tempPath() });
    const socket = boundTo({ path: from });
    expect([socket.localAddress, socket.address()]).toEqual([from, { address: from }]);
    await once(socket.connect(server.at), 'connect');
    expect(socket.localAddress).toBe(from);
    socket.destroy();
    await once(socket, 'close');
    expect(socket.localAddress).toBe(from);
    await once(connect(net, server.at), 'connect');
  });

  test('one that is bound to a path connects to a path', () => {
    const socket = boundTo({ path: tempPath() });
    expect(thrownBy(() => socket.connect({ host: '127.0.0.1', port: 1 }))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'The "options.path" property must be of type string. Received undefined',
    });
  });
});
