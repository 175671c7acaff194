'use strict';

const fs = require('fs');
const vm = require('vm');
const { closed, collect, connect, describeRsnet, implementations, listen, once, root, spawnNode, tempPath, track } =
  require('../helpers');

describeRsnet('the module loaded several times in a process', (rsnet) => {
  /**
   * @returns {typeof import('net')} a copy of its own
   */
  function load() {
    let copy;
    jest.isolateModules(() => { copy = require(root); });
    return copy;
  }

  test('copies are separate, and each works', async () => {
    const copies = [rsnet, load(), load()];
    expect(new Set(copies.map(({ Socket }) => Socket)).size).toBe(3);
    for (const server of copies) {
      for (const client of copies) {
        const listening = await listen(server, (socket) => socket.end('hello'));
        expect(await collect(connect(client, listening.at), 'utf8')).toBe('hello');
      }
    }
  });

  test('sockets of different copies in one pipe', async () => {
    const [first, second] = [load(), load()];
    const echo = await listen(first, (socket) => socket.pipe(socket));
    const relay = await listen(second, { allowHalfOpen: true }, (socket) => {
      socket.pipe(connect(first, echo.at)).pipe(socket);
    });
    const client = connect(second, relay.at);
    const received = collect(client);
    client.end(Buffer.alloc(1 << 20, 'x'));
    expect((await received).length).toBe(1 << 20);
  });

  test('many copies, one after the other, while a connection of the first is open', async () => {
    const server = await listen(rsnet, (socket) => socket.pipe(socket));
    const client = connect(rsnet, server.at);
    await once(client, 'connect');
    for (let i = 0; i < 10; i++) {
      const copy = load();
      const other = await listen(copy, (socket) => socket.end('x'));
      expect(await collect(connect(copy, other.at), 'utf8')).toBe('x');
      await new Promise((resolve) => other.close(resolve));
    }
    const received = once(client, 'data');
    client.write('still here');
    expect(String((await received)[0])).toBe('still here');
  });

  test('a copy that nobody uses any more is collected', async () => {
    // In a file: the module that stands for code of -e keeps its children where nobody can release them.
    const file = tempPath('main.js');
    fs.writeFileSync(file, `(${async () => {
      const release = () => {
        for (const loaded of Object.keys(require.cache)) delete require.cache[loaded];
        module.children = [];
      };
      const use = async () => {
        release();
        const copy = require(process.cwd());
        const server = copy.createServer((peer) => peer.end('x'));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        await new Promise((resolve) => copy.connect(server.address().port, '127.0.0.1').resume().on('close', resolve));
        await new Promise((resolve) => server.close(resolve));
        return new WeakRef(copy.Socket);
      };
      // The first copy that is used stays, with what it has changed in the host.
      await use();
      const copies = [];
      for (let i = 0; i < 5; i++) copies.push(await use());
      release();
      // Collecting takes some turns; the time limit of the process bounds it.
      while (copies.some((copy) => copy.deref())) {
        await new Promise((resolve) => setImmediate(resolve));
        global.gc();
      }
      console.log('collected');
    }})();`);
    const { stdout, stderr } = await spawnNode('rsnet', 'require(process.argv[1]);', {
      args: [file], flags: ['--expose-gc'],
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'collected\n', stderr: '' });
  });

  test('loads no module of Node that sockets alone do not need', async () => {
    const { stdout } = await spawnNode('rsnet', `
      const names = ['child_process', 'cluster', 'dns', 'dgram', 'http', 'tls'];
      const isLoaded = (name) => process.moduleLoadList.includes('NativeModule ' + name);
      require('fs').writeSync(1, String(names.filter(isLoaded)));
    `);
    expect(stdout).toBe('');
  });

  test('a socket that is older than child_process can be the stdio of a child', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', `
      const server = net.createServer({ pauseOnConnect: true }, (peer) => {
        const { spawn } = require('child_process');
        const program = 'require("fs").writeSync(1, "by stdio")';
        spawn(process.execPath, ['-e', program], { stdio: ['ignore', peer, 'inherit'] })
          .once('exit', () => peer.destroy());
        server.close();
      }).listen(0, '127.0.0.1', () => {
        net.connect(server.address().port, '127.0.0.1').on('data', (data) => require('fs').writeSync(1, data));
      });
    `);
    expect({ stdout, stderr }).toEqual({ stdout: 'by stdio', stderr: '' });
  });

  test('the registry can be reset while sockets are open', async () => {
    const before = load();
    const server = await listen(before, (socket) => socket.pipe(socket));
    const client = connect(before, server.at);
    await once(client, 'connect');
    jest.resetModules();
    const after = require(root);
    expect(after.Socket).not.toBe(before.Socket);
    const other = connect(after, server.at);
    const received = Promise.all([once(client, 'data'), once(other, 'data')]);
    client.write('x');
    other.write('y');
    expect((await received).map(([data]) => String(data))).toEqual(['x', 'y']);
    client.destroy();
    other.destroy();
    await Promise.all([closed(client), closed(other)]);
  });
});

describe.each(implementations)('%s in vm contexts', (_name, net) => {
  test('code of another context uses the sockets of this one', async () => {
    const context = vm.createContext({ net, Buffer, track });
    const result = vm.runInContext(`
      new Promise((resolve, reject) => {
        const server = track(net.createServer((socket) => socket.end(new Uint8Array([104, 105]))));
        server.listen(0, '127.0.0.1', () => {
          const client = track(net.connect({ port: server.address().port, host: '127.0.0.1' }));
          client.on('error', reject).setEncoding('utf8').on('data', resolve);
        });
      })
    `, context);
    expect(await result).toBe('hi');
  });

  test('errors thrown by listeners of another context reach their promise', async () => {
    const context = vm.createContext({ net, track });
    const failed = vm.runInContext(`
      new Promise((resolve, reject) => {
        track(net.connect({ port: 1, host: '127.0.0.1' })).on('error', reject);
      })
    `, context);
    await expect(failed).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
