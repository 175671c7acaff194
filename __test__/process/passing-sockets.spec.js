'use strict';

/* global engine, fork, isRsnet, net, once -- given to the code of a child */

// `child.send(message, socket)` and `child.send(message, server)`, between processes with and without rsnet.

const { root } = require('../helpers');
const { REGISTER, modes, runMode } = require('../helpers/registered');

/** How a child runs: its flags, and what its `net` is. */
const CHILDREN = [['built-in', [], 'net'], ['registered', ['-r', REGISTER], 'net'], ['required', [], root]];

/** Parents, likewise: the last one requires rsnet. */
const PARENTS = modes.map(([name, flags]) => [name, flags, 'net']);
if (modes.some(([name]) => name === 'registered')) PARENTS.push(['required', [], root]);

const PAIRS = PARENTS.flatMap((parent) => [
  ...CHILDREN.map((child) => [parent[0], child[0], parent, [...child, 'json']]),
  ...CHILDREN.filter(([name]) => name === parent[0])
    .map((child) => [parent[0], `${child[0]}, advanced serialization`, parent, [...child, 'advanced']]),
]);

/**
 * Runs a parent, which forks `childBody` by `fork()`; both find their `net`.
 *
 * @param {Array} parent of PARENTS
 * @param {Array} child of CHILDREN, and how messages are serialized
 * @param {Function} body
 * @param {Function} childBody
 * @returns {Promise<any>}
 */
function run([, parentFlags, parentNet], [, childFlags, childNet, serialization], body, childBody) {
  const code = `const net = require(${JSON.stringify(childNet)}); (${childBody})();`;
  const wrapped = `async () => {
    const net = require(${JSON.stringify(parentNet)});
    const childProcess = require('child_process');
    const fork = () => childProcess.spawn(process.execPath, [
      ...${JSON.stringify(childFlags)}, '-e', ${JSON.stringify(code)},
    ], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: '${serialization}',
      env: { ...process.env, NODE_CHANNEL_FD: undefined, NODE_CHANNEL_SERIALIZATION_MODE: undefined },
    });
    return (${body})();
  }`;
  return runMode(parentFlags, { toString: () => wrapped });
}

