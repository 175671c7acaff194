'use strict';

/* global net, ready -- given by spawnNode to the code of a child */

const { implementations, spawnNode } = require('../helpers');

/**
 * Programs that must end by themselves, with what they print.
 *
 * @type {Record<string, [Function, string]>}
 */
const ending = {
  'a socket that was made and never connected': [
    () => {
      new net.Socket().on('close', () => console.log('close'));
    },
    '',
  ],
  'a connection that was closed by both ends': [
    () => {
      const server = net.createServer((peer) => peer.end('x'));
      server.listen(0, '127.0.0.1', () => {
        net
          .connect(server.address().port, '127.0.0.1')
          .resume()
          .on('close', () => {
            console.log('close');
            server.close();
          });
      });
    },
    'close\n',
  ],
  "everything unref'd": [
    () => {
      const server = net.createServer((peer) => peer.unref());
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          socket.unref();
          server.unref();
          console.log('unref');
        });
      });
    },
    'unref\n',
  ],
  'unref before connect: the attempt itself keeps the process': [
    () => {
      const server = net.createServer((peer) => peer.unref()).unref();
      server.listen(0, '127.0.0.1', () => {
        const socket = new net.Socket();
        socket.unref();
        socket.connect(server.address().port, '127.0.0.1', () => console.log('connected'));
      });
    },
    'connected\n',
  ],
  "a paused connection without an unread byte, unref'd": [
    () => {
      const server = net.createServer((peer) => peer.pause().unref()).unref();
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => socket.pause().unref());
      });
    },
    '',
  ],
  'ref after unref, then the end of the peer': [
    () => {
      const server = net
        .createServer((peer) => {
          peer.unref();
          setTimeout(() => peer.end('late'), 50).unref();
        })
        .unref();
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          socket.unref();
          socket.ref();
        });
        socket.on('data', (data) => console.log(String(data)));
        socket.on('close', () => console.log('close'));
      });
    },
    'late\nclose\n',
  ],
  'a refused connection': [
    async () => {
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => net.connect(port, '127.0.0.1').on('error', (error) => console.log(error.code)));
      });
    },
    'ECONNREFUSED\n',
  ],
  'a destroyed socket still closes': [
    () => {
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          server.close();
          socket.unref();
          socket.destroy();
        });
        server.on('connection', (peer) => peer.destroy());
        socket.on('close', () => console.log('close'));
      });
    },
    'close\n',
  ],
  "a queued write of an unref'd socket is sent before the process ends": [
    () => {
      const size = 8 << 20;
      const server = net.createServer((peer) => {
        server.close();
        peer.resume();
        peer.on('end', () => console.log(peer.bytesRead === size));
      });
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          socket.unref();
          socket.end(Buffer.alloc(size));
        });
      });
    },
    'true\n',
  ],
};

describe.each(implementations)('%s: the process ends with', (name) => {
  test.each(Object.entries(ending))('%s', async (title, [program, expected]) => {
    const { code, stdout, stderr, timedOut } = await spawnNode(name, program);
    expect(stderr).toBe('');
    expect(timedOut).toBe(false);
    expect(code).toBe(0);
    expect(stdout).toBe(expected);
  });
});

describe.each(implementations)('%s: the process stays for', (name) => {
  /**
   * Start a program that must not end; it prints "ready" when its loop has nothing left but the socket, then
   * the parent asks it to end by closing its stdin, which is unref'd there.
   *
   * @param {Function} program calls `ready()`
   * @returns {Promise<object>} what spawnNode gives
   */
  function staying(program) {
    const prelude = `
      process.on('exit', (code) => console.log('exit', code));
      const ready = () => { setImmediate(() => setImmediate(() => { console.log('ready'); watch(); })); };
      // A socket on stdin that does not keep the process: its end is the parent's order to leave.
      const watch = () => { process.stdin.on('end', () => { console.log('told'); process.exit(7); });
        process.stdin.resume(); process.stdin.unref(); };
      (${program})();`;
    return spawnNode(name, prelude, {
      keepInput: true,
      onStart: (child) => {
        let seen = '';
        child.stdout.on('data', (text) => {
          seen += text;
          if (seen.includes('ready')) child.stdin.end();
        });
      },
    });
  }

  test('a listening server', async () => {
    const { code, stdout } = await staying(() => {
      net.createServer().listen(0, '127.0.0.1', () => ready());
    });
    expect([stdout, code]).toEqual(['ready\ntold\nexit 7\n', 7]);
  });

  test('an open connection', async () => {
    const { code, stdout } = await staying(() => {
      const server = net.createServer((peer) => peer.unref()).unref();
      server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1', () => ready()));
    });
    expect([stdout, code]).toEqual(['ready\ntold\nexit 7\n', 7]);
  });

  test("a connection that was ref'd again", async () => {
    const { code, stdout } = await staying(() => {
      const server = net.createServer((peer) => peer.unref()).unref();
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          socket.unref();
          socket.ref();
          ready();
        });
      });
    });
    expect([stdout, code]).toEqual(['ready\ntold\nexit 7\n', 7]);
  });

  test("a queued write of an unref'd socket", async () => {
    const { code, stdout } = await staying(() => {
      const server = net.createServer((peer) => peer.pause().unref()).unref();
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          socket.unref();
          socket.write(Buffer.alloc(64 << 20));
          ready();
        });
      });
    });
    expect([stdout, code]).toEqual(['ready\ntold\nexit 7\n', 7]);
  });
});
