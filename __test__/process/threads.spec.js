'use strict';

/* global net, threads, started, listening, echo -- given by spawnNode to the code of a child */

const os = require('os');
const { describeRsnet, spawnNode } = require('../helpers');

/** What each child finds: `threads()`, the names of the addon's threads, and `started(n)`, when so many have theirs. */
const PRELUDE = `
  const fs = require('fs');
  const nameOf = (task) => {
    try {
      return fs.readFileSync('/proc/self/task/' + task + '/comm', 'utf8').trim();
    } catch {
      return ''; // It has ended meanwhile.
    }
  };
  const threads = () => fs.readdirSync('/proc/self/task').map(nameOf).filter((name) => name.startsWith('rsnet-'));
  // A thread names itself, so right after its start it may still have the name of the one that started it.
  const started = async (count) => {
    while (threads().length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const listening = () => new Promise((resolve) => {
    const server = net.createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
  const echo = (server) => new Promise((resolve) => {
    const client = net.connect(server.address().port, '127.0.0.1', () => client.end('x'));
    client.resume().on('close', resolve);
  });
`;

/**
 * Run a function's body in a child on the tokio backend.
 *
 * @param {Function} body async
 * @param {object} [env]
 * @returns {Promise<{stdout: string, stderr: string, code: number}>}
 */
function run(body, env = {}) {
  return spawnNode('rsnet', `${PRELUDE}\n(${body})();`, {
    env: { RSNET_BACKEND: 'tokio', RSNET_THREADS: undefined, ...env },
  });
}

(process.platform === 'linux' ? describeRsnet : describe.skip)('the threads of the runtime', () => {
  test('none before the first use', async () => {
    const { stdout, stderr } = await run(() => {
      net.isIP('127.0.0.1');
      net.createServer();
      new net.Socket().destroy();
      console.log(threads().length);
    });
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  test('as many as there are cores, at most 4', async () => {
    const { stdout, stderr } = await run(async () => {
      const server = await listening();
      const expected = Math.min(4, require('os').availableParallelism());
      await started(expected);
      await Promise.all(Array.from({ length: 20 }, () => echo(server)));
      console.log(threads().length === expected, threads().every((name) => /^rsnet-/.test(name)));
      server.close();
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'true true\n', stderr: '' });
    expect(os.availableParallelism()).toBeGreaterThan(0);
  });

  test.each([1, 3, 7])('RSNET_THREADS=%i', async (number) => {
    const { stdout, stderr } = await run(async () => {
      const server = await listening();
      await started(Number(process.env.RSNET_THREADS));
      await Promise.all(Array.from({ length: 20 }, () => echo(server)));
      console.log(threads().length);
      server.close();
    }, { RSNET_THREADS: String(number) });
    expect({ stdout, stderr }).toEqual({ stdout: `${number}\n`, stderr: '' });
  });

  test.each(['0', '-1', '1.5', 'abc', '1025', '1e3x', '4 threads'])('RSNET_THREADS=%p is an error', async (value) => {
    const { stderr, code } = await run(async () => {
      await echo(await listening());
    }, { RSNET_THREADS: value });
    expect(stderr).toContain(`RSNET_THREADS must be a whole number from 1 to 1024, got "${value}"`);
    expect(stderr).toContain("code: 'ERR_RSNET_SETTING'");
    expect(code).toBe(1);
  });

  test.each([
    ['RSNET_BACKEND', 'fast', 'uv or tokio'],
    ['RSNET_BACKEND', 'UV', 'uv or tokio'],
    ['RSNET_AUTO_SELECT_FAMILY', 'parallel', 'sequential'],
    ['RSNET_AUTO_SELECT_FAMILY', 'true', 'sequential'],
  ])('%s=%s is an error', async (name, value, known) => {
    const { stderr, code } = await run(async () => {
      await echo(await listening());
    }, { [name]: value });
    expect(stderr).toContain(`Error: ${name} must be ${known}, got "${value}"`);
    expect(stderr).toContain("code: 'ERR_RSNET_SETTING'");
    expect(code).toBe(1);
  });

  test('an empty setting is as if not set', async () => {
    const { stdout, stderr, code } = await run(async () => {
      const server = await listening();
      await echo(server);
      console.log(net.engine);
      server.close();
    }, {
      RSNET_AUTO_SELECT_FAMILY: '', RSNET_BACKEND: '', RSNET_THREADS: '', RSNET_BINARY_PATH: '', RSNET_DEBUG: '',
      RSNET_DISABLE: '', RSNET_STRICT: '',
    });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'rsnet\n', stderr: '', code: 0 });
  });

  test('one runtime for the process: worker threads and further loads add none', async () => {
    const { stdout, stderr } = await run(async () => {
      const { Worker } = require('worker_threads');
      const server = await listening();
      await started(2);
      const source = `
        const net = require(${JSON.stringify(process.cwd())});
        const server = net.createServer((socket) => socket.end('x'));
        server.listen(0, '127.0.0.1', () => {
          net.connect(server.address().port, '127.0.0.1').resume().on('close', () => {
            server.close(() => require('worker_threads').parentPort.postMessage('served'));
          });
        });
      `;
      const workers = Array.from({ length: 4 }, () => new Worker(source, { eval: true }));
      await Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
      })));
      for (const file of Object.keys(require.cache)) delete require.cache[file];
      const again = require(process.cwd());
      await new Promise((resolve) => {
        const other = again.createServer().listen(0, () => other.close(resolve));
      });
      console.log(again !== net, threads().length);
      server.close();
    }, { RSNET_THREADS: '2' });
    expect({ stdout, stderr }).toEqual({ stdout: 'true 2\n', stderr: '' });
  });
});
