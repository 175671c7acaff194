'use strict';

/* global list, listening, net -- given to the code of a child */

// What process.getActiveResourcesInfo(), _getActiveHandles() and _getActiveRequests() tell: metrics and tools that look
// for what keeps a process alive ask them.

const { builtin, describeRsnet, implementations, listen, once, only, root, spawnNode, turn } = require('../helpers');
const { bindsPaths } = require('../helpers/features');
const { modes, runMode } = require('../helpers/registered');

/**
 * Runs a program that prints lines, on both implementations.
 *
 * @param {Function} program without closure; `list(title)` prints what is listed
 * @param {object} [options] as for `spawnNode`
 * @returns {Promise<string[][]>} the lines of each
 */
async function linesOfBoth(program, options) {
  const names = only === 'builtin' ? ['net', 'net'] : implementations.map(([name]) => name);
  const both = [];
  for (const name of names) {
    const { stdout, ...end } = await spawnNode(name, `${PRELUDE}collected(${program});`, {
      ...options, flags: ['--expose-gc', ...(options?.flags ?? [])],
    });
    expect(end).toEqual({ code: 0, signal: null, stderr: '', timedOut: false });
    both.push(stdout.trim().split('\n'));
  }
  return both;
}

const PRELUDE = `
  // Node finalizes what was collected by an immediate of its own, which would be listed.
  const collected = (program) => {
    gc();
    setImmediate(() => setImmediate(() => {
      gc();
      setImmediate(() => setImmediate(program));
    }));
  };
  // The built-in makes stderr when a socket is destroyed.
  const stdio = [process.stdout, process.stderr];
  const list = (title) => {
    const describe = (one) => one.constructor.name + (one.listening ? ' that listens' : '');
    const shown = process._getActiveHandles().map(describe);
    const requests = process._getActiveRequests().map((one) => one.constructor.name);
    const all = JSON.stringify([process.getActiveResourcesInfo(), shown, requests]);
    require('fs').writeSync(1, title + ': ' + all + '\\n');
  };
`;

test('a life of connections: what is open, what is unref\'d, what is under way', async () => {
  const program = () => {
    list('nothing');
    const server = net.createServer((peer) => {
      list('accepted');
      server.peer = peer.pause();
    });
    list('made');
    server.listen(0, '127.0.0.1', () => {
      list('listening');
      server.unref();
      list('unref');
      server.ref();
      const client = net.connect(server.address().port, '127.0.0.1');
      list('connect');
      process.nextTick(() => list('connecting'));
      client.on('connect', () => {
        list('connected');
        client.unref();
        list('unref');
        client.ref();
        client.write(Buffer.alloc(3e7));
        list('writing');
        setImmediate(() => {
          client.destroy();
          list('destroyed');
        });
      });
      client.on('close', () => {
        list('closed');
        server.peer.destroy();
        server.close(() => {
          list('all closed');
          setImmediate(() => setImmediate(list, 'gone'));
        });
      });
    });
  };
  const [expected, lines = expected] = await linesOfBoth(program);
  expect(expected.join()).toMatch(/TCPServerWrap.*ConnectWrap.*TCPSocketWrap.*TCPConnectWrap.*WriteWrap/);
  expect(lines).toEqual(expected);
});

test('Unix-domain sockets, and a shutdown under way', async () => {
  const program = () => {
    const path = require('path').join(require('fs').mkdtempSync(require('os').tmpdir() + '/rsnet-spec-'), 's');
    process.on('exit', () => require('fs').rmSync(require('path').dirname(path), { recursive: true }));
    const server = net.createServer((peer) => peer.resume().on('end', () => server.close()));
    server.listen(path, () => {
      list('listening');
      const client = net.connect(path);
      list('connecting');
      client.on('connect', () => {
        list('connected');
        client.end();
        list('ending');
      });
      client.resume().on('close', () => list('closed'));
    });
  };
  const [expected, lines = expected] = await linesOfBoth(program);
  expect(expected.join()).toMatch(/PipeWrap.*PipeConnectWrap.*ShutdownWrap/);
  expect(lines).toEqual(expected);
});

test('in a worker thread, those of that thread', async () => {
  const program = () => {
    const { Worker, isMainThread, parentPort } = require('worker_threads');
    if (isMainThread) {
      const code = `const isMainThread = false; ${process.env.PRELUDE}
        const net = require(${JSON.stringify(process.env.NET)}); (${process.env.WORKER})();`;
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const worker = new Worker(code, { eval: true });
        worker.once('message', () => {
          list('main');
          worker.postMessage('end');
        });
        worker.on('exit', () => {
          list('main alone');
          server.close();
        });
      });
    }
    return parentPort;
  };
  const worker = () => {
    const { parentPort } = require('worker_threads');
    list('worker');
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      list('worker listens');
      parentPort.postMessage('listening');
      parentPort.once('message', () => server.close());
    });
  };
  const both = [];
  for (const name of only === 'builtin' ? ['net', 'net'] : implementations.map(([each]) => each)) {
    const env = { PRELUDE, WORKER: String(worker), NET: name === 'net' ? 'net' : root };
    const { stdout, stderr } = await spawnNode(name, `${PRELUDE}(${program})();`, { env });
    expect(stderr).toBe('');
    both.push(stdout.split('\n'));
  }
  const [expected, lines = expected] = both;
  expect(expected).toHaveLength(5);
  expect(lines).toEqual(expected);
});

('BoundSocket' in builtin ? test : test.skip)('a bound socket', async () => {
  const [expected, lines = expected] = await linesOfBoth(() => {
    const tcp = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
    list('bound');
    tcp.close();
  });
  expect(lines).toEqual(expected);
});

