'use strict';

/* global net -- given to the code of a child */

// Flags of node under which a program may run.

const { describeRsnet, implementations, nodeMajor, requirePath, root, spawnNode } = require('../helpers');

/** Sends something there and back. */
const program = () => {
  const server = net.createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1', () => {
    const socket = net.connect(server.address().port, '127.0.0.1');
    socket.on('data', (data) => {
      console.log(String(data), new net.Socket().bufferSize);
      socket.end();
    });
    socket.on('close', () => server.close());
    process.nextTick(() => socket.write('hello'));
  });
};

const permission = nodeMajor >= 24 ? '--permission' : '--experimental-permission';

describe.each(implementations)('%s', (name) => {
  test.each([
    ['--pending-deprecation'], ['--pending-deprecation --throw-deprecation'], ['--trace-deprecation'],
    ['--frozen-intrinsics'], ['--disallow-code-generation-from-strings'], ['--unhandled-rejections=strict'],
  ])('%s changes nothing', async (flags) => {
    const { stdout, stderr, code } = await spawnNode(name, program, { flags: flags.split(' ') });
    expect([stdout, code]).toEqual(['hello undefined\n', 0]);
    expect(stderr).not.toContain('DeprecationWarning');
  });

  test.each(['before', 'after'])('`process` frozen %s net is loaded changes nothing', async (when) => {
    const freeze = 'Object.freeze(process);';
    const implementation = JSON.stringify(requirePath(name));
    const { stdout, stderr, code } = await spawnNode('net', `{
      ${when === 'before' ? freeze : ''}
      const net = require(${implementation});
      ${when === 'after' ? freeze : ''}
      const server = net.createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write('-'));
        let text = '';
        socket.on('data', (data) => {
          if (text === '') for (const part of ['a', 'b', 'c', 'd']) socket.write(part);
          text += data;
          if (text.length === 5) socket.end();
        });
        socket.on('close', () => server.close(() => console.log(text)));
      });
    }`, { flags: ['-r', require.resolve('../fixtures/clock/stopped.js')] });
    expect({ stdout, stderr, code }).toEqual({ stdout: '-abcd\n', stderr: '', code: 0 });
  });

  test('several connections at once under --pending-deprecation', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      let left = 20;
      const server = net.createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1', () => {
        for (let i = 0; i < 20; i++) {
          const socket = net.connect(server.address().port, '127.0.0.1', () => socket.end('x'));
          socket.resume().on('close', () => {
            if (--left === 0) server.close(() => console.log('all'));
          });
        }
      });
    }, { flags: ['--pending-deprecation'] });
    expect([stdout, stderr]).toEqual(['all\n', '']);
  });
});

describeRsnet('where addons may not be loaded', () => {
  test.each([['--no-addons'], [`${permission} --allow-fs-read=*`]])('%s: the error says why', async (flags) => {
    const { stdout } = await spawnNode('net', `
      try {
        require(${JSON.stringify(root)});
      } catch ({ code, message, cause }) {
        console.log(JSON.stringify({ code, message, cause: cause.code }));
      }`, { flags: flags.split(' ') });
    const { code, message, cause } = JSON.parse(stdout);
    expect([code, cause]).toEqual(['ERR_RSNET_NO_BINARY', 'ERR_DLOPEN_DISABLED']);
    expect(message).toContain('--no-addons');
    expect(message).toContain('--allow-addons');
    expect(message).not.toContain('npm install');
  });
});
