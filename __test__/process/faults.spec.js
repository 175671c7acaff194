'use strict';

/* global net, flow, boom -- given by spawnNode to the code of a child */

const { implementations, only, spawnNode } = require('../helpers');

/** What each child finds: `flow(onServer, onClient)`, an echo server with a client that floods it. */
const PRELUDE = `
  const block = Buffer.alloc(65536, 'x');
  const flow = (onPeer, onClient = () => {}) => {
    const server = net.createServer((peer) => {
      peer.on('error', () => {});
      peer.pipe(peer);
      onPeer(peer, server);
    });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      const more = () => { while (!client.destroyed && client.write(block)); };
      client.on('error', () => {}).on('connect', more).on('drain', more).resume();
      onClient(client, server);
    });
  };
`;

/** Where a process ends itself, each in the middle of traffic; it must end with this code, quietly. */
const EXITS = [
  ['in the connection listener', () => flow(() => process.exit(9))],
  ['in a data listener of the server', () => flow((peer) => peer.on('data', () => process.exit(9)))],
  ['in a data listener of the client', () => flow(() => {}, (client) => client.on('data', () => {
    if (client.bytesRead > 1 << 20) process.exit(9);
  }))],
  ['in a write callback', () => flow(() => {}, (client) => {
    client.write('x', () => client.write('y', () => process.exit(9)));
  })],
  ['in a drain listener', () => flow(() => {}, (client) => client.on('drain', () => process.exit(9)))],
  ['in a close listener', () => flow(() => {}, (client) => {
    client.once('data', () => client.destroy()).on('close', () => process.exit(9));
  })],
  ['in a tick after data', () => flow((peer) => peer.on('data', () => process.nextTick(() => process.exit(9))))],
  ['in a microtask after data', () => flow((peer) => peer.on('data', () => {
    Promise.resolve().then(() => process.exit(9));
  }))],
  ['in a timer', () => flow((peer) => peer.once('data', () => setTimeout(() => process.exit(9), 1)))],
  ['while connecting', () => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      for (let i = 0; i < 50; i++) net.connect(server.address().port, '127.0.0.1').on('error', () => {});
      process.exit(9);
    });
  }],
  ['in the tick of listen', () => {
    net.createServer().listen(0);
    process.exit(9);
  }],
  ['by an uncaught exception', () => flow((peer) => peer.once('data', () => {
    process.on('exit', () => { process.exitCode = 9; });
    process.on('uncaughtException', () => process.exit(9));
    throw new Error('ends the process');
  }))],
];

describe.each(implementations)('%s process.exit() in the middle of traffic', (name) => {
  test.each(EXITS)('%s', async (_where, body) => {
    const result = await spawnNode(name, `${PRELUDE}\n(${body})();`);
    expect(result).toEqual({ code: 9, signal: null, stdout: '', stderr: '', timedOut: false });
  });

  test('an uncaught exception without a handler tells its stack and ends with code 1', async () => {
    const { code, signal, stderr } = await spawnNode(name, `${PRELUDE}\n(${() => {
      flow((peer) => peer.once('data', () => { throw new RangeError('nobody catches this'); }));
    }})();`);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain('RangeError: nobody catches this');
  });

  test('a rejected promise in a listener ends the process like any other', async () => {
    const { code, stderr } = await spawnNode(name, `${PRELUDE}\n(${() => {
      flow((peer) => peer.once('data', async () => { throw new RangeError('nobody catches this'); }));
    }})();`);
    expect(code).toBe(1);
    expect(stderr).toContain('RangeError: nobody catches this');
  });

  test('no callback after exit', async () => {
    const { stdout } = await spawnNode(name, `${PRELUDE}\n(${() => {
      flow((peer) => peer.on('data', () => {
        process.on('exit', () => {
          for (const event of ['data', 'close', 'error', 'end']) peer.on(event, () => console.log('after exit', event));
        });
        process.exit();
      }));
    }})();`);
    expect(stdout).toBe('');
  });
});

