'use strict';

const { execFileSync } = require('child_process');
const fs = require('fs');
const {
  builtin,
  childEnvironment,
  implementations,
  pair,
  receive,
  requirePath,
  spawnNode,
  tempPath,
  thrownBy,
} = require('../helpers');

describe.each(implementations)('%s: the fd option', (name, net) => {
  test('adopts a TCP connection and reports its addresses', async () => {
    const { client, peer } = await pair(builtin);
    const received = receive(client, 19);
    const { stdout, stderr, code } = await spawnNode(
      name,
      () => {
        const adopted = new net.Socket({ fd: 3 });
        adopted.resume();
        const { remoteFamily, remotePort, localPort, readyState, connecting, pending } = adopted;
        console.log(JSON.stringify({ remoteFamily, remotePort, localPort, readyState, connecting, pending }));
        adopted.write('from the descriptor', () => adopted.destroy());
      },
      { stdio: [peer] },
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      remoteFamily: 'IPv4',
      remotePort: client.localPort,
      localPort: client.remotePort,
      readyState: 'open',
      connecting: false,
      pending: false,
    });
    expect(String(await received)).toBe('from the descriptor');
  });

  test('reads and writes a Unix-domain descriptor', async () => {
    // stdin and stdout of a child with 'pipe' are Unix-domain socket pairs on Linux.
    const { stdout, stderr, code } = await spawnNode(
      name,
      () => {
        const input = new net.Socket({ fd: 0, readable: true, writable: false });
        const output = new net.Socket({ fd: 1, readable: false, writable: true });
        input.setEncoding('utf8');
        input.on('data', (text) => output.write(text.toUpperCase()));
        input.on('end', () => output.end('.'));
      },
      { input: 'hello descriptors' },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('HELLO DESCRIPTORS.');
    expect(code).toBe(0);
  });

  test('descriptors of the standard streams stay open', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const { fstatSync, writeSync } = require('fs');
      const say = (text) => writeSync(1, `${text} `);
      new net.Socket({ fd: 0 }).on('close', () => {
        say(`stdin ${fstatSync(0).isSocket()}`);
        new net.Socket({ fd: 1 }).on('close', () => {
          say('stdout');
          net.createServer().listen({ fd: 1 }).on('error', (error) => {
            say(error.code);
            // It can be used again.
            new net.Socket({ fd: 1, readable: false }).end('end');
          });
        }).destroy();
      }).destroy();
    }, { keepInput: true });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'stdin true stdout EINVAL end', stderr: '', code: 0 });
  });

  test('process.stdin leaves its descriptor when it has ended', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const { fstatSync, openSync } = require('fs');
      process.stdin.resume().on('close', () => console.log(openSync('/dev/null') > 2, fstatSync(0).isSocket()));
    }, { flags: name === 'rsnet' ? ['-r', require.resolve('../../register')] : [], input: 'x' });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'true true\n', stderr: '', code: 0 });
  });

  test('a listening descriptor of the standard streams stays open, and listens', async () => {
    const { stdout, stderr, code } = await spawnNode(name, () => {
      const { spawn } = require('child_process');
      const main = `
        const net = require(process.argv[1]);
        const fs = require('fs');
        const server = net.createServer().listen({ fd: 0 }, () => {
          server.close(() => console.log(fs.fstatSync(0).isSocket(), fs.openSync('/dev/null') > 2));
        });`;
      const server = require('net').createServer().listen(0, '127.0.0.1', () => {
        const stdio = [server._handle.fd, 'inherit', 'inherit'];
        const child = spawn(process.execPath, ['-e', main, process.argv[1]], { stdio });
        child.on('close', () => server.close());
      });
    }, { args: [requirePath(name)] });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'true true\n', stderr: '', code: 0 });
  });

  test('reads from a pipe of a shell', () => {
    const code = `const net = require(${JSON.stringify(requirePath(name))});
      const s = new net.Socket({ fd: 0, readable: true, writable: false });
      let size = 0; s.on('data', (b) => { size += b.length; }); s.on('close', () => console.log(size));`;
    const output = execFileSync(
      'sh',
      ['-c', 'head -c 300000 /dev/zero | "$0" -e "$1"', process.execPath, code],
      {
        encoding: 'utf8',
        env: childEnvironment(),
        timeout: 15000,
      },
    );
    expect(output).toBe('300000\n');
  });

  test('a descriptor that is a file is refused', () => {
    const path = tempPath('file');
    fs.writeFileSync(path, 'text');
    const fd = fs.openSync(path, 'r');
    try {
      expect(thrownBy(() => new net.Socket({ fd }))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_FD_TYPE',
      });
    } finally {
      fs.closeSync(fd);
    }
  });

  test('a negative descriptor is out of range', () => {
    expect(thrownBy(() => new net.Socket({ fd: -1 }))).toMatchObject({
      name: 'RangeError',
      code: 'ERR_OUT_OF_RANGE',
      message: 'The value of "fd" is out of range. It must be >= 0 && <= 2147483647. Received -1',
    });
  });
});