(bindsPaths(builtin) ? test : test.skip)('a socket bound to a path', async () => {
  const [expected, lines = expected] = await linesOfBoth(() => {
    const path = require('path').join(require('fs').mkdtempSync(require('os').tmpdir() + '/rsnet-spec-'), 's');
    const unix = new net.BoundSocket({ path });
    list('bound');
    unix.close();
    require('fs').rmSync(require('path').dirname(path), { recursive: true });
  });
  expect(lines).toEqual(expected);
});

test('with rsnet registered, http lists what it lists, and nothing that belongs to rsnet itself', async () => {
  const results = [];
  for (const [, flags] of modes) {
    results.push(await runMode(flags, async () => {
      const http = require('http');
      const net = require('net');
      const seen = [];
      const note = () => seen.push(process.getActiveResourcesInfo(),
        process._getActiveHandles().map((one) => one.constructor.name));
      note();
      const server = http.createServer((_req, res) => {
        note();
        res.end('x');
      });
      const port = await listening(server);
      const agent = new http.Agent({ keepAlive: true });
      await new Promise((resolve) => {
        http.get({ port, agent, host: '127.0.0.1' }, (res) => {
          note();
          res.resume().on('end', () => setImmediate(resolve));
        });
      });
      note();
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
      // Sent to another process and back: the host has a handle of its own for the connection, too.
      const code = "process.on('message', (_message, socket) => process.send('back', socket));";
      const child = require('child_process').spawn(process.execPath, ['-e', code], { stdio: [0, 1, 2, 'ipc'] });
      const other = net.createServer();
      const at = await listening(other);
      const client = net.connect(at, '127.0.0.1');
      const [peer] = await once(other, 'connection');
      child.send('there', peer);
      const [, socket] = await once(child, 'message');
      seen.push(process._getActiveHandles().filter((one) => one === socket).length);
      seen.push(process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length);
      socket.destroy();
      client.destroy();
      other.close();
      child.disconnect();
      await once(child, 'exit');
      return seen;
    }));
  }
  const [expected, seen = expected] = results;
  expect(expected).toHaveLength(10);
  expect(seen).toEqual(expected);
});

test('the diagnostic report that a program asks for', async () => {
  const program = () => {
    const events = require('events');
    const listed = (port) => process.report.getReport().libuv.filter(({ type }) => type === 'tcp').map((entry) => {
      const end = (one) => one && [one.ip4 ?? one.ip6, one.port === port ? 'server' : 'client'];
      const { is_active: isActive, is_referenced: isReferenced, writeQueueSize, readable, writable } = entry;
      return JSON.stringify({
        isActive, isReferenced, writeQueueSize, readable, writable,
        ends: [end(entry.localEndpoint), end(entry.remoteEndpoint)],
      });
    }).sort();
    const server = net.createServer();
    server.listen(0, '::1', async () => {
      const { port } = server.address();
      const client = net.connect(port, '::1').resume();
      // Threads may tell of the connection in a later turn than its client's, or the other way round.
      const [[peer]] = await Promise.all([events.once(server, 'connection'), events.once(client, 'connect')]);
      peer.resume();
      server.unref();
      setImmediate(() => {
        console.log(listed(port).join('\n'));
        client.destroy();
        peer.destroy();
        server.close(() => setImmediate(() => setImmediate(() => console.log(listed(port).length))));
      });
    });
  };
  const [expected, lines = expected] = await linesOfBoth(program);
  expect(expected).toHaveLength(4);
  expect(lines).toEqual(expected);
});

describeRsnet('the functions of process', (rsnet) => {
  test('are replaced with the first handle', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', () => {
      const names = ['getActiveResourcesInfo', '_getActiveHandles', '_getActiveRequests'];
      const read = () => names.map((name) => Object.getOwnPropertyDescriptor(process, name));
      const before = process.env.BEFORE ?? read();
      new net.Socket();
      net.createServer();
      const same = read().every(({ value }, i) => value === before[i].value);
      const server = net.createServer().listen(0);
      const after = read();
      const flags = ({ writable, enumerable, configurable, value }) =>
        [writable, enumerable, configurable, value.name, value.length].join();
      console.log(same, after.some(({ value }, i) => value === before[i].value));
      console.log(after.map(flags).join(' ') === before.map(flags).join(' '));
      server.close();
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'true false\ntrue\n', stderr: '' });
  });

  test('are left alone where they cannot be replaced', async () => {
    const { stdout, stderr } = await spawnNode('rsnet', () => {
      for (const name of ['getActiveResourcesInfo', '_getActiveHandles', '_getActiveRequests']) {
        Object.defineProperty(process, name, { writable: false, configurable: false });
      }
      const server = net.createServer().listen(0, () => server.close(() => console.log('closed')));
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'closed\n', stderr: '' });
  });

  test('list the handles of several copies, each once', async () => {
    const load = () => {
      let copy;
      jest.isolateModules(() => { copy = require(root); });
      return copy;
    };
    const copies = [rsnet, load(), load()];
    const servers = [];
    for (const copy of copies) servers.push(await listen(copy, () => {}));
    const listed = process._getActiveHandles();
    for (const server of servers) expect(listed.filter((one) => one === server)).toHaveLength(1);
    const before = process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
    servers[1].close();
    await once(servers[1], 'close');
    while (process._getActiveHandles().includes(servers[1])) await turn();
    const after = process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
    expect(before - after).toBe(1);
  });
});