/** Listeners and callbacks that throw while a handler keeps the process going. Each prints what follows. */
const THROWS = [
  ['connection', () => {
    const server = net.createServer((peer) => {
      peer.on('data', (data) => console.log('data', String(data)));
      peer.on('close', () => server.close());
      boom('connection');
    });
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').resume().end('later'));
  }],
  ['listening', () => {
    const server = net.createServer((peer) => { peer.end(); server.close(); });
    server.listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').resume().on('close', () => console.log('close'));
      boom('listening');
    });
  }],
  ['connect', () => {
    const server = net.createServer((peer) => { peer.end('hello'); server.close(); });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1', () => {
        // What is left of the connection after this is the built-in's affair; it must be the same.
        setImmediate(() => setImmediate(() => client.destroy()));
        boom('connect');
      });
      client.on('ready', () => console.log('ready')).on('close', () => console.log('close'));
    });
  }],
  ['data', () => {
    let chunks = 0;
    const server = net.createServer((peer) => {
      peer.write('1');
      peer.on('data', (data) => { if (String(data) === '3') peer.end(); else peer.write(String(Number(data) + 1)); });
      server.close();
    });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('data', (data) => {
        client.write(String(data));
        console.log('data', String(data));
        boom(`data ${++chunks}`);
      });
      client.on('end', () => console.log('end')).on('close', () => console.log('close'));
    });
  }],
  ['end', () => {
    const server = net.createServer((peer) => { peer.end(); server.close(); });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1').resume();
      client.on('end', () => {
        setImmediate(() => setImmediate(() => client.destroy()));
        boom('end');
      });
      client.on('close', () => console.log('close'));
    });
  }],
  ['write callback', () => {
    const server = net.createServer((peer) => { peer.resume().on('end', () => console.log('end')); server.close(); });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1', () => {
        client.write('x', () => boom('write callback'));
        client.write('y', () => { console.log('second callback'); client.end(); });
      }).resume();
      client.on('close', () => console.log('close'));
    });
  }],
  ['close', () => {
    const server = net.createServer((peer) => { peer.end(); peer.on('close', () => boom('peer close')); });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1').resume();
      client.on('close', () => { server.close(() => console.log('server close')); boom('client close'); });
    });
  }],
  ['error', () => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => {
        const client = net.connect(port, '127.0.0.1');
        client.on('error', ({ code }) => boom(code)).on('close', (hadError) => console.log('close', hadError));
      });
    });
  }],
];

const CATCHING = `
  process.on('uncaughtException', (error, origin) => console.log('caught', error.message, origin));
  const boom = (what) => { throw new Error(what); };
`;

describe('an exception that a handler takes', () => {
  test.each(THROWS)('thrown by a %s listener: everything else still comes', async (_what, body) => {
    const source = `${CATCHING}\n(${body})();`;
    const results = await Promise.all(implementations.map(([name]) => spawnNode(name, source)));
    for (const { stdout, stderr, code, timedOut } of results) {
      expect({ stderr, code, timedOut }).toEqual({ stderr: '', code: 0, timedOut: false });
      expect(stdout).toContain('caught');
      expect(stdout.split('\n').sort()).toEqual(results[0].stdout.split('\n').sort());
    }
    expect(results).toHaveLength(only ? 1 : 2);
  });
});

describe.each(implementations)('%s children of a process with sockets', (name) => {
  test('inherit no descriptor', async () => {
    const { stdout, stderr } = await spawnNode(name, () => {
      const { spawnSync } = require('child_process');
      const server = net.createServer((peer) => {
        const sockets = spawnSync('ls', ['-l', '/proc/self/fd']).stdout.toString().split('\n')
          .filter((line) => Number((/ (\d+) -> (socket|anon_inode):/.exec(line) || [])[1]) > 2);
        console.log(sockets.length);
        peer.destroy();
        server.close();
      });
      server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').on('error', () => {}));
    });
    expect(stderr).toBe('');
    // The standard streams that spawnSync makes are sockets; anything else is ours.
    expect(stdout).toBe('0\n');
  });

  test('a forked child uses the module while its parent does', async () => {
    const { stdout, stderr } = await spawnNode(name, `
      const { spawn } = require('child_process');
      const server = net.createServer((peer) => peer.pipe(peer));
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        let echoed = 0;
        client.on('data', (data) => { echoed += data.length; });
        client.write(Buffer.alloc(4 << 20));
        const source = \`
          const net = require(\${JSON.stringify(process.argv[1])});
          const client = net.connect(\${server.address().port}, '127.0.0.1', () => client.end('from the child'));
          client.setEncoding('utf8').on('data', (data) => process.stdout.write(data));
        \`;
        const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
        let reply = '';
        child.stdout.on('data', (data) => { reply += data; });
        child.on('close', (code) => {
          client.end(() => client.on('close', () => {
            console.log(reply, code, echoed === 4 << 20);
            server.close();
          }));
        });
      });
    `, { args: [require('../helpers').requirePath(name)] });
    expect({ stdout, stderr }).toEqual({ stdout: 'from the child 0 true\n', stderr: '' });
  });

  test('SIGTERM in the middle of traffic ends the process', async () => {
    const { code, signal, stderr } = await spawnNode(name, `${PRELUDE}\n(${() => {
      flow((peer) => peer.once('data', () => process.kill(process.pid, 'SIGTERM')));
    }})();`);
    expect({ code, signal, stderr }).toEqual({ code: null, signal: 'SIGTERM', stderr: '' });
  });

  test('stopped and continued, nothing is lost', async () => {
    const { stdout, stderr } = await spawnNode(name, `(${() => {
      const { spawn } = require('child_process');
      const TOTAL = 32 << 20;
      const server = net.createServer((peer) => {
        let received = 0;
        peer.on('data', (data) => { received += data.length; });
        peer.on('end', () => { console.log(received === TOTAL); peer.end(); server.close(); });
      });
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        client.end(Buffer.alloc(TOTAL)).resume();
        // Somebody else has to continue us; it is started before we stop.
        const child = spawn('sh', ['-c', `kill -STOP ${process.pid}; kill -CONT ${process.pid}`]);
        child.on('error', () => {});
      });
    }})();`);
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
  });
});
