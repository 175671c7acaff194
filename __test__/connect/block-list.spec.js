'use strict';

const {
  closed,
  connect,
  describeRsnet,
  implementations,
  listen,
  nodeMajor,
  once,
  thrownBy,
  track,
} = require('../helpers');

/** `blockList` for clients came with Node 22.18 / 24; rsnet has it everywhere. */
const withBlockList = implementations.filter(([name]) => name === 'rsnet' || nodeMajor >= 24);

if (withBlockList.length === 0) describe.skip('blockList', () => test('needs rsnet or Node 24', () => {}));
else {
  describe.each(withBlockList)('%s: the blockList option of connect', (name, net) => {
    const blockList = new net.BlockList();
    blockList.addAddress('127.0.0.1');

    test('a blocked address is not connected', async () => {
      const server = await listen(net);
      const accepted = jest.fn();
      server.on('connection', accepted);
      const socket = connect(net, { ...server.at, blockList });
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({
        name: 'Error',
        code: 'ERR_IP_BLOCKED',
        message: 'IP(127.0.0.1) is blocked by net.BlockList',
      });
      await closed(socket);
      await once(connect(net, server.at), 'connect');
      expect(accepted.mock.calls.length).toBeLessThanOrEqual(1);
    });

    test('an address outside of the list is', async () => {
      const server = await listen(net, { listen: { port: 0, host: '127.0.0.2' } });
      await once(connect(net, { ...server.at, blockList }), 'connect');
    });

    test('an address found by lookup is checked', async () => {
      const server = await listen(net);
      for (const autoSelectFamily of [true, false]) {
        const socket = connect(net, {
          host: 'a.invalid',
          port: server.at.port,
          blockList,
          autoSelectFamily,
          lookup: (host, options, callback) =>
            setImmediate(() =>
              options.all
                ? callback(null, [{ address: '127.0.0.1', family: 4 }])
                : callback(null, '127.0.0.1', 4),
            ),
        });
        const [error] = await once(socket, 'error');
        expect(error.code).toBe('ERR_IP_BLOCKED');
        await closed(socket);
      }
    });

    test('can be given to the constructor', async () => {
      const server = await listen(net);
      const socket = track(new net.Socket({ blockList }));
      socket.connect(server.at);
      const [error] = await once(socket, 'error');
      expect(error.code).toBe('ERR_IP_BLOCKED');
      await closed(socket);
    });

    test('anything else is refused', () => {
      for (const bad of ['list', {}, 5]) {
        expect(thrownBy(() => new net.Socket({ blockList: bad }))).toMatchObject({
          name: 'TypeError',
          code: 'ERR_INVALID_ARG_TYPE',
        });
      }
    });
  });
}

describeRsnet('the classes of the host', (rsnet) => {
  test('a BlockList of the built-in is taken', async () => {
    const { BlockList } = require('net');
    expect(rsnet.BlockList).toBe(BlockList);
  });
});