describe.each(PAIRS)('parent %s, child %s', (parentName, _childName, parent, child) => {
  test('sockets of a server go to the child, which answers; the parent lets go', async () => {
    const result = await run(parent, child, async () => {
      const peer = fork();
      const server = net.createServer({ pauseOnConnect: true }, (socket) => {
        peer.send('take', socket);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const replies = await Promise.all(['one', 'two', 'three'].map(async (text) => {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.end(text);
        const chunks = [];
        for await (const chunk of client) chunks.push(chunk);
        return String(Buffer.concat(chunks));
      }));
      const count = await new Promise((resolve, reject) => {
        server.getConnections((error, connections) => error ? reject(error) : resolve(connections));
      });
      await new Promise((resolve) => server.close(resolve));
      peer.disconnect();
      const [code] = await once(peer, 'exit');
      return { replies, count, code };
    }, () => {
      process.on('message', (message, socket) => {
        socket.on('error', () => {}).setEncoding('utf8');
        let text = '';
        socket.on('data', (data) => { text += data; });
        socket.on('end', () => socket.end(`${message} ${text}`));
        socket.resume();
      });
    });
    expect(result).toEqual({ replies: ['take one', 'take two', 'take three'], count: 0, code: 0 });
  });

  test('keepOpen leaves the parent its socket', async () => {
    const result = await run(parent, child, async () => {
      const peer = fork();
      const server = net.createServer((socket) => {
        peer.send('write', socket, { keepOpen: true }, () => {});
        peer.once('message', () => socket.end('parent'));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = net.connect(server.address().port, '127.0.0.1');
      const chunks = [];
      for await (const chunk of client) chunks.push(chunk);
      await new Promise((resolve) => server.close(resolve));
      peer.disconnect();
      await once(peer, 'exit');
      return String(Buffer.concat(chunks));
    }, () => {
      process.on('message', (message, socket) => {
        socket.write('child ', () => {
          socket.destroy();
          process.send('written');
        });
      });
    });
    expect(result).toBe('child parent');
  });

  test('a server goes to the child, which accepts', async () => {
    const result = await run(parent, child, async () => {
      const peer = fork();
      const server = net.createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address();
      peer.send('listen', server);
      await once(peer, 'message');
      server.close();
      const client = net.connect(port, '127.0.0.1');
      const chunks = [];
      for await (const chunk of client) chunks.push(chunk);
      await once(peer, 'exit');
      return { text: String(Buffer.concat(chunks)), port: true };
    }, () => {
      process.once('message', (message, server) => {
        server.on('connection', (socket) => {
          socket.end('accepted by the child');
          server.close();
          process.disconnect();
        });
        process.send(server.address().port > 0);
      });
    });
    expect(result).toEqual({ text: 'accepted by the child', port: true });
  });

  test('sockets that are busy: each byte comes to the parent or to the child', async () => {
    const result = await run(parent, child, async () => {
      const size = 4 * 1024 * 1024;
      const peer = fork();
      const sockets = [];
      let count = 0;
      let isSent = false;
      const server = net.createServer((socket) => {
        sockets.push(socket);
        socket.on('data', (data) => {
          count += data.length;
          if (isSent || sockets.length < 2) return;
          isSent = true;
          // Meanwhile threads could read on.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
          for (const each of sockets) {
            each._handle.readStop();
            peer.send('take', each);
          }
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const clients = [0, 1].map(() => net.connect(server.address().port, '127.0.0.1').resume());
      await Promise.all(clients.map((client) => once(client, 'connect')));
      for (const client of clients) client.end(Buffer.alloc(size));
      await new Promise((resolve) => {
        let left = clients.length;
        peer.on('message', (received) => {
          count += received;
          if (--left === 0) resolve();
        });
      });
      peer.disconnect();
      await once(peer, 'exit');
      server.close();
      return count - 2 * size;
    }, () => {
      process.on('message', (message, socket) => {
        let count = 0;
        socket.on('data', (data) => { count += data.length; });
        socket.on('end', () => {
          socket.end();
          process.send(count);
        });
      });
    });
    expect(result).toBe(0);
  });

  test('the child sends the parent a socket that it has connected, and a server', async () => {
    const result = await run(parent, child, async () => {
      const server = net.createServer((socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const peer = fork();
      peer.send(server.address().port);
      const [, socket] = await once(peer, 'message');
      const kind = engine(socket);
      socket.end('from the parent');
      const chunks = [];
      for await (const chunk of socket) chunks.push(chunk);
      peer.send('server');
      const [, other] = await once(peer, 'message');
      // Until then the child might accept, too.
      await once(peer, 'message');
      const listens = isRsnet(other._handle);
      const client = net.connect(other.address().port, '127.0.0.1');
      const [connection] = await once(other, 'connection');
      connection.destroy();
      client.destroy();
      other.close();
      server.close();
      peer.disconnect();
      await once(peer, 'exit');
      return { kind, listens, text: String(Buffer.concat(chunks)) };
    }, () => {
      process.once('message', (port) => {
        const socket = net.connect(port, '127.0.0.1', () => process.send('socket', socket));
      });
      process.on('message', (message) => {
        if (message !== 'server') return;
        const server = net.createServer().listen(0, '127.0.0.1', () => {
          process.send('server', server, () => server.close(() => process.send('closed')));
        });
      });
    });
    // Node makes what arrives by its own `net`.
    const isRegistered = parentName === 'registered';
    expect(result).toEqual({
      kind: isRegistered ? 'rsnet' : 'built-in', listens: isRegistered, text: 'from the parent',
    });
  });
});

/**
 * Runs a program alone, which finds its `net`.
 *
 * @param {Array} parent of PARENTS
 * @param {Function} body
 * @param {object} [options] for `runMode`
 * @returns {Promise<any>}
 */
function runAlone([, flags, ownNet], body, options) {
  const wrapped = `async (...args) => {
    const net = require(${JSON.stringify(ownNet)});
    return (${body})(...args);
  }`;
  return runMode(flags, { toString: () => wrapped }, options);
}

describe.each(PARENTS)('the rest, %s', (...parent) => {
  test.each([['before', 'never'], ['before', 'read'], ['after', 'never'], ['after', 'read']])(
    'a socket that was the stdio of a child is read again (listener %s, %s until then)', async (when, was) => {
      const result = await runAlone(parent, async (listens, state) => {
        const { spawn } = require('child_process');
        const told = [];
        const server = net.createServer();
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const client = net.connect(server.address().port, '127.0.0.1');
        const [socket] = await once(server, 'connection');
        socket.setEncoding('utf8');
        if (state === 'read') {
          client.write('before');
          told.push((await once(socket, 'data'))[0]);
        }
        let text = '';
        const listen = () => socket.on('data', (data) => { text += data; });
        if (listens === 'before') listen();
        const child = spawn(process.execPath, ['-e', ''], { stdio: [socket, 'ignore', 'inherit'] });
        told.push(socket.readableFlowing, socket.isPaused(), socket.destroyed);
        await once(child, 'exit');
        client.end('after');
        if (listens === 'after') listen();
        socket.resume();
        await once(socket, 'end');
        server.close();
        return [...told, text];
      }, { args: [when, was] });
      expect(result).toEqual([...(was === 'read' ? ['before'] : []), false, true, false, 'after']);
    });

  test('a socket whose bytes a child has read keeps nobody waiting, though its descriptor blocks since', async () => {
    const result = await runAlone(parent, async () => {
      const { spawn } = require('child_process');
      const server = net.createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = net.connect(server.address().port, '127.0.0.1');
      const [socket] = await once(server, 'connection');
      // The parent reads some of it, the child what is left.
      client.write(Buffer.concat([Buffer.alloc(8 << 20), Buffer.from('.')]));
      let length = 0;
      socket.on('data', (data) => { length += data.length; });
      await once(socket, 'data');
      socket.pause();
      const child = spawn(process.execPath, ['-e', `
        const buffer = Buffer.alloc(1 << 20);
        let length = 0;
        do length += fs.readSync(0, buffer); while (!buffer.includes('.'));
        fs.writeSync(1, String(length));
      `], { stdio: [socket, 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (data) => { text += data; });
      await once(child, 'close');
      length += Number(text);
      socket.resume();
      for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
      socket.write('x');
      await once(client, 'data');
      client.end('after');
      await once(socket, 'end');
      server.close();
      return length;
    });
    expect(result).toBe((8 << 20) + 1 + 'after'.length);
  });

  test('a server whose descriptor a child has as its stdio accepts on', async () => {
    const result = await runAlone(parent, async () => {
      const { spawn } = require('child_process');
      const server = net.createServer((socket) => socket.end('parent'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const child = spawn(process.execPath, ['-e', ''], { stdio: [server._handle.fd, 'inherit', 'inherit'] });
      await once(child, 'exit');
      const texts = [];
      for (let i = 0; i < 3; i++) {
        const client = net.connect(server.address().port, '127.0.0.1');
        texts.push(String((await once(client, 'data'))[0]));
        client.destroy();
      }
      server.close();
      await once(server, 'close');
      return texts;
    });
    expect(result).toEqual(['parent', 'parent', 'parent']);
  });

  test('a bare handle, and a socket as stdio of a child', async () => {
    const result = await runAlone(parent, async () => {
      const { spawn } = require('child_process');
      const server = net.createServer((socket) => {
        const child = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], {
          stdio: [socket, socket, 'inherit'],
        });
        child.on('exit', () => socket.destroy());
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const receiver = spawn(process.execPath, ['-e', `
        process.once('message', (message, handle) => {
          process.send(typeof handle.getsockname({}), () => process.disconnect());
          handle.close();
        });
      `], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      receiver.send('handle', server._handle);
      const [type] = await once(receiver, 'message');
      const client = net.connect(server.address().port, '127.0.0.1');
      client.end('through a child');
      const chunks = [];
      for await (const chunk of client) chunks.push(chunk);
      server.close();
      return [type, String(Buffer.concat(chunks))];
    });
    expect(result).toEqual(['number', 'through a child']);
  });
});
