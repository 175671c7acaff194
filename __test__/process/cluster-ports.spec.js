'use strict';

/* global ask, cluster, listening, net, once, start -- given to the code of a child */

// Servers of several workers on one port: the same programs on the built-in and with rsnet in its place.

const { tempPath } = require('../helpers');
const { modes, runMode } = require('../helpers/registered');

/**
 * What a program finds: in workers the function `worker` runs; `ask(url)` connects and reads; `start(n)` forks.
 *
 * @param {string} policy 'SCHED_RR' or 'SCHED_NONE'
 * @returns {string}
 */
const PRELUDE = (policy) => `
  const cluster = require('cluster');
  cluster.schedulingPolicy = cluster.${policy};
  const start = async (count, ...args) => {
    const workers = Array.from({ length: count }, () => cluster.fork());
    const told = await Promise.all(workers.map(async (each) => {
      await once(each, 'online');
      each.send(args);
      return (await once(each, 'message'))[0];
    }));
    return { workers, told };
  };
  const ask = async (at) => {
    const chunks = [];
    for await (const chunk of net.connect(at)) chunks.push(chunk);
    return String(Buffer.concat(chunks));
  };
`;

/**
 * @param {string[]} flags of a mode
 * @param {string} policy
 * @param {Function} primary async, its result is that of the run
 * @param {Function} worker runs in each worker with the arguments of `start`; tells the primary by process.send
 * @param {any[]} [args] of the primary
 * @returns {Promise<any>}
 */
function runCluster(flags, policy, primary, worker, args = []) {
  const program = `async (...args) => {
    ${PRELUDE(policy)}
    cluster.setupPrimary({ execArgv: [...${JSON.stringify(flags)}, '-e', ${JSON.stringify(`
      const net = require('net');
      process.once('message', (args) => (${worker})(...args));
    `)}] });
    return (${primary})(...args);
  }`;
  return runMode(flags, { toString: () => program }, { args });
}

const POLICIES = modes.flatMap(([mode, flags]) => ['SCHED_RR', 'SCHED_NONE'].map((policy) => [mode, policy, flags]));

describe.each(POLICIES)('cluster, %s, %s', (_mode, policy, flags) => {
  /** Listens where it is told, answers with its process id, and tells what it has. */
  const answering = (options) => {
    const server = net.createServer((socket) => socket.end(`${process.pid}`));
    server.on('error', ({ code, message }) => process.send({ code, message }));
    server.listen(options, () => process.send({ address: server.address() }));
    process.on('message', (message) => {
      if (message === 'close') server.close(() => process.send('closed'));
    });
  };

  test('workers share a port that the primary has chosen', async () => {
    const result = await runCluster(flags, policy, async () => {
      const { workers, told } = await start(2, { port: 0, host: '127.0.0.1' });
      const ports = new Set(told.map(({ address }) => address.port));
      const pids = workers.map(({ process: { pid } }) => String(pid));
      const answers = [];
      for (let i = 0; i < 10; i++) answers.push(await ask({ port: [...ports][0], host: '127.0.0.1' }));
      const exits = workers.map((worker) => once(worker, 'exit'));
      cluster.disconnect();
      const codes = (await Promise.all(exits)).map(([code]) => code);
      const known = answers.every((pid) => pids.includes(pid));
      return { ports: ports.size, known, used: new Set(answers).size, codes };
    }, answering);
    expect(result).toEqual({
      ports: 1, known: true, used: policy === 'SCHED_RR' ? 2 : expect.any(Number), codes: [0, 0],
    });
  });

  test('exclusive: the second one finds the port in use', async () => {
    const result = await runCluster(flags, policy, async () => {
      const { workers: [first], told: [{ address }] } = await start(1, { port: 0, host: '127.0.0.1', exclusive: true });
      const { workers: [second], told } = await start(1, { port: address.port, host: '127.0.0.1', exclusive: true });
      const answer = await ask({ port: address.port, host: '127.0.0.1' });
      const own = answer === String(first.process.pid);
      // Disconnecting a worker closes only what it shares.
      first.send('close');
      await once(first, 'message');
      const exits = [once(first, 'exit'), once(second, 'exit')];
      cluster.disconnect();
      await Promise.all(exits);
      return { own, told };
    }, answering);
    const message = expect.stringMatching(/^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+$/);
    expect(result).toEqual({ own: true, told: [{ code: 'EADDRINUSE', message }] });
  });

  test('a port that is taken is an error in the worker', async () => {
    const result = await runCluster(flags, policy, async () => {
      const holder = net.createServer();
      const port = await listening(holder);
      const { workers: [worker], told } = await start(1, { port, host: '127.0.0.1' });
      holder.close();
      worker.disconnect();
      await once(worker, 'exit');
      return { told, port };
    }, answering);
    const message = `bind EADDRINUSE 127.0.0.1:${result.port}`;
    expect(result.told).toEqual([{ code: 'EADDRINUSE', message }]);
  });

  test('a Unix path', async () => {
    const result = await runCluster(flags, policy, async (path) => {
      const { workers, told } = await start(2, { path });
      const pids = workers.map(({ process: { pid } }) => String(pid));
      const answers = await Promise.all([1, 2, 3, 4].map(() => ask({ path })));
      const exits = workers.map((worker) => once(worker, 'exit'));
      cluster.disconnect();
      await Promise.all(exits);
      return {
        known: answers.every((pid) => pids.includes(pid)),
        same: told.every(({ address }) => address === path),
        left: require('fs').existsSync(path),
      };
    }, answering, [tempPath('cluster.sock')]);
    expect(result).toEqual({ known: true, same: true, left: false });
  });

  test('a Unix path that is open to everybody', async () => {
    const result = await runCluster(flags, policy, async (path) => {
      const { workers: [worker] } = await start(1, { path, readableAll: true, writableAll: true });
      const mode = require('fs').statSync(path).mode & 0o666;
      worker.disconnect();
      await once(worker, 'exit');
      return mode;
    }, answering, [tempPath('open.sock')]);
    // A primary that shares the handle has bound it without knowing of the rights, and the worker cannot change them.
    expect(result).toBe(policy === 'SCHED_RR' ? 0o666 : 0o666 & ~process.umask());
  });

  test('a worker that closes its server leaves the port to the others', async () => {
    const result = await runCluster(flags, policy, async () => {
      const { workers: [first, second], told } = await start(2, { port: 0, host: '127.0.0.1' });
      first.send('close');
      await once(first, 'message');
      const answers = new Set();
      for (let i = 0; i < 4; i++) answers.add(await ask({ port: told[0].address.port, host: '127.0.0.1' }));
      const only = answers.size === 1 && answers.has(String(second.process.pid));
      const exits = [once(first, 'exit'), once(second, 'exit')];
      cluster.disconnect();
      await Promise.all(exits);
      return only;
    }, answering);
    expect(result).toBe(true);
  });

  test('a connection lives on when its worker is disconnected', async () => {
    const result = await runCluster(flags, policy, async () => {
      const { workers: [worker], told: [{ address }] } = await start(1, { port: 0, host: '127.0.0.1' });
      const client = net.connect(address.port, '127.0.0.1');
      client.setEncoding('utf8').write('a');
      const [first] = await once(client, 'data');
      const exit = once(worker, 'exit');
      worker.disconnect();
      client.end('b');
      const [second] = await once(client, 'data');
      const [code] = await exit;
      return [first, second, code];
    }, (options) => {
      const server = net.createServer((socket) => socket.pipe(socket));
      server.listen(options, () => process.send({ address: server.address() }));
    });
    expect(result).toEqual(['a', 'b', 0]);
  });

  test('an http server in each worker', async () => {
    const result = await runCluster(flags, policy, async () => {
      const http = require('http');
      const { workers, told: [{ port }] } = await start(2);
      const bodies = await Promise.all(Array.from({ length: 6 }, () => new Promise((resolve, reject) => {
        http.get({ port, host: '127.0.0.1', agent: false }, async (response) => {
          const chunks = [];
          for await (const chunk of response) chunks.push(chunk);
          resolve(String(Buffer.concat(chunks)));
        }).on('error', reject);
      })));
      const exits = workers.map((worker) => once(worker, 'exit'));
      cluster.disconnect();
      await Promise.all(exits);
      return bodies;
    }, () => {
      const server = require('http').createServer((request, response) => {
        response.end(String(request.socket.constructor === net.Socket));
      });
      server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
    });
    expect(result).toEqual(new Array(6).fill('true'));
  });
});
